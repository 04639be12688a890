//! An authorization server: in this process, and over loopback for those that bring an HTTP client of their own.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A token endpoint that gives everybody a token. A handle: clones are one server.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<State>);

#[derive(Debug)]
struct State {
    /// Before an answer, in milliseconds.
    latency: u64,
    /// Of its tokens, in seconds.
    lifetime: u64,
    /// Of its tokens, in characters.
    length: usize,
    down: AtomicBool,
    fetches: AtomicU64,
    /// The newest token that does not work any more.
    revoked: AtomicU64,
}

impl Endpoint {
    /// Tokens of an hour and a thousand characters, as a JWT has.
    pub fn new(latency: Duration) -> Self {
        Self::with(latency, 3_600, 1_000)
    }

    pub fn with(latency: Duration, lifetime: u64, length: usize) -> Self {
        Self(Arc::new(State {
            latency: latency.as_millis() as u64,
            lifetime,
            length,
            down: AtomicBool::new(false),
            fetches: AtomicU64::new(0),
            revoked: AtomicU64::new(0),
        }))
    }

    /// From now on every answer is a 500.
    pub fn go_down(&self) {
        self.0.down.store(true, Ordering::SeqCst);
    }

    /// No token that was given until now works any more.
    pub fn revoke_all(&self) {
        self.0.revoked.store(self.given(), Ordering::SeqCst);
    }

    /// The token requests until now.
    pub fn fetches(&self) -> u64 {
        self.0.fetches.load(Ordering::SeqCst)
    }

    /// The tokens until now; one is in a configuration file from the beginning.
    fn given(&self) -> u64 {
        self.fetches().max(1)
    }

    /// The token with this number.
    pub fn token(&self, number: u64) -> String {
        format!("{number:0length$}", length = self.0.length)
    }

    /// Whether this value of `Authorization` shows a token that was given and not revoked.
    pub fn works(&self, shown: &[u8]) -> bool {
        let number = shown
            .strip_prefix(b"Bearer ")
            .filter(|token| token.len() == self.0.length)
            .and_then(|token| std::str::from_utf8(&token[token.len() - 18..]).ok())
            .and_then(|number| number.parse::<u64>().ok());
        let given = self.0.revoked.load(Ordering::SeqCst) + 1..=self.given();
        number.is_some_and(|number| given.contains(&number))
    }

    /// The answer to a token request.
    pub async fn answer(&self) -> Response<Full<Bytes>> {
        let number = self.0.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        if self.0.latency > 0 {
            tokio::time::sleep(Duration::from_millis(self.0.latency)).await;
        }
        let (status, body) = if self.0.down.load(Ordering::SeqCst) {
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        } else {
            let (token, lifetime) = (self.token(number), self.0.lifetime);
            let body = format!(
                r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{lifetime}}}"#
            );
            (StatusCode::OK, body)
        };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        let json = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }

    /// Serves over HTTP/1.1 on a port of 127.0.0.1 until the runtime ends; the endpoint's URL.
    pub async fn serve(&self) -> io::Result<String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/token", listener.local_addr()?);
        let endpoint = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let endpoint = endpoint.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let endpoint = endpoint.clone();
                    async move {
                        // Read to its end, so that the connection can be used again.
                        let _ = request.into_body().collect().await;
                        Ok::<_, Infallible>(endpoint.answer().await)
                    }
                });
                let stream = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        });
        Ok(url)
    }
}
