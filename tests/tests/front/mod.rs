//! TLS and HTTP/2 before a server that has neither: it notes the version of each request, and asks the server over HTTP/1.1.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{
    Request, Response, StatusCode, Version,
    header::{CONNECTION, HOST, TRANSFER_ENCODING},
};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::ClientConfig;
use tests::{Pki, http_client};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower_oauth2_client_credentials::BoxError;

/// It ends with its runtime.
pub(crate) struct Front {
    pki: Pki,
    address: String,
    seen: Arc<Mutex<Vec<(String, Version)>>>,
}

impl Front {
    /// Stands before the server at `http://…`.
    pub(crate) async fn before(server: &str) -> Result<Self, BoxError> {
        let pki = Pki::new()?;
        let mut config = pki.server_config(false)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("https://localhost:{}", listener.local_addr()?.port());
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let (server, notes) = (server.to_owned(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), tcp, server.clone(), notes.clone()));
            }
        });
        Ok(Self { pki, address, seen })
    }

    /// The address that clients see, without a slash at its end.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The authority that vouches for it, in PEM.
    #[allow(dead_code, reason = "reqwest's test trusts it by `client_config`")]
    pub(crate) fn authority(&self) -> String {
        self.pki.root_certificate()
    }

    /// TLS that trusts it.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, BoxError> {
        // Nobody asks for the certificate.
        self.pki.client_config(self.pki.self_signed())
    }

    /// The version of each request to this path.
    pub(crate) fn versions(&self, path: &str) -> Vec<Version> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let to_path = seen.iter().filter(|(to, _)| to == path);
        to_path.map(|(_, version)| *version).collect()
    }
}

async fn serve(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    server: String,
    seen: Arc<Mutex<Vec<(String, Version)>>>,
) {
    // A client that does not trust us hangs up here.
    let Ok(tls) = acceptor.accept(tcp).await else {
        return;
    };
    let pass_on = service_fn(|request: Request<Incoming>| {
        let note = (request.uri().path().to_owned(), request.version());
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(note);
        let server = server.clone();
        async move {
            let answer = pass_on(&server, request).await.unwrap_or_else(|error| {
                let mut answer = Response::new(Full::from(error.to_string()));
                *answer.status_mut() = StatusCode::BAD_GATEWAY;
                answer
            });
            Ok::<_, Infallible>(answer)
        }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    // Its end is the client's affair.
    let _ = builder.serve_connection(TokioIo::new(tls), pass_on).await;
}

async fn pass_on(
    server: &str,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = format!("{server}{path}").parse()?;
    head.version = Version::HTTP_11;
    head.headers.remove(HOST);
    let body = body.collect().await?.to_bytes();
    let request = Request::from_parts(head, Full::from(body));
    let (mut head, body) = http_client().request(request).await?.into_parts();
    // They are about the connection that the answer came over.
    for name in [CONNECTION, TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    head.headers.remove("keep-alive");
    head.version = Version::default();
    Ok(Response::from_parts(
        head,
        Full::from(body.collect().await?.to_bytes()),
    ))
}
