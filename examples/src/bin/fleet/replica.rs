//! One replica: a real token source, and when it has to be asked.

use std::{cell::Cell, time::Duration};

use oauth2_client_credentials_testkit::MemoryStore;
use tower::Layer;
use tower_oauth2_client_credentials::{Token, TokenSource};
use tower_oauth2_client_credentials_redis::{Sealing, SharedCacheLayer};

use crate::{server::AuthorizationServer, simulation::VirtualClock};

/// A replica of the fleet.
pub(crate) struct Replica {
    source: TokenSource,
    /// Of the last token that was seen.
    generation: Cell<u64>,
    /// For so long from the last request on, requests change nothing.
    fresh_for: Cell<Duration>,
}

/// Who they all are.
const IDENTITY: &str = "https://as.example.com/token\nfleet";

impl Replica {
    pub(crate) fn new(
        server: &AuthorizationServer,
        clock: VirtualClock,
        shared: Option<&(MemoryStore, Sealing)>,
    ) -> Self {
        let builder = match shared {
            Some((store, sealing)) => {
                let layer = SharedCacheLayer::new(store.clone(), IDENTITY, sealing.clone());
                TokenSource::builder(layer.clock(clock).layer(server.clone()))
            }
            None => TokenSource::builder(server.clone()),
        };
        Self {
            source: builder.clock(clock).build(),
            generation: Cell::new(0),
            fresh_for: Cell::new(Duration::ZERO),
        }
    }

    /// Whether a request gets a token.
    pub(crate) async fn request(&self) -> bool {
        let token = self.source.token().await;
        if let Ok(token) = &token
            && self.generation.replace(token.generation()) != token.generation()
        {
            let left = self.source.health().left().unwrap_or_default();
            self.fresh_for.set(fresh_for(token, left));
        }
        token.is_ok()
    }

    /// How long until the next request that can change anything: those before it would carry a fresh token, and do no more.
    pub(crate) fn idle(&self, every: Duration) -> Duration {
        let fresh_for = self.fresh_for.take();
        let skipped = (fresh_for.as_nanos() / every.as_nanos()).saturating_sub(1);
        every * u32::try_from(skipped).unwrap_or(0).saturating_add(1)
    }

    /// Whether it has a token that works.
    pub(crate) fn is_usable(&self) -> bool {
        self.source.health().is_usable()
    }
}

/// For how long a new token that has `left` to live is certainly fresh: by the schedule's earliest draw.
fn fresh_for(token: &Token, left: Duration) -> Duration {
    let lifetime = token.response().expires_in().unwrap_or_default();
    let lead = (lifetime / 5)
        .min(Duration::from_secs(15 * 60))
        .max(Duration::from_secs(60).min(lifetime / 2));
    let earliest = if token.generation() == 1 {
        lifetime.mul_f64(0.3).min(lifetime.saturating_sub(lead))
    } else {
        lifetime.saturating_sub(lead.mul_f64(1.5))
    };
    let age = lifetime.saturating_sub(left);
    earliest.saturating_sub(age + Duration::from_secs(1))
}
