//! Where tokens come from: the cells of one client, and what they share.

mod attempts;
mod builder;
mod cell;
mod clock;
mod context;
mod errors;
mod flight;
mod gate;
mod governor;
mod health;
mod landing;
#[cfg(all(test, loom_models))]
mod models;
mod schedule;
mod state;
mod token;

pub use builder::TokenSourceBuilder;
pub use clock::{Clock, SystemClock};
pub use health::{Health, State};
pub use schedule::{Schedule, ScheduleBuilder, ScheduleError};
pub use token::Token;

pub(crate) use token::Kept;

use std::{mem, sync::Arc, time::Duration};

use oauth2_client_credentials::TokenResponse;
use tokio::{runtime::Handle, time};
use tower_service::Service;

use self::{
    cell::Cell,
    clock::Moment,
    context::Context,
    flight::Outcome,
    state::{Decision, Patience},
};
use crate::{
    error::{BoxError, TokenError},
    event::Event,
    fetch::Fetch,
};

/// How long after it came a token is used that had ended by then.
const LIFELESS_USE: Duration = Duration::from_secs(1);

/// Warming up does not knock more often than this.
const WARM_UP_PAUSE: Duration = Duration::from_millis(100);

/// One client's tokens: fetched when they are needed, shared by all, renewed ahead.
///
/// A handle: clones share everything, and the token request that is under way ends with the last of them. It can be made
/// anywhere, without a runtime and without the network.
///
/// ```
/// use std::time::Duration;
/// use oauth2_client_credentials::{TokenRequest, TokenResponse};
/// use tower_oauth2_client_credentials::{BoxError, Fetch, TokenSource};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// // Any token service; most often a `TokenEndpoint`.
/// let service = tower::service_fn(|_: Fetch| async { TokenResponse::new("2YotnFZFEjr1zCsicMWpAA") });
///
/// // With all defaults, and asking for whatever scope the server gives:
/// let source = TokenSource::new(service);
/// assert_eq!(source.token().await?.access_token().expose(), "2YotnFZFEjr1zCsicMWpAA");
///
/// // Or to measure:
/// let source = TokenSource::builder(service)
///     .request(TokenRequest::builder().scope("orders.read").build()?)
///     .schedule(tower_oauth2_client_credentials::Schedule::economy())
///     .build();
/// source.warm_up(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TokenSource {
    owner: Arc<Owner>,
}

/// A token that was waited for.
#[derive(Debug)]
pub(crate) struct Acquired {
    pub(crate) kept: Arc<Kept>,
    at: Moment,
}

/// What ends with the last handle.
#[derive(Debug)]
struct Owner {
    context: Arc<Context>,
    cell: Arc<Cell>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.cell.abandon();
    }
}

