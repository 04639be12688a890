//! How each host is called.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::Router;
use bytes::Bytes;
use example_hyper::{Http, https, one_client, two_clients};
use example_reqwest::{client as reqwest_client, protected};
use example_tonic::{stock::Item, stock_client};
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::{
    Client, ClientSecretBasic, ClientSecretPost, EndpointUri, TokenRequest,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tests::{OidcProvider, Outcome, http_client};
use tokio::net::TcpListener;
use tonic::{Code, transport::Channel};
use tower::{Service, ServiceExt};
use tower_oauth2_client_credentials::{BoxError, HttpClient, Origins, TokenError};

/// A stack that can be called.
#[derive(Clone)]
pub(crate) struct Host {
    name: &'static str,
    call: Arc<dyn Fn() -> Calling + Send + Sync>,
}

type Calling = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Where a stack finds its servers.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The token endpoint.
    pub(crate) tokens: EndpointUri,
    /// The API's origin.
    pub(crate) api: String,
    pub(crate) tls: ClientConfig,
}

impl Place {
    /// Of servers without TLS.
    pub(crate) fn new(tokens: EndpointUri, api: &str) -> Result<Self, BoxError> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let api = api.to_owned();
        Ok(Self { tokens, api, tls })
    }

    fn resource(&self) -> String {
        format!("{}/resource", self.api)
    }

    fn origins(&self) -> Result<Origins, BoxError> {
        Ok(Origins::new([&self.api])?)
    }
}

impl Host {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Sends one request.
    pub(crate) fn call(&self) -> Calling {
        (self.call)()
    }

    fn new<F>(name: &'static str, call: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let call = Arc::new(move || Box::pin(call()) as Calling);
        Self { name, call }
    }

    /// A service of HTTP requests.
    fn of_service<S, Q, B>(name: &'static str, service: S, uri: String) -> Self
    where
        S: Service<Request<Q>, Response = Response<B>, Error = BoxError>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send,
        Q: Default + Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
    {
        Self::new(name, move || {
            let request = Request::get(&uri).body(Q::default()).expect("a URI");
            let answer = service.clone().oneshot(request);
            async move {
                match answer.await {
                    Ok(answer) => {
                        let (head, body) = answer.into_parts();
                        match body.collect().await {
                            Ok(body) => {
                                Outcome::of_answer(&Response::from_parts(head, body.to_bytes()))
                            }
                            Err(_) => Outcome::Other("the body broke off".to_owned()),
                        }
                    }
                    Err(error) => Outcome::of_error(&*error),
                }
            }
        })
    }

    /// One client for both sides.
    pub(crate) fn hyper_one_client(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        Self::hyper(name, https(place.tls.clone()), place)
    }

    /// The same, with HTTP/2 on both sides, over TLS.
    pub(crate) fn http_2(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        Self::hyper(name, example_hyper::http_2(place.tls.clone()), place)
    }

    fn hyper(name: &'static str, http: Http, place: &Place) -> Result<Self, BoxError> {
        let tokens = place.tokens.clone();
        let service = one_client(http, tokens, basic()?, wanted()?, place.origins()?);
        Ok(Self::of_service(name, service, place.resource()))
    }

    /// A client for each side.
    pub(crate) fn hyper_two_clients(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        let service = two_clients(
            https(place.tls.clone()),
            HttpClient::new()?,
            place.tokens.clone(),
            basic()?,
            wanted()?,
            place.origins()?,
        );
        Ok(Self::of_service(name, service, place.resource()))
    }

    pub(crate) fn reqwest(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        let client = reqwest_client(place.tls.clone())?;
        let service = protected(
            client,
            place.tokens.clone(),
            basic()?,
            wanted()?,
            place.origins()?,
        );
        Ok(Self::of_service::<_, String, _>(
            name,
            service,
            place.resource(),
        ))
    }

    /// A generated client. Its tokens are opaque.
    pub(crate) fn tonic(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        let channel = Channel::from_shared(place.api.clone())?.connect_lazy();
        let client = Client::new("post", ClientSecretPost::new("post-secret"))?;
        let stock = stock_client(channel, &place.api, place.tokens.as_str(), client)?;
        Ok(Self::new(name, move || {
            let mut stock = stock.clone();
            async move {
                let item = Item {
                    name: "tea".to_owned(),
                };
                match stock.count(item).await {
                    Ok(_) => Outcome::Served,
                    Err(status) if TokenError::find(&status).is_some() => {
                        assert_eq!(status.code(), Code::Unavailable, "{status}");
                        Outcome::of_error(&status)
                    }
                    Err(status) if status.code() == Code::Unauthenticated => Outcome::Refused,
                    Err(status) => Outcome::Other(status.to_string()),
                }
            }
        }))
    }

    /// A handler that calls the API.
    pub(crate) async fn axum_handler(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        let source = example_axum::token_source(place.tokens.as_str(), basic()?, wanted()?)?;
        let http = example_axum::http()?;
        let state = example_axum::handler::AppState::new(http, source, &place.resource())?;
        Self::axum(name, example_axum::handler::app(state), "/report").await
    }

    /// A reverse proxy before the API.
    pub(crate) async fn axum_proxy(name: &'static str, place: &Place) -> Result<Self, BoxError> {
        let source = example_axum::token_source(place.tokens.as_str(), basic()?, wanted()?)?;
        let proxy = example_axum::proxy::Proxy::new(example_axum::http()?, source, &place.api)?;
        Self::axum(name, example_axum::proxy::app(proxy), "/resource").await
    }

    /// Callers with an `Authorization` that is none of the API's business.
    async fn axum(name: &'static str, app: Router, path: &str) -> Result<Self, BoxError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let uri = format!("http://{}{path}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let callers = http_client().map_err(BoxError::from);
        let callers = callers.map_request(|mut request: Request<Full<Bytes>>| {
            let own = "Basic eA==".parse().expect("a header");
            request.headers_mut().insert(AUTHORIZATION, own);
            request
        });
        Ok(Self::of_service(name, callers, uri))
    }
}

fn basic() -> Result<Client, BoxError> {
    let secret = ClientSecretBasic::new("basic-secret");
    Ok(Client::new("basic", secret)?)
}

/// A JWT for the resource.
fn wanted() -> Result<TokenRequest, BoxError> {
    let request = TokenRequest::builder().scope("read");
    Ok(request.resource(OidcProvider::RESOURCE).build()?)
}
