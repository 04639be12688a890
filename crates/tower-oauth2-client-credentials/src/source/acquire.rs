//! Getting a token, whatever it takes: a caller's wait for a flight.

use std::{mem, sync::Arc, time::Duration};

use tokio::{runtime::Handle, time};

use super::{
    TokenSource, attempts, errors,
    flight::Outcome,
    owner::Owner,
    state::{Decision, Patience},
    token::Kept,
};
use crate::{clock::Moment, error::TokenError, event::Event};

/// How long after it came a token is used that had ended by then.
const LIFELESS_USE: Duration = Duration::from_secs(1);

/// How many tokens may end before their caller looks at them.
const LIFELESS: u32 = 3;

/// A token that was waited for.
#[derive(Debug)]
pub(crate) struct Acquired {
    pub(crate) kept: Arc<Kept>,
    at: Moment,
    budget: Budget,
}

/// How long a caller still waits for tokens, however often it has to. What it spends on something else does not count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: Duration,
}

impl Acquired {
    /// What is left of its caller's patience.
    pub(crate) fn budget(&self) -> Budget {
        self.budget
    }
}

impl TokenSource {
    /// A token, whatever it takes, for a caller that waits from now on.
    pub(crate) async fn acquire(&self) -> Result<Acquired, TokenError> {
        let left = self.owner.context.schedule.wait_budget();
        self.acquire_within(Budget { left }).await
    }

    /// The same, for one that has waited before.
    pub(crate) async fn acquire_within(&self, budget: Budget) -> Result<Acquired, TokenError> {
        let ends = time::Instant::now() + budget.left;
        let kept = self.decide_and_wait(ends).await?;
        let left = ends.saturating_duration_since(time::Instant::now());
        let budget = Budget { left };
        let at = self.owner.context.clock.now();
        Ok(Acquired { kept, at, budget })
    }

    /// The same, for a caller that was perhaps not polled for long after its token came.
    pub(super) async fn acquire_one_that_works(&self) -> Result<Acquired, TokenError> {
        for _ in 0..LIFELESS {
            // It was the caller who was late, if it was: what passed until it was polled was no wait for a token.
            let acquired = self.acquire().await?;
            if self.still_good(&acquired) {
                return Ok(acquired);
            }
        }
        Err(errors::too_late())
    }

    /// Whether a token that was waited for may still be attached: it works, or has just come without life.
    pub(crate) fn still_good(&self, acquired: &Acquired) -> bool {
        let (context, cell) = (&self.owner.context, &self.cell);
        let kept = &acquired.kept;
        if kept.is_lifeless() {
            let age = context.clock.now().since(acquired.at);
            return age <= LIFELESS_USE && kept.epoch() == cell.invalidations();
        }
        self.works(kept)
    }

    /// Runs inside the caller; the flight it waits for does not.
    async fn decide_and_wait(&self, budget_ends: time::Instant) -> Result<Arc<Kept>, TokenError> {
        let Owner { context, .. } = &*self.owner;
        let cell = &self.cell;
        let trial_ends = budget_ends.min(time::Instant::now() + context.schedule.trial_wait());
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
                (None, Patience::Budget) => {
                    errors::timed_out(context.schedule.wait_budget(), flight.last_error())
                }
            });
        }
    }

    fn in_leeway(&self, kept: Arc<Kept>) -> Arc<Kept> {
        let request = self.cell.request();
        self.observe(&Event::ServedInLeeway { request });
        kept
    }

    fn works(&self, kept: &Kept) -> bool {
        self.cell
            .may_still_attach(kept, self.owner.context.clock.now())
    }
}
