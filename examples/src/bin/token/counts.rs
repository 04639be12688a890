//! What is counted for `--json`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use tower::{ServiceExt, util::MapRequest};
use tower_oauth2_client_credentials::{Event, Observer};

use crate::http_client::HttpClient;

/// Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    token_requests: Arc<AtomicU64>,
    replayed: Arc<AtomicU64>,
}

impl Counts {
    /// Counts the token requests among what goes through `http`; metadata is read with GET.
    pub(crate) fn counting(
        self,
        http: HttpClient,
    ) -> MapRequest<HttpClient, impl FnMut(Request<Full<Bytes>>) -> Request<Full<Bytes>> + Clone>
    {
        http.map_request(move |request: Request<Full<Bytes>>| {
            if request.method() == Method::POST {
                self.token_requests.fetch_add(1, Ordering::Relaxed);
            }
            request
        })
    }

    pub(crate) fn token_requests(&self) -> u64 {
        self.token_requests.load(Ordering::Relaxed)
    }

    pub(crate) fn replayed(&self) -> u64 {
        self.replayed.load(Ordering::Relaxed)
    }
}

impl Observer for Counts {
    fn observe(&self, event: &Event<'_>) {
        if let Event::Replayed { .. } = event {
            self.replayed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