impl TokenSource {
    /// A source of the tokens that `service` gives for an empty request.
    pub fn new<T>(service: T) -> Self
    where
        T: Service<Fetch, Response = TokenResponse> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        Self::builder(service).build()
    }

    /// A source that is set up one thing at a time.
    pub fn builder<T>(service: T) -> TokenSourceBuilder
    where
        T: Service<Fetch, Response = TokenResponse> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        TokenSourceBuilder::new(service)
    }

    /// A token that works, for what is no HTTP request: a database's or a broker's login.
    ///
    /// Ready at once while there is one, but for its last seconds, in which a newer one is waited for a moment; waits for a token
    /// request otherwise, at most the schedule's wait budget.
    ///
    /// # Errors
    ///
    /// The reason why there is none: that of the token request that was waited for, or, while no other may start yet, of the
    /// last one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends this waiting and nothing else: the token request goes on for all who wait.
    pub async fn token(&self) -> Result<Token, TokenError> {
        let kept = match self.ready() {
            Some(kept) => kept,
            None => self.wait_for_one_that_works().await?.kept,
        };
        Ok(Token::new(kept))
    }

    /// Gets a token before anybody needs one, trying again until `deadline` has passed. From a server whose tokens have ended when
    /// they come, nothing is left of it.
    ///
    /// # Errors
    ///
    /// The last reason why there is none: when the deadline has passed, or at once when trying again cannot help.
    ///
    /// # Cancel safety
    ///
    /// As [`token`](Self::token).
    pub async fn warm_up(&self, deadline: Duration) -> Result<(), TokenError> {
        if Handle::try_current().is_err() {
            return Err(errors::no_runtime());
        }
        let ends = time::Instant::now() + deadline.min(schedule::LONGEST);
        loop {
            let error = match time::timeout_at(ends, self.token()).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if error.is_transient() => error,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(errors::timed_out(deadline)),
            };
            let again =
                time::Instant::now() + error.retry_in().unwrap_or_default().max(WARM_UP_PAUSE);
            if again >= ends {
                return Err(error);
            }
            time::sleep_until(again).await;
        }
    }

    /// How it stands with the token, for a readiness probe or a dashboard.
    #[must_use]
    pub fn health(&self) -> Health {
        self.owner.cell.health(&self.owner.context)
    }

    /// Forgets the token: no request carries it from now on, and the next one waits for another. Starts nothing by itself.
    /// A token that is under way just now is given to those who wait for it, and not kept.
    pub fn invalidate(&self) {
        self.owner.cell.invalidate();
    }

    /// Ends the pause after a failure, when you know that its cause is gone. A pause that the server asked for
    /// (`Retry-After`) is kept.
    pub fn retry_now(&self) {
        self.owner.cell.retry_now();
    }

    /// Ends all: from now on every request fails. Hands out the token that was held, so that it can be revoked.
    pub fn close(&self) -> Option<Token> {
        self.owner.cell.close().map(Token::new)
    }

    /// What `attach` makes of the token, while nothing changes for a request.
    #[inline]
    pub(crate) fn in_window<T>(&self, attach: impl FnOnce(&Kept) -> T) -> Option<T> {
        let Owner { context, cell } = &*self.owner;
        cell.in_window(context.clock.coarse_ms(), attach)
    }

    /// The token, if it can be attached without waiting. Launches the renewal that this request was elected for.
    #[cold]
    #[inline(never)]
    pub(crate) fn ready(&self) -> Option<Arc<Kept>> {
        let Owner { context, cell } = &*self.owner;
        let runtime = Handle::try_current().ok();
        let (kept, elected) = cell.ready(context, runtime.is_some())?;
        if let Some(elected) = elected {
            if let (Some(runtime), Some(flight)) = (runtime, elected.renewal) {
                attempts::launch(&runtime, context, cell, &flight);
            }
            let request = cell.request();
            context.observe(&Event::ServedDue { request });
        }
        Some(kept)
    }

    /// A token, whatever it takes.
    pub(crate) async fn wait(&self) -> Result<Acquired, TokenError> {
        let kept = self.decide_and_wait().await?;
        let at = self.owner.context.clock.now();
        Ok(Acquired { kept, at })
    }

    /// The same, for a caller that was perhaps not polled for long after its token came.
    async fn wait_for_one_that_works(&self) -> Result<Acquired, TokenError> {
        let acquired = self.wait().await?;
        if self.still_good(&acquired) {
            return Ok(acquired);
        }
        self.wait().await
    }

    /// Runs inside the caller; the flight it waits for does not.
    async fn decide_and_wait(&self) -> Result<Arc<Kept>, TokenError> {
        let Owner { context, cell } = &*self.owner;
        let called = time::Instant::now();
        let budget_ends = called + context.schedule.wait_budget();
        let trial_ends = budget_ends.min(called + context.schedule.trial_wait());
        let (mut launched, mut lost) = (None, false);
        loop {
            let runtime = Handle::try_current().ok();
            let (flight, launch, patience) =
                match cell.decide(context, runtime.is_some(), context.clock.now()) {
                    Decision::Attach(kept) => return Ok(kept),
                    Decision::AttachInLeeway(kept) => return Ok(self.in_leeway(kept)),
                    Decision::Fail(error) => return Err(error),
                    Decision::Wait {
                        flight,
                        launch,
                        patience,
                    } => (flight, launch, patience),
                };
            if let Some(runtime) = runtime.filter(|_| launch) {
                attempts::launch(&runtime, context, cell, &flight);
                launched = Some(flight.number());
            }
            let patience = match patience {
                // A trial of its own is waited for like any other flight.
                Patience::Trial(_) if launched == Some(flight.number()) => Patience::Budget,
                patience => patience,
            };
            let ends = match &patience {
                Patience::Budget => budget_ends,
                Patience::Trial(_) => trial_ends,
                Patience::Leeway(_, patience) => budget_ends.min(time::Instant::now() + *patience),
            };
            let outcome = time::timeout_at(ends, flight.outcome()).await.ok();
            return Err(match (outcome, patience) {
                (Some(Outcome::Token(kept)), patience) => match patience {
                    // What still works is better than what has ended already.
                    Patience::Leeway(working, _) if kept.is_lifeless() && self.works(&working) => {
                        return Ok(self.in_leeway(working));
                    }
                    _ => return Ok(kept),
                },
                // Its runtime is gone. Once more on this one's, but not for ever.
                (Some(Outcome::Lost), _) if !mem::replace(&mut lost, true) => continue,
                (_, Patience::Leeway(kept, _)) if self.works(&kept) => {
                    return Ok(self.in_leeway(kept));
                }
                // It has ended or was invalidated meanwhile: a request like any other without a token.
                (_, Patience::Leeway(..)) => continue,
                (Some(Outcome::Failed(error)), _) | (None, Patience::Trial(error)) => error,
                (Some(Outcome::Lost), _) => errors::lost(),
                (None, Patience::Budget) if flight.started().is_none() => {
                    errors::overloaded(context.schedule.wait_budget())
                }
                (None, Patience::Budget) => errors::timed_out(context.schedule.wait_budget()),
            });
        }
    }

    fn in_leeway(&self, kept: Arc<Kept>) -> Arc<Kept> {
        let request = self.owner.cell.request();
        self.observe(&Event::ServedInLeeway { request });
        kept
    }

    /// Whether a token that was waited for may still be attached: it works, or has just come without life.
    pub(crate) fn still_good(&self, acquired: &Acquired) -> bool {
        let Owner { context, cell } = &*self.owner;
        let kept = &acquired.kept;
        if kept.is_lifeless() {
            let age = context.clock.now().since(acquired.at);
            return age <= LIFELESS_USE && kept.epoch() == cell.invalidations();
        }
        self.works(kept)
    }

    fn works(&self, kept: &Kept) -> bool {
        let Owner { context, cell } = &*self.owner;
        kept.works(cell.invalidations(), context.clock.now())
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        self.owner.context.observe(event);
    }
}
