//! What stands behind the layer: a service that does nothing, or one that judges tokens.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use tower::Service;

use crate::endpoint::Endpoint;

/// None, but of a type that every policy and peer takes.
pub type Body = http_body_util::Empty<Bytes>;
pub type Request = http::Request<Body>;
/// Brings the request's headers back among its own, so that their memory serves the next one.
pub type Response = http::Response<()>;

/// How long the API takes for this request, in milliseconds.
pub const TAKES: &str = "x-takes-ms";

/// What an API answers.
pub trait Answer: Clone + Send + Sync + 'static {
    type Future<E: Send + 'static>: Future<Output = Result<Response, E>> + Send;
    fn answer<E: Send + 'static>(&self, request: Request) -> Self::Future<E>;
}

/// Answers at once, and does nothing.
#[derive(Clone, Debug)]
pub struct Noop;

impl Answer for Noop {
    type Future<E: Send + 'static> = Ready<Result<Response, E>>;

    #[inline]
    fn answer<E: Send + 'static>(&self, mut request: Request) -> Self::Future<E> {
        let mut response = Response::new(());
        *response.headers_mut() = std::mem::take(request.headers_mut());
        ready(Ok(response))
    }
}

/// Takes the tokens that the authorization server has not revoked.
#[derive(Clone, Debug)]
pub struct Judge(pub Endpoint);

impl Answer for Judge {
    type Future<E: Send + 'static> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

    fn answer<E: Send + 'static>(&self, request: Request) -> Self::Future<E> {
        // The token is judged when the request arrives, also where the answer takes a while.
        let works = request
            .headers()
            .get(header::AUTHORIZATION)
            .is_some_and(|shown| self.0.works(shown.as_bytes()));
        Box::pin(async move {
            let takes = request.headers().get(TAKES);
            if let Some(takes) = takes.and_then(|ms| ms.to_str().ok()?.parse().ok()) {
                tokio::time::sleep(Duration::from_millis(takes)).await;
            }
            let mut response = Response::new(());
            if !works {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                let headers = response.headers_mut();
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Ok(response)
        })
    }
}

/// An API as a tower service, with the type of error that who calls it wants.
#[derive(Debug)]
pub struct Api<A, E = Infallible> {
    answer: A,
    error: PhantomData<fn() -> E>,
}

impl<A, E> Api<A, E> {
    pub fn new(answer: A) -> Self {
        Self {
            answer,
            error: PhantomData,
        }
    }
}

impl<A: Clone, E> Clone for Api<A, E> {
    fn clone(&self) -> Self {
        Self::new(self.answer.clone())
    }
}

impl<A: Answer, E: Send + 'static> Service<Request> for Api<A, E> {
    type Response = Response;
    type Error = E;
    type Future = A::Future<E>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        self.answer.answer(request)
    }
}
