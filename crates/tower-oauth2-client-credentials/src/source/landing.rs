//! How a flight ends: what becomes of its cell.

use std::{sync::Arc, time::Duration};

use oauth2_client_credentials::TokenResponse;

use super::{
    cell::Cell,
    clock::Moment,
    context::Context,
    flight::{Flight, Outcome},
    gate::Failure,
    state::State,
    token::{Answer, Kept, Phase, Weighed, weigh},
};
use crate::{error::TokenError, sync::lock};

/// How a flight ended.
#[derive(Debug)]
pub(crate) enum Landing {
    Token(Answer),
    Failed(Failure),
    /// It was not sent: the server wants to be left alone.
    HeldBack(TokenError),
    /// Its task is gone.
    Lost,
}

/// What a landing changed.
#[derive(Debug)]
pub(crate) struct Landed {
    /// What those who wait are to be told.
    pub(crate) outcome: Outcome,
    pub(crate) change: Option<Change>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Requests carry this flight's token from now on.
    Published,
    /// The same, and it is the first success after failures.
    Recovered,
    /// No flight may start for this long.
    Closed(Duration),
}

impl Cell {
    /// Ends a flight: keeps what it brought, or closes the gate.
    pub(crate) fn land(
        &self,
        context: &Context,
        flight: &Arc<Flight>,
        landing: Landing,
        now: Moment,
    ) -> Landed {
        let mut state = lock(&self.state);
        let current = state
            .flight
            .take_if(|current| Arc::ptr_eq(current, flight))
            .is_some();
        let (outcome, change) = match landing {
            Landing::Token(answer) => {
                let failed_before = state.gate.has_failures();
                state.gate.clear(now);
                let (given, published) = self.publish(&mut state, context, flight, answer, now);
                let change = if failed_before {
                    Change::Recovered
                } else {
                    Change::Published
                };
                (Outcome::Token(given), published.then_some(change))
            }
            Landing::Failed(failure) if current => {
                let kept = self.kept.load();
                let working_until = kept
                    .as_ref()
                    .map(|kept| kept.expiry())
                    .filter(|end| now < *end);
                let started = flight.started().unwrap_or(now);
                let error = state
                    .gate
                    .close(context, failure, started, working_until, now);
                let closed = Change::Closed(error.retry_in().unwrap_or_default());
                (Outcome::Failed(error), Some(closed))
            }
            // It was given up before, and whatever took its place will tell.
            Landing::Failed(failure) => (Outcome::Failed(failure.error), None),
            Landing::HeldBack(error) => (Outcome::Failed(error), None),
            Landing::Lost => (Outcome::Lost, None),
        };
        Landed { outcome, change }
    }

    /// Takes a token that comes from elsewhere, unless it has ended.
    pub(crate) fn adopt(&self, context: &Context, response: TokenResponse) {
        let now = context.clock.now();
        let age = match (response.expires_in(), response.expires_at()) {
            (Some(lifetime), Some(end)) => lifetime
                .saturating_sub(end.duration_since(context.clock.wall()).unwrap_or_default()),
            _ => Duration::ZERO,
        };
        let mut state = lock(&self.state);
        let answer = Answer {
            response,
            sent: now - age,
        };
        let Weighed { given, kept } = weigh(
            &context.schedule,
            context.draw(),
            None,
            state.generation,
            answer,
            now,
        );
        if kept.is_some() {
            state.generation = given.generation();
            self.kept.store(kept);
        }
    }

    /// Keeps a flight's answer if nothing newer is there. Returns what its waiters attach, and whether it was kept.
    fn publish(
        &self,
        state: &mut State,
        context: &Context,
        flight: &Flight,
        answer: Answer,
        now: Moment,
    ) -> (Arc<Kept>, bool) {
        let working = self
            .kept
            .load()
            .clone()
            .filter(|kept| kept.phase(now) != Phase::Expired);
        let Weighed { given, kept } = weigh(
            &context.schedule,
            context.draw(),
            working.as_ref(),
            state.generation,
            answer,
            now,
        );
        state.generation = state.generation.max(given.generation());
        let newer = flight.number() > state.settled;
        let published = newer && !given.is_lifeless();
        if newer {
            state.settled = flight.number();
            if kept.is_some() {
                self.kept.store(kept);
            }
        }
        (given, published)
    }
}
