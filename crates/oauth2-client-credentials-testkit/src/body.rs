//! The one body type of both servers.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Sleep, sleep};

use crate::Fault;

/// The body of the requests and responses of the test kit.
///
/// It is one concrete type, so that nothing has to be annotated where a client is generic over its bodies. A request's
/// is made `From` bytes or text. A response's may come slowly, break off or never end, as its
/// [`Answer`](crate::Answer) says.
pub struct Body {
    rest: Bytes,
    ending: Ending,
    pace: Option<Pace>,
}

/// What comes after the bytes of a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    Whole,
    Torn,
    Endless,
}

impl Body {
    /// A body of no bytes.
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// A body with another end than the usual one, or one that takes a `pause` before every byte.
    pub(crate) fn scripted(bytes: Bytes, ending: Ending, pause: Duration) -> Self {
        let plain = ending == Ending::Whole && pause.is_zero();
        Self {
            rest: bytes,
            ending,
            pace: (!plain).then(|| Pace::new(pause)),
        }
    }

    /// What can be had without waiting: the whole of any body that was made `From` something.
    pub(crate) fn into_ready_bytes(self) -> Bytes {
        self.rest
    }

    /// Reads to the end.
    ///
    /// A body that never ends is read until memory is full; read that one frame by frame.
    ///
    /// # Errors
    ///
    /// A [`Fault`] if the body breaks off.
    pub async fn into_bytes(self) -> Result<Bytes, Fault> {
        Ok(self.collect().await?.to_bytes())
    }

    fn next_chunk(&mut self) -> Bytes {
        const ENDLESS: &[u8] = &[b'a'; 16 * 1024];
        match &self.pace {
            _ if self.rest.is_empty() => Bytes::from_static(ENDLESS),
            Some(pace) if !pace.pause.is_zero() => self.rest.split_to(1),
            _ => std::mem::take(&mut self.rest),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        if let Some(pace) = &mut self.pace {
            ready!(pace.poll_turn(cx));
        }
        if self.rest.is_empty() && self.ending == Ending::Torn {
            self.ending = Ending::Whole;
            return Poll::Ready(Some(Err(Fault::torn())));
        }
        Poll::Ready(Some(Ok(Frame::data(self.next_chunk()))))
    }

    fn is_end_stream(&self) -> bool {
        self.ending == Ending::Whole && self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.ending {
            Ending::Whole => SizeHint::with_exact(self.rest.len() as u64),
            Ending::Torn | Ending::Endless => SizeHint::default(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::scripted(bytes, Ending::Whole, Duration::ZERO)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("length", &self.rest.len())
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

/// The wait before each chunk.
struct Pace {
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whether whoever reads had its turn since the last chunk.
    yielded: bool,
}

impl Pace {
    fn new(pause: Duration) -> Self {
        Self {
            pause,
            sleep: None,
            yielded: false,
        }
    }

    /// Pending at least once for each chunk: an endless body must not keep its reader's timers from running, and what
    /// came before a break must reach the wire.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.pause.is_zero() {
            let pause = self.pause;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(pause)));
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
            return Poll::Ready(());
        }
        self.yielded = !self.yielded;
        if self.yielded {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}
