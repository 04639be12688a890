//! How a flight is carried out: a few attempts, each with its limit, and the landing whatever happens.

use std::{future::poll_fn, sync::Arc, time::Duration};

use http::StatusCode;
use oauth2_client_credentials::ResponseError;
use tokio::{runtime::Handle, time};
use tower::ServiceExt;

use super::{
    cell::Cell,
    clock::Moment,
    context::Context,
    errors,
    flight::{Flight, Outcome},
    gate::Failure,
    landing::Landing,
    token::Answer,
};
use crate::{
    endpoint::EndpointError,
    error::{BoxError, TokenError, find},
    event::Event,
    fetch::Fetch,
};

/// Carries out `flight` in a task of its own. Who asked for it may go away; the flight goes on.
pub(crate) fn launch(
    runtime: &Handle,
    context: &Arc<Context>,
    cell: &Arc<Cell>,
    flight: &Arc<Flight>,
) {
    context
        .governor
        .enter(flight, &context.schedule, context.clock.now());
    let task = Task {
        context: Arc::clone(context),
        cell: Arc::clone(cell),
        flight: Arc::clone(flight),
        attempts: 0,
        landed: false,
    };
    let task = task.run();
    #[cfg(feature = "tracing")]
    let task = tracing::Instrument::instrument(task, span());
    flight.carried_by(runtime.spawn(task).abort_handle());
}

/// A span of its own: the request that happened to start the flight is only one of those it is for.
#[cfg(feature = "tracing")]
fn span() -> tracing::Span {
    let span = tracing::info_span!(parent: None, "token_request");
    span.follows_from(tracing::Span::current());
    span
}

/// A flight under way. Dropping it lands the flight, so that nobody waits for a task that is gone.
struct Task {
    context: Arc<Context>,
    cell: Arc<Cell>,
    flight: Arc<Flight>,
    attempts: u32,
    landed: bool,
}

/// One attempt that failed.
struct Attempt {
    error: TokenError,
    credential_version: u64,
    /// What the server asked for, and whether it asked for all clients.
    retry_after: Option<(Duration, bool)>,
}

impl Task {
    async fn run(mut self) {
        let started = poll_fn(|cx| self.flight.poll_started(cx)).await;
        let landing = self.attempt_until_done(started).await;
        self.land(landing);
    }

    async fn attempt_until_done(&mut self, started: Moment) -> Landing {
        let mut last: Option<(Attempt, Option<Moment>)> = None;
        loop {
            let sent = self.context.clock.now();
            if let Some(error) = self.context.governor.paused(sent) {
                // Somebody else was told to leave the server alone, while this one stood in line or slept.
                return last.map_or(Landing::HeldBack(error), |(attempt, asked)| {
                    attempt.landing(asked)
                });
            }
            let limit = self.context.schedule.attempt_timeout(sent.since(started));
            if limit.is_zero() {
                // The machine slept in the middle of the flight: whoever needs a token starts another.
                return last.map_or(Landing::Lost, |(attempt, asked)| attempt.landing(asked));
            }
            self.attempts += 1;
            let attempt = match self.attempt(limit, sent).await {
                Ok(answer) => return Landing::Token(answer),
                Err(attempt) => attempt,
            };
            let now = self.context.clock.now();
            let schedule = &self.context.schedule;
            let asked = attempt
                .retry_after
                .map(|(asked, _)| schedule.retry_after(asked));
            let sleep = schedule
                .backoff(self.attempts, self.context.draw())
                .max(asked.unwrap_or_default());
            let again = attempt.error.is_transient() && self.attempts < schedule.attempts();
            if !again || !schedule.fits(now.since(started), sleep) {
                let until = asked.map(|asked| now + asked);
                if let (Some(until), Some((_, true))) = (until, attempt.retry_after) {
                    self.context.governor.pause(until, attempt.error.clone());
                }
                return attempt.landing(until);
            }
            last = Some((attempt, asked.map(|asked| now + asked)));
            time::sleep(sleep).await;
        }
    }

    /// Asks the token service once. Assertions, proofs and secrets are made anew by it.
    async fn attempt(&self, limit: Duration, sent: Moment) -> Result<Answer, Attempt> {
        let credential_version = self.context.credential_version();
        let fetch = Fetch::new(self.cell.request().clone());
        match time::timeout(limit, self.context.service().oneshot(fetch)).await {
            Ok(Ok(response)) => Ok(Answer { response, sent }),
            Ok(Err(error)) => Err(Attempt::failed(error, credential_version)),
            Err(_) => Err(Attempt {
                error: errors::attempt_timed_out(limit),
                credential_version,
                retry_after: None,
            }),
        }
    }

    fn land(&mut self, landing: Landing) {
        self.landed = true;
        let Self {
            context,
            cell,
            flight,
            ..
        } = self;
        let now = context.clock.now();
        context.governor.leave(flight, &context.schedule, now);
        let outcome = cell.land(context, flight, landing, now);
        let waiters = flight.land(outcome.clone());
        self.report(&outcome, waiters, now);
    }

    /// Tells the observers, after all who waited.
    fn report(&self, outcome: &Outcome, waiters: usize, now: Moment) {
        let Self {
            context,
            cell,
            flight,
            attempts,
            ..
        } = self;
        let (request, lost) = (cell.request(), errors::lost());
        context.observe(&Event::Fetch {
            request,
            cause: flight.cause(),
            outcome: match outcome {
                Outcome::Token(_) => Ok(()),
                Outcome::Failed(error) => Err(error),
                Outcome::Lost => Err(&lost),
            },
            attempts: *attempts,
            duration: flight
                .started()
                .map_or(Duration::ZERO, |started| now.since(started)),
            waiters,
        });
        match outcome {
            Outcome::Token(kept) => {
                context.observe(&Event::SecondsToExpiry {
                    request,
                    left: kept.left(now),
                });
                if kept.response().expires_in().is_none() {
                    context.observe(&Event::NoLifetime);
                }
                kept.response()
                    .quirks()
                    .iter()
                    .for_each(|quirk| context.observe(&Event::Quirk { quirk }));
            }
            Outcome::Failed(error) => context.observe(&Event::GateClosed {
                retry_in: error.retry_in().unwrap_or_default(),
            }),
            Outcome::Lost => {}
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        let landing = if std::thread::panicking() {
            let credential_version = self.context.credential_version();
            Landing::Failed(Failure {
                error: errors::panicked(),
                credential_version,
                retry_after: None,
            })
        } else {
            Landing::Lost
        };
        self.land(landing);
    }
}

impl Attempt {
    fn failed(error: BoxError, credential_version: u64) -> Self {
        let credential_version = find::<EndpointError>(&*error)
            .map_or(credential_version, EndpointError::credential_version);
        let retry_after = find::<ResponseError>(&*error).and_then(|answer| {
            let for_all = matches!(
                answer.status(),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            );
            Some((answer.retry_after()?, for_all))
        });
        Self {
            error: TokenError::from_service(error),
            credential_version,
            retry_after,
        }
    }

    fn landing(self, retry_after: Option<Moment>) -> Landing {
        Landing::Failed(Failure {
            error: self.error,
            credential_version: self.credential_version,
            retry_after,
        })
    }
}
