//! A ready HTTP client for the token side.

mod body;
mod builder;
mod connect;
mod error;
mod tls;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use oauth2_client_credentials::is_secure;
use rustls::ClientConfig;
use tokio::time;
use tower_service::Service;

pub use self::{body::HttpClientBody, builder::HttpClientBuilder, error::HttpClientError};
use self::{
    body::timed_out,
    connect::{Connector, connector},
};
use crate::error::{BoxError, TokenError, TokenErrorKind};

/// An HTTP client for a [`TokenEndpoint`](crate::TokenEndpoint), for programs that have none that fits: one line beside tonic,
/// reqwest or a client of your own.
///
/// TLS with rustls, to servers that the system's root certificates vouch for; HTTP/2 where the server has it, else HTTP/1.1. Plain
/// HTTP goes to loopback only ([`is_secure`]). It follows no redirect, keeps few idle connections and those briefly, since a token is
/// asked for once in a while, and limits how long a connection and a whole request may take. It knows no proxies and
/// reads no `HTTPS_PROXY`: behind one, bring a client of your own.
///
/// A handle: clones share connections.
///
/// ```no_run
/// use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri};
/// use tower_oauth2_client_credentials::{HttpClient, TokenEndpoint};
///
/// # fn main() -> Result<(), tower_oauth2_client_credentials::BoxError> {
/// let client = Client::new("svc", ClientSecretBasic::new("secret"))?;
/// let endpoint = TokenEndpoint::new(HttpClient::new()?, EndpointUri::new("https://as.example.com/token")?, client);
/// # Ok(())
/// # }
/// ```
///
/// Or with an authority of your own, a certificate to show (mutual TLS, RFC 8705) and less patience:
///
/// ```no_run
/// use std::{fs, time::Duration};
/// use tower_oauth2_client_credentials::HttpClient;
///
/// # fn main() -> Result<(), tower_oauth2_client_credentials::BoxError> {
/// let http = HttpClient::builder()
///     .root_certificates_pem(fs::read("/etc/pki/ca.pem")?)
///     .client_certificate_pem(fs::read("/run/secrets/tls.crt")?, fs::read("/run/secrets/tls.key")?)
///     .connect_timeout(Duration::from_secs(1))
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As a service it fails with hyper's error, or with a [`TokenError`] that says what to try: the server is not trusted
/// ([`Configuration`](TokenErrorKind::Configuration)), there is no connection or no answer in time
/// ([`Transient`](TokenErrorKind::Transient)). It needs a tokio runtime with time and I/O.
///
/// # Cancel safety
///
/// A request that is dropped is given up.
#[derive(Clone)]
#[must_use = "it asks nobody until an endpoint has it"]
pub struct HttpClient {
    http: Client<Connector, Full<Bytes>>,
    timeout: Duration,
}

/// How long an idle connection is kept: for tokens that are fetched together, not for the next renewal.
const IDLE: Duration = Duration::from_secs(30);

/// Idle connections to one server. A source has eight token requests under way at most.
const IDLE_CONNECTIONS: usize = 8;

/// How long an HTTP/2 connection may be silent before it is asked for a sign of life, and after that: at least and at most.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(20);

impl HttpClient {
    /// A client with all defaults. It reads the system's root certificates, from files on most systems.
    ///
    /// # Errors
    ///
    /// The system has no root certificates.
    pub fn new() -> Result<Self, HttpClientError> {
        Self::builder().build()
    }

    /// A client that is set up one thing at a time.
    pub fn builder() -> HttpClientBuilder {
        HttpClientBuilder::default()
    }

    fn with(tls: ClientConfig, connect_timeout: Duration, timeout: Duration) -> Self {
        let patience = (timeout / 4).clamp(SHORTEST, LONGEST);
        let http = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            // All requests share an HTTP/2 connection. Should its other end be gone without a word, no request after the first
            // waits on it: it is closed before that one's time is over.
            .http2_keep_alive_interval(patience)
            .http2_keep_alive_timeout(patience)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector(tls, connect_timeout));
        Self { http, timeout }
    }
}

impl Service<Request<Bytes>> for HttpClient {
    type Response = Response<HttpClientBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<HttpClientBody>, BoxError>> + Send>>;

    /// Always ready: it opens as many connections as there are requests.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (http, timeout) = (self.http.clone(), self.timeout);
        Box::pin(async move {
            let to = whom(request.uri());
            if !is_secure(request.uri()) {
                return Err(insecure(&to).into());
            }
            // One deadline, for the answer and then for its body.
            let deadline = Box::pin(time::sleep(timeout));
            let answer = http.request(request.map(Full::new));
            match time::timeout_at(deadline.deadline(), answer).await {
                Ok(Ok(answer)) => {
                    Ok(answer.map(|body| HttpClientBody::new(body, deadline, timeout, to)))
                }
                // The connector's own word says more than that there was no connection.
                Ok(Err(error)) => {
                    let known = TokenError::find(&error).cloned();
                    Err(known.map_or_else(|| error.into(), Into::into))
                }
                Err(_) => Err(timed_out(&to, timeout).into()),
            }
        })
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Whom a request goes to, for errors. A path or a query may have a key in it, and so may what stands before an `@`.
fn whom(uri: &Uri) -> String {
    let host = uri.host().unwrap_or("no host");
    match uri.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn insecure(to: &str) -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        format!(
            "no token: a request to {to} was not sent, for plain http goes to loopback only; use https"
        ),
    )
}
