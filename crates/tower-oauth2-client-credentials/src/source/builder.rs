//! Setting up a token source.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use oauth2_client_credentials::{TokenRequest, TokenResponse};
use tower::{ServiceExt, util::BoxCloneService};
use tower_service::Service;

use super::{
    TokenSource,
    cell::Cell,
    context::{Context, Draws, TokenService},
    governor::Governor,
    schedule::Schedule,
};
use crate::{
    clock::{AgeClock, Clock},
    credential::Credential,
    error::BoxError,
    event::Observer,
    fetch::Fetch,
};

/// Sets up a [`TokenSource`]. Nothing is fetched before the first request.
#[must_use]
pub struct TokenSourceBuilder {
    service: TokenService,
    request: TokenRequest,
    schedule: Schedule,
    clock: Option<Arc<dyn Clock>>,
    draws: Draws,
    credential: Option<Credential>,
    observers: Vec<Arc<dyn Observer>>,
    token: Option<TokenResponse>,
    max_tokens: usize,
}

/// How many tokens a source holds beside its own, unless it is told otherwise.
const MAX_TOKENS: usize = 4_096;

impl TokenSourceBuilder {
    pub(crate) fn new<T>(service: T) -> Self
    where
        T: Service<Fetch, Response = TokenResponse> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        Self {
            service: BoxCloneService::new(service.map_err(Into::into)),
            request: TokenRequest::default(),
            schedule: Schedule::default(),
            clock: None,
            draws: Box::new(fastrand::f64),
            credential: None,
            observers: Vec::new(),
            token: None,
            max_tokens: MAX_TOKENS,
        }
    }

    /// What tokens are asked for: scope, resource, audience, … (default: nothing in particular).
    pub fn request(mut self, request: TokenRequest) -> Self {
        self.request = request;
        self
    }

    /// When tokens are renewed and how failures are repeated (default: [`Schedule::default`]).
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// The credential that a token service of your own works with: a new version of it ends the pause after a failure. A
    /// [`TokenEndpoint`](crate::TokenEndpoint) tells by itself.
    pub fn credential(mut self, credential: &Credential) -> Self {
        self.credential = Some(credential.clone());
        self
    }

    /// Starts with a token that exists already. Its age counts from its arrival where that is known
    /// ([`TokenResponse::expires_at`]), else from now; one that has ended is not used.
    pub fn with_token(mut self, token: TokenResponse) -> Self {
        self.token = Some(token);
        self
    }

    /// Tells `observer` what happens. There may be several.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// How many tokens are held for requests that name their own (default 4096). The one that was idle for longest goes first, but none
    /// that is being fetched; while all are, requests for more fail with [`Overloaded`](crate::TokenErrorKind::Overloaded).
    ///
    /// An idle token takes about 1.1 kB and twice its own length; 4096 of 1 kB each take 13 MB.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = max_tokens;
        self
    }

    /// Takes the time from another clock than the machine's. For tests: tokio's timers go on by tokio's own time.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Takes draws from elsewhere than a random number generator: numbers from 0 to 1, by which renewals and pauses are
    /// spread. For tests.
    pub fn draws(mut self, draws: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.draws = Box::new(draws);
        self
    }

    /// The source. Needs neither a runtime nor the network.
    #[must_use]
    pub fn build(self) -> TokenSource {
        let context = Context {
            service: Mutex::new(self.service),
            clock: AgeClock::new(self.clock),
            schedule: self.schedule,
            governor: Governor::new(),
            draws: self.draws,
            credential: self.credential,
            observers: self.observers,
        };
        let first = Cell::new(self.request);
        if let Some(token) = self.token {
            first.adopt(&context, token);
        }
        TokenSource::of(context, first, self.max_tokens)
    }
}

impl fmt::Debug for TokenSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSourceBuilder")
            .field("request", &self.request)
            .field("schedule", &self.schedule)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
