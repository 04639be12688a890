//! One reading of an issuer's metadata, shared by all who wait for it.

use std::{future::Future, panic::resume_unwind, pin::pin, sync::Arc, time::Duration};

use oauth2_client_credentials::Metadata;
use tokio::{
    runtime::Handle,
    sync::watch,
    task::AbortHandle,
    time::{self, Instant},
};

use crate::{error::TokenError, panics::catch_panic};

/// What comes of it.
pub(super) type Outcome = Result<Arc<Metadata>, TokenError>;

/// A task that reads. It is given up with the last who waits for it.
pub(super) struct Reading {
    end: watch::Receiver<Option<End>>,
    task: AbortHandle,
    begun: Instant,
    limit: Duration,
}

#[derive(Clone)]
enum End {
    Read(Outcome),
    /// The HTTP service did.
    Panicked,
}

/// How much later than the task those give up who wait for it: what it says of its own limit says more.
const GRACE: Duration = Duration::from_millis(500);

impl Reading {
    /// Begins one that ends by itself within `limit`.
    pub(super) fn start(
        runtime: &Handle,
        limit: Duration,
        read: impl Future<Output = Outcome> + Send + 'static,
    ) -> Self {
        let (told, end) = watch::channel(None);
        let task = async move {
            let end = catch_panic(pin!(read)).await;
            told.send_replace(Some(end.map_or(End::Panicked, End::Read)));
        };
        #[cfg(feature = "tracing")]
        let task = tracing::Instrument::in_current_span(task);
        Self {
            end,
            task: runtime.spawn(task).abort_handle(),
            begun: Instant::now(),
            limit,
        }
    }

    /// Whether it is under way. One that should have ended stands still, with its runtime, and is for nobody else.
    pub(super) fn is_under_way(&self) -> bool {
        self.end.has_changed().is_ok() && self.begun.elapsed() < self.limit + GRACE
    }

    /// What comes of it; nothing if its runtime ends before it does, or stands still. A panic is one of all who wait.
    pub(super) async fn outcome(&self) -> Option<Outcome> {
        let mut end = self.end.clone();
        let end = time::timeout(self.limit + GRACE, end.wait_for(Option::is_some));
        match end.await.ok()?.ok()?.clone()? {
            End::Read(outcome) => Some(outcome),
            // The panic hook was told.
            End::Panicked => resume_unwind(Box::new("the HTTP service panicked")),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}
