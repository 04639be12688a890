//! A body whose parts are sent while it is.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::mpsc;

pub(crate) struct Frames(mpsc::Receiver<Frame<Bytes>>);

impl Frames {
    /// It ends when nobody can send any more.
    pub(crate) fn new(frames: mpsc::Receiver<Frame<Bytes>>) -> Self {
        Self(frames)
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|frame| Some(Ok(frame?)))
    }
}
