//! The metadata of an issuer: read when it is needed, kept, and read again when it seems to be wrong.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth2_client_credentials::{Issuer, Metadata};
use tokio::time;

use super::{http::Http, well_known};
use crate::{error::TokenError, source::Clock};

/// One issuer, and what is known of it by now.
pub(super) struct Discovery {
    issuer: Issuer,
    state: Mutex<State>,
    /// One reads at a time; the others take what comes of it.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    metadata: Option<Arc<Metadata>>,
    /// The endpoint that it names did not answer, or is not one.
    suspect: bool,
    /// By the endpoint's clock; a read that failed counts too.
    read_at: Option<Duration>,
    failure: Option<TokenError>,
}

/// Metadata that seems to be wrong is not read again sooner: the endpoint that it names may just be down.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How long a first read may take: less than an attempt may, so that the error names the metadata.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// The same with older metadata at hand, which most likely still holds.
const READ_AGAIN_WITHIN: Duration = Duration::from_secs(2);

impl Discovery {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            state: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The metadata, read if there is none or if it seems to be wrong. What is there stays when it cannot be read again.
    pub(super) async fn metadata(
        &self,
        http: &Http,
        clock: &dyn Clock,
    ) -> Result<Arc<Metadata>, TokenError> {
        let asked = clock.monotonic();
        if let Some(metadata) = self.state().usable(asked) {
            return Ok(metadata);
        }
        let _turn = self.turn.lock().await;
        if let Some(outcome) = self.state().since(asked) {
            return outcome;
        }
        let old = self.state().metadata.is_some();
        let limit = if old { READ_AGAIN_WITHIN } else { READ_WITHIN };
        // Dropped with this future too: whoever gives up must not make the next one read at once.
        let reading = Reading {
            discovery: self,
            clock,
        };
        let read = time::timeout(limit, well_known::read(&self.issuer, http)).await;
        drop(reading);
        let read = read.unwrap_or_else(|_| Err(well_known::silent(&self.issuer, limit)));
        let mut state = self.state();
        match read {
            Ok(metadata) => {
                state.failure = None;
                Ok(Arc::clone(state.metadata.insert(Arc::new(metadata))))
            }
            Err(failure) => match &state.metadata {
                Some(metadata) => Ok(Arc::clone(metadata)),
                None => {
                    state.failure = Some(failure.clone());
                    Err(failure)
                }
            },
        }
    }

    /// A request to the endpoint that the metadata names is about to be sent.
    pub(super) fn sending(&self) -> Sending<'_> {
        Sending {
            discovery: self,
            answered: false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn usable(&self, now: Duration) -> Option<Arc<Metadata>> {
        let metadata = self.metadata.as_ref()?;
        let long_ago = self
            .read_at
            .is_none_or(|read_at| now.saturating_sub(read_at) >= READ_AGAIN_AFTER);
        (!self.suspect || !long_ago).then(|| Arc::clone(metadata))
    }

    /// What came of a read that ended after somebody asked for it.
    fn since(&self, asked: Duration) -> Option<Result<Arc<Metadata>, TokenError>> {
        if let Some(metadata) = self.usable(asked) {
            return Some(Ok(metadata));
        }
        let failed = self.read_at.is_some_and(|read_at| read_at > asked);
        let failure = self.failure.clone().filter(|_| failed);
        failure.map(Err)
    }
}

/// The metadata is being read. However that ends, it was read then.
struct Reading<'a> {
    discovery: &'a Discovery,
    clock: &'a dyn Clock,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut state = self.discovery.state();
        state.read_at = Some(self.clock.monotonic());
        state.suspect = false;
    }
}

/// A request is on its way. Unless somebody says that it was answered, the endpoint is suspect: also when the request is given
/// up, for whoever waits for it has a limit.
#[must_use]
pub(super) struct Sending<'a> {
    discovery: &'a Discovery,
    answered: bool,
}

impl Sending<'_> {
    pub(super) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.discovery.state().suspect = true;
        }
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery")
            .field("issuer", &self.issuer)
            .field("metadata", &self.state().metadata)
            .finish_non_exhaustive()
    }
}
