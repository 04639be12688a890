//! A gRPC server that asks oidc-provider about each token it is shown (RFC 7662).

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use example_tonic::{Shop, stock::stock_server::StockServer};
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tests::{OidcProvider, http_client};
use tonic::{
    Status,
    body::Body,
    service::Routes,
    transport::{Identity, Server, ServerTlsConfig, server::TcpIncoming},
};
use tower::{ServiceExt, layer::layer_fn, service_fn};
use tower_oauth2_client_credentials::BoxError;

/// A running server; it ends with its runtime.
#[derive(Clone, Debug)]
pub(crate) struct StockHost {
    port: u16,
    guard: Guard,
}

/// What looks at calls before the service does.
#[derive(Clone, Debug)]
struct Guard {
    token_endpoint: String,
    calls: Arc<Mutex<Vec<Call>>>,
    in_trailers: Arc<AtomicBool>,
    ends_streams: Arc<AtomicBool>,
}

/// A call with a token that is good.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) token: String,
    pub(crate) scope: String,
}

impl StockHost {
    /// One that lets in who has a token of `provider`; over TLS, if it is given a certificate.
    pub(crate) fn start(
        provider: &OidcProvider,
        identity: Option<Identity>,
    ) -> Result<Self, BoxError> {
        let guard = Guard {
            token_endpoint: provider.token_endpoint()?.as_str().to_owned(),
            calls: Arc::default(),
            in_trailers: Arc::default(),
            ends_streams: Arc::default(),
        };
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
        let port = incoming.local_addr()?.port();
        let mut server = Server::builder();
        if let Some(identity) = identity {
            server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
        }
        let before = guard.clone();
        let guarded = layer_fn(move |routes: Routes| {
            let guard = before.clone();
            service_fn(move |request: Request<Body>| {
                let (guard, routes) = (guard.clone(), routes.clone());
                let (path, token) = (request.uri().path().to_owned(), token(request.headers()));
                async move {
                    match guard.admit(&path, &token).await? {
                        Some(refusal) => Ok::<_, BoxError>(refusal),
                        None => Ok(guard.watch(routes.oneshot(request).await?)),
                    }
                }
            })
        });
        tokio::spawn(
            server
                .layer(guarded)
                .add_service(StockServer::new(Shop::new()))
                .serve_with_incoming(incoming),
        );
        Ok(Self { port, guard })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on calls are refused in their trailers, as where a proxy stands in between.
    pub(crate) fn refuse_in_trailers(&self) {
        self.guard.in_trailers.store(true, Ordering::Relaxed);
    }

    /// From now on calls that were let in are refused at their end, as streams are that outlive their token.
    pub(crate) fn refuse_at_the_end(&self, refuse: bool) {
        self.guard.ends_streams.store(refuse, Ordering::Relaxed);
    }

    /// The calls that were let in.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.guard
            .calls
            .lock()
            .expect("nobody panics with it")
            .clone()
    }

    /// The last of them.
    pub(crate) fn last(&self) -> Call {
        self.calls().pop().expect("one was let in")
    }
}

impl Guard {
    /// How the call is refused, if it is.
    async fn admit(&self, path: &str, token: &str) -> Result<Option<Response<Body>>, BoxError> {
        let told = of_client(&self.token_endpoint, "introspection", token).await?;
        let told: Value = serde_json::from_slice(&told)?;
        if told["active"] != true {
            return Ok(Some(self.refusal()?));
        }
        self.calls
            .lock()
            .expect("nobody panics with it")
            .push(Call {
                method: path.rsplit('/').next().unwrap_or_default().to_owned(),
                token: token.to_owned(),
                scope: told["scope"].as_str().unwrap_or_default().to_owned(),
            });
        Ok(None)
    }

    fn refusal(&self) -> Result<Response<Body>, BoxError> {
        if !self.in_trailers.load(Ordering::Relaxed) {
            return Ok(unauthenticated().into_http());
        }
        let body = Full::<Bytes>::default().with_trailers(async { Some(Ok(trailers())) });
        let response = Response::builder().header(CONTENT_TYPE, "application/grpc");
        Ok(response.body(Body::new(body))?)
    }

    fn watch(&self, response: Response<Body>) -> Response<Body> {
        if !self.ends_streams.load(Ordering::Relaxed) {
            return response;
        }
        response.map(|body| {
            Body::new(body.map_frame(|frame| {
                if frame.is_trailers() {
                    return Frame::trailers(trailers());
                }
                frame
            }))
        })
    }
}

fn unauthenticated() -> Status {
    Status::unauthenticated("this token is not good")
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    let added = unauthenticated().add_header(&mut trailers);
    added.expect("its message is plain");
    trailers
}

fn token(headers: &HeaderMap) -> String {
    let header = headers.get(AUTHORIZATION);
    let token = header.and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
    token.unwrap_or_default().to_owned()
}

/// Ends this token's life at the authorization server (RFC 7009).
pub(crate) async fn revoke(provider: &OidcProvider, token: &str) -> Result<(), BoxError> {
    let token_endpoint = provider.token_endpoint()?;
    of_client(token_endpoint.as_str(), "revocation", token)
        .await
        .map(drop)
}

/// Asks one of the authorization server's other endpoints, as the client that the tokens are for.
async fn of_client(token_endpoint: &str, name: &str, token: &str) -> Result<Bytes, BoxError> {
    let form = format!("token={token}&client_id=post&client_secret=post-secret");
    let request = Request::post(format!("{token_endpoint}/{name}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::from(form))?;
    let response = http_client().oneshot(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("{name} answered {}", response.status()).into());
    }
    Ok(response.into_body().collect().await?.to_bytes())
}
