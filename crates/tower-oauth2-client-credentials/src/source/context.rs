//! What all cells of one source share.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use oauth2_client_credentials::TokenResponse;
use tower::util::BoxCloneService;

use super::{governor::Governor, schedule::Schedule};
use crate::{
    clock::AgeClock,
    credential::{Credential, Tried},
    error::BoxError,
    event::{Event, Observer},
    fetch::Fetch,
};

/// An attempt that ends so long after its time stood still: what the server sent meanwhile was not read.
pub(crate) const LATE: Duration = Duration::from_secs(1);

/// A token service with its types erased. It need not be `Sync`, and is locked for one clone.
pub(crate) type TokenService = BoxCloneService<Fetch, TokenResponse, BoxError>;

/// A source's settings, and what limits its cells together.
pub(crate) struct Context {
    pub(crate) service: Mutex<TokenService>,
    pub(crate) clock: AgeClock,
    pub(crate) schedule: Schedule,
    pub(crate) governor: Governor,
    pub(crate) draws: Draws,
    pub(crate) credential: Option<Credential>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

/// Where draws come from: numbers from 0 to 1.
pub(crate) type Draws = Box<dyn Fn() -> f64 + Send + Sync>;

impl Context {
    pub(crate) fn service(&self) -> TokenService {
        self.service
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn draw(&self) -> f64 {
        let draw = (self.draws)();
        // Neither below 0 nor above 1, and a number.
        if draw > 0.0 { draw.min(1.0) } else { 0.0 }
    }

    /// The credential that an attempt is about to be made with, if anybody told.
    pub(crate) fn tried(&self) -> Option<Tried> {
        self.credential
            .as_ref()
            .map(|credential| credential.current().1)
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        for observer in &self.observers {
            observer.observe(event);
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("schedule", &self.schedule)
            .field("credential", &self.credential)
            .field("observers", &self.observers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Context {
    /// All defaults, with every draw in the middle.
    pub(crate) fn with<T>(service: T, clock: impl crate::clock::Clock + 'static) -> Arc<Self>
    where
        T: tower_service::Service<Fetch, Response = TokenResponse, Error = BoxError>
            + Clone
            + Send
            + 'static,
        T::Future: Send + 'static,
    {
        Arc::new(Self {
            service: Mutex::new(BoxCloneService::new(service)),
            clock: AgeClock::new(Some(Arc::new(clock))),
            schedule: Schedule::default(),
            governor: Governor::new(),
            draws: Box::new(|| 0.5),
            credential: None,
            observers: Vec::new(),
        })
    }
}
