//! A panic in a service of the user's, which is a failure like another.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

/// `None` if it panicked. The panic hook was told; whoever waits is told by an error.
pub(crate) async fn catch_panic<F>(mut future: Pin<&mut F>) -> Option<F::Output>
where
    F: Future + ?Sized,
{
    poll_fn(|cx| {
        // What panicked is not polled again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
