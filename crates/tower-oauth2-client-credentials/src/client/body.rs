//! An answer's body, with what is left of the request's time.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::error::{BoxError, TokenError, TokenErrorKind};

/// The body of an answer to an [`HttpClient`](super::HttpClient).
///
/// # Errors
///
/// The connection's, or that the time of the whole request is over.
pub struct HttpClientBody {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
    timeout: Duration,
    from: String,
}

impl HttpClientBody {
    pub(super) fn new(
        body: Incoming,
        deadline: Pin<Box<Sleep>>,
        timeout: Duration,
        from: String,
    ) -> Self {
        Self {
            body,
            deadline,
            timeout,
            from,
        }
    }
}

impl Body for HttpClientBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // First: a body that comes quickly enough would never let it be asked.
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(timed_out(&self.from, self.timeout).into())));
        }
        Pin::new(&mut self.body)
            .poll_frame(cx)
            .map_err(BoxError::from)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for HttpClientBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientBody").finish_non_exhaustive()
    }
}

pub(super) fn timed_out(from: &str, limit: Duration) -> TokenError {
    TokenError::new(
        TokenErrorKind::Transient,
        format!(
            "no token: no whole answer from {from} within {limit:?}; check that it is well, or give it more time"
        ),
    )
}
