//! The metadata of an issuer: read when it is needed, kept, and read again when it seems to be wrong.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use oauth2_client_credentials::{Issuer, Metadata};
use tokio::{runtime::Handle, time};

use super::{
    http::Http,
    reading::{Outcome, Reading},
    well_known,
};
use crate::{clock::Clock, credential::Prover, error::TokenError};

/// One issuer, and what is known of it by now.
pub(super) struct Discovery {
    issuer: Issuer,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    metadata: Option<Arc<Metadata>>,
    /// The endpoint that it names did not answer, or is not one.
    suspect: bool,
    /// By the endpoint's clock; a read that failed counts too.
    read_at: Option<Duration>,
    /// Held by those who wait for it.
    reading: Weak<Reading>,
    /// One was begun, and nobody has noted yet that it was.
    unnoted: bool,
}

/// What a reading is done with.
pub(super) struct Means {
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
    /// Whose secret is not shown, should it fail.
    pub(super) prover: Option<Prover>,
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
        }
    }

    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The metadata, read if there is none or if it seems to be wrong. What is there stays when it cannot be read again. All who
    /// want it meanwhile share one reading.
    ///
    /// No lock is held while it is read, neither one of threads nor one of tasks: whoever held it might not be polled any more.
    pub(super) async fn metadata(self: &Arc<Self>, means: Means) -> Outcome {
        let runtime = Handle::try_current();
        let now = means.clock.monotonic();
        // Dropped however this ends: whoever gives up must not make the next one read at once.
        let (_noted, reading) = {
            let mut state = self.state();
            if let Some(metadata) = state.usable(now) {
                return Ok(metadata);
            }
            let runtime = runtime.map_err(|_| well_known::no_runtime(&self.issuer))?;
            let noted = self.noted(&means.clock);
            (
                noted,
                state.share(|limit| self.read(&runtime, means, limit)),
            )
        };
        let gone = || self.or_older(well_known::lost(&self.issuer));
        reading.outcome().await.unwrap_or_else(gone)
    }

    /// Reads it, in a task of its own: nobody is held up by one of those who wait.
    fn read(self: &Arc<Self>, runtime: &Handle, means: Means, limit: Duration) -> Reading {
        let this = Arc::clone(self);
        Reading::start(runtime, limit, async move {
            let noted = this.noted(&means.clock);
            let hidden = means.prover.map(|prover| prover.hidden());
            let hidden = hidden.unwrap_or_default();
            let read = well_known::read(&this.issuer, &means.http, &hidden);
            let read = time::timeout(limit, read).await;
            drop(noted);
            match read {
                Ok(Ok(metadata)) => {
                    let metadata = Arc::new(metadata);
                    this.state().metadata = Some(Arc::clone(&metadata));
                    Ok(metadata)
                }
                Ok(Err(failure)) => this.or_older(failure),
                Err(_) => this.or_older(well_known::silent(&this.issuer, limit)),
            }
        })
    }

    fn or_older(&self, failure: TokenError) -> Outcome {
        self.state().metadata.clone().ok_or(failure)
    }

    fn noted(self: &Arc<Self>, clock: &Arc<dyn Clock>) -> Noted {
        Noted {
            discovery: Arc::clone(self),
            clock: Arc::clone(clock),
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

    /// The reading that is under way, or the one that `start` begins with its limit.
    fn share(&mut self, start: impl FnOnce(Duration) -> Reading) -> Arc<Reading> {
        let reading = self.reading.upgrade();
        if let Some(reading) = reading.filter(|reading| reading.is_under_way()) {
            return reading;
        }
        self.unnoted = true;
        let reading = Arc::new(start(match self.metadata {
            Some(_) => READ_AGAIN_WITHIN,
            None => READ_WITHIN,
        }));
        self.reading = Arc::downgrade(&reading);
        reading
    }
}

/// The metadata is being read. However that ends, it was read then: with the task that does it or the first who waited for it. Who is
/// polled or dropped later says nothing of what was suspected since.
struct Noted {
    discovery: Arc<Discovery>,
    clock: Arc<dyn Clock>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        let read_at = Some(self.clock.monotonic());
        let mut state = self.discovery.state();
        if mem::take(&mut state.unnoted) {
            state.read_at = read_at;
            state.suspect = false;
        }
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
            .finish_non_exhaustive()
    }
}
