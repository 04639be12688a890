//! The body of a request: what comes in, frame by frame, and no more than the route allows.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// Its default is empty: what a request without a body is sent with a second time.
///
/// Boxed, since hyper's client keeps room for 32 requests for each of its connections, and most have no body.
#[derive(Debug, Default)]
pub(crate) struct RequestBody {
    streamed: Option<Box<Streamed>>,
}

#[derive(Debug)]
struct Streamed {
    incoming: Incoming,
    left: u64,
}

/// Why it ended too early.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is longer than the route allows.
    TooLong,
    /// The caller is gone, or did not send what HTTP asks for.
    Caller(hyper::Error),
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, limit: Option<u64>) -> Self {
        let streamed = (!incoming.is_end_stream()).then(|| {
            Box::new(Streamed {
                incoming,
                left: limit.unwrap_or(u64::MAX),
            })
        });
        Self { streamed }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(this) = self.get_mut().streamed.as_deref_mut() else {
            return Poll::Ready(None);
        };
        Pin::new(&mut this.incoming).poll_frame(cx).map(|frame| {
            let frame = match frame? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(BodyError::Caller(error))),
            };
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            match this.left.checked_sub(length) {
                Some(left) => {
                    this.left = left;
                    Some(Ok(frame))
                }
                None => Some(Err(BodyError::TooLong)),
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        let streamed = self.streamed.as_deref();
        streamed.is_none_or(|this| this.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.streamed
            .as_deref()
            .map_or_else(|| SizeHint::with_exact(0), |this| this.incoming.size_hint())
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the request's body is longer than this route allows",
            Self::Caller(_) => "the request's body ended before it was whole",
        })
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::TooLong => None,
            Self::Caller(error) => Some(error),
        }
    }
}
