//! An issuer for tests: documents at paths, and token endpoints wherever they are put.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use oauth2_client_credentials::{Client, ClientSecretPost, Issuer};
use serde_json::{Value, json};
use tower::Service;
use tower_oauth2_client_credentials::BoxError;

pub(crate) const OAUTH: &str = "/.well-known/oauth-authorization-server";
pub(crate) const OPENID: &str = "/.well-known/openid-configuration";

/// A handle; clones are one server.
#[derive(Clone, Default)]
pub(crate) struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: BTreeMap<String, Answer>,
    down: bool,
    silent: bool,
    silent_at: Option<&'static str>,
    received: Vec<Received>,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    body: String,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    /// With metadata at the place of RFC 8414 that names `/token`, which gives tokens.
    pub(crate) fn new() -> Self {
        let server = Self::default();
        server.answer(OAUTH, 200, &metadata("/token"));
        server.gives_tokens("/token");
        server
    }

    pub(crate) fn answer(&self, path: &str, status: u16, body: &Value) {
        self.answer_text(path, status, &body.to_string());
    }

    pub(crate) fn answer_text(&self, path: &str, status: u16, body: &str) {
        let body = body.to_owned();
        let answer = Answer { status, body };
        self.0
            .lock()
            .unwrap()
            .answers
            .insert(path.to_owned(), answer);
    }

    pub(crate) fn gives_tokens(&self, path: &str) {
        let token = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600});
        self.answer(path, 200, &token);
    }

    pub(crate) fn remove(&self, path: &str) {
        self.0.lock().unwrap().answers.remove(path);
    }

    /// No connection is made.
    pub(crate) fn set_down(&self, down: bool) {
        self.0.lock().unwrap().down = down;
    }

    /// Nothing is answered.
    pub(crate) fn set_silent(&self, silent: bool) {
        self.0.lock().unwrap().silent = silent;
    }

    /// Nothing is answered at this path.
    pub(crate) fn set_silent_at(&self, path: &'static str) {
        self.0.lock().unwrap().silent_at = Some(path);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.0.lock().unwrap().received.clone()
    }

    /// The paths of all requests so far, in their order; then they are forgotten.
    pub(crate) fn paths(&self) -> Vec<String> {
        let received = std::mem::take(&mut self.0.lock().unwrap().received);
        received.into_iter().map(|received| received.path).collect()
    }
}

impl Service<Request<Full<Bytes>>> for Server {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = http_body_util::BodyExt::collect(body).await?.to_bytes();
            tokio::time::sleep(Duration::from_millis(1)).await;
            let (answer, silent) = {
                let mut state = this.0.lock().unwrap();
                state.received.push(Received {
                    authority: head.uri.authority().unwrap().to_string(),
                    path: head.uri.path().to_owned(),
                    headers: head.headers,
                    body: String::from_utf8(body.into()).unwrap(),
                });
                if state.down {
                    return Err("connection refused".into());
                }
                let silent = state.silent || state.silent_at == Some(head.uri.path());
                (state.answers.get(head.uri.path()).cloned(), silent)
            };
            if silent {
                std::future::pending::<()>().await;
            }
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            if let Some(answer) = answer {
                *response.status_mut() = StatusCode::from_u16(answer.status)?;
                *response.body_mut() = Full::from(answer.body);
            }
            Ok(response)
        })
    }
}

/// Metadata with the token endpoint at this path.
pub(crate) fn metadata(token_path: &str) -> Value {
    json!({
        "issuer": "https://as.example.com",
        "token_endpoint": format!("https://as.example.com{token_path}"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    })
}

pub(crate) fn issuer() -> Issuer {
    Issuer::new("https://as.example.com").unwrap()
}

pub(crate) fn client() -> Client {
    Client::new("svc", ClientSecretPost::new("s3cret")).unwrap()
}
