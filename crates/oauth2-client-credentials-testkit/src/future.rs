//! The future of both servers.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;

use crate::{Body, Fault};

/// The answer of a server that was called in-process.
///
/// The request has arrived and was judged when the service was called; what takes time is the answer. Dropping it is
/// a client that went away: a token that was not answered yet is not issued.
pub struct ResponseFuture {
    inner: Pin<Box<dyn Future<Output = Result<Response<Body>, Fault>> + Send>>,
}

impl ResponseFuture {
    pub(crate) fn new(
        inner: impl Future<Output = Result<Response<Body>, Fault>> + Send + 'static,
    ) -> Self {
        Self {
            inner: Box::pin(inner),
        }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Fault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
