//! What is counted for `--json`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http::{Method, Request};
use tower_oauth2_client_credentials::{Event, Observer};

/// Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    token_requests: Arc<AtomicU64>,
    rejected: Arc<AtomicU64>,
    replayed: Arc<AtomicU64>,
}

impl Counts {
    /// A request is on its way to the authorization server; metadata is read with GET.
    pub(crate) fn sent<B>(&self, request: &Request<B>) {
        if request.method() == Method::POST {
            self.token_requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn token_requests(&self) -> u64 {
        self.token_requests.load(Ordering::Relaxed)
    }

    /// Tokens that the resource refused.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }

    /// Requests that were sent once more.
    pub(crate) fn replayed(&self) -> u64 {
        self.replayed.load(Ordering::Relaxed)
    }
}

impl Observer for Counts {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Rejected { .. } => self.rejected.fetch_add(1, Ordering::Relaxed),
            Event::Replayed { .. } => self.replayed.fetch_add(1, Ordering::Relaxed),
            _ => return,
        };
    }
}
