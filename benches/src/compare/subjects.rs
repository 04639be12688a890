//! What is measured: the same request through each of these, to a service that does nothing.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use oauth2_client_credentials::TokenResponse;
use tower::{Layer, Service};
use tower_http::auth::{AddAuthorization, AddAuthorizationLayer};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, Fetch, Origins, TokenSource};

/// Something that requests go through.
pub trait Subject {
    fn name(&self) -> &'static str;
    /// Sends `count` requests, through one service or through a clone for each.
    fn run(&mut self, count: u32, clone_per_request: bool);
}

/// Gives the request's headers back, so that their memory serves the next one.
#[derive(Clone)]
pub struct Noop;

pub type Answer = Ready<Result<Response<HeaderMap>, Infallible>>;

/// The floor: a token that never changes.
pub type Header = AddAuthorization<Noop>;

impl Service<Request<()>> for Noop {
    type Response = Response<HeaderMap>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(std::mem::take(request.headers_mut()))))
    }
}

struct Through<S> {
    name: &'static str,
    service: S,
    uri: Uri,
    headers: HeaderMap,
}

impl<S> Subject for Through<S>
where
    S: Service<Request<()>, Response = Response<HeaderMap>> + Clone,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, count: u32, clone_per_request: bool) {
        for _ in 0..count {
            let mut request = Request::new(());
            *request.uri_mut() = self.uri.clone();
            *request.headers_mut() = std::mem::take(&mut self.headers);
            let answer = if clone_per_request {
                poll(self.service.clone().call(black_box(request)))
            } else {
                poll(self.service.call(black_box(request)))
            };
            let Ok(answer) = answer else {
                panic!("the service that does nothing cannot fail")
            };
            self.headers = black_box(answer).into_body();
            self.headers.remove(http::header::AUTHORIZATION);
        }
    }
}

fn poll<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a warm request waits for nothing"),
    }
}

fn through<S>(name: &'static str, service: S) -> Box<dyn Subject>
where
    S: Service<Request<()>, Response = Response<HeaderMap>> + Clone + 'static,
{
    let mut headers = HeaderMap::with_capacity(8);
    for name in ["accept", "user-agent", "x-request-id", "traceparent"] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-01"),
        );
    }
    Box::new(Through {
        name,
        service,
        uri: Uri::from_static("https://api.example.com/v1/orders?state=open"),
        headers,
    })
}

/// No token at all.
pub fn none() -> Box<dyn Subject> {
    through("none", Noop)
}

/// The floor.
pub fn fixed() -> Box<dyn Subject> {
    through(
        "static",
        AddAuthorizationLayer::bearer(&token()).layer(Noop),
    )
}

/// The floor once more.
pub fn control() -> Box<dyn Subject> {
    through(
        "control",
        AddAuthorizationLayer::bearer(&token()).layer(Noop),
    )
}

/// This layer, with its origin guard.
pub fn this() -> Box<dyn Subject> {
    let service = tower::service_fn(|_: Fetch| async { TokenResponse::new("not asked for") });
    let Ok(given) = TokenResponse::builder(token())
        .expires_in(Duration::from_secs(86_400))
        .build()
    else {
        panic!("a token of letters can stand in a header")
    };
    let source = TokenSource::builder(service).with_token(given).build();
    let Ok(origins) = Origins::new(["https://api.example.com"]) else {
        panic!("an origin")
    };
    through(
        "this",
        ClientCredentialsLayer::new(source, origins).layer(Noop),
    )
}

/// A thousand characters, as a JWT has.
fn token() -> String {
    "t".repeat(1_000)
}
