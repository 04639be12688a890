//! How a flight ends: what becomes of its cell.

use std::{sync::Arc, time::Duration};

use oauth2_client_credentials::TokenResponse;

use super::{
    cell::Cell,
    context::Context,
    errors,
    flight::{Flight, Outcome},
    gate::{Failure, Flown},
    state::State,
    token::Kept,
    weigh::{Answer, Weighed, age, weigh},
};
use crate::{clock::Moment, error::TokenError, event::Cause, fetch::TokenDigest, sync::lock};

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
    /// Requests carry this flight's token from now on.
    pub(crate) published: bool,
    /// It is the first success after failures.
    pub(crate) opened: bool,
    /// No other flight may start for this long.
    pub(crate) closed_for: Option<Duration>,
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
        let draw = match landing {
            Landing::Token(_) | Landing::Failed(_) => context.draw(),
            Landing::HeldBack(_) | Landing::Lost => 0.0,
        };
        let mut state = lock(&self.state);
        let current = state
            .flight
            .take_if(|current| Arc::ptr_eq(current, flight))
            .is_some();
        let failed_before = state.gate.has_failures();
        let (mut published, mut opened, mut closed_for) = (false, false, None);
        let landing = match landing {
            // Whoever refused it would refuse it again.
            Landing::Token(answer) if state.knows_refused(&answer.response, now) => {
                // What gave it is told which one it was.
                state.thrown_away = Some(TokenDigest::of(answer.response.access_token()));
                Landing::Failed(Failure {
                    error: errors::refused_before(),
                    tried: context.tried(),
                    retry_after: None,
                })
            }
            landing => landing,
        };
        let outcome = match landing {
            _ if state.closed => Outcome::Failed(errors::closed()),
            Landing::Token(answer) => {
                if flight.cause() == Cause::Rejection {
                    let started = flight.started().unwrap_or(answer.sent);
                    state.rejections().forced(&context.schedule, started, now);
                }
                state.gate.clear(now);
                opened = failed_before;
                let given = self.keep(&mut state, context, draw, flight, answer, now);
                let kept = self.kept();
                published = kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &given));
                Outcome::Token(given)
            }
            Landing::Failed(failure) if current => {
                let kept = self.kept();
                let working = kept.as_ref().filter(|kept| kept.works(now));
                let working_until = working.map(|kept| kept.expiry());
                let started = flight.started().unwrap_or(now);
                let situation = Flown {
                    started,
                    working_until,
                    now,
                };
                let error = state
                    .gate
                    .close(&context.schedule, draw, failure, situation);
                closed_for = error.retry_in().filter(|closed_for| !closed_for.is_zero());
                Outcome::Failed(error)
            }
            // It was given up before, and whatever took its place will tell.
            Landing::Failed(failure) => Outcome::Failed(failure.error),
            Landing::HeldBack(error) => Outcome::Failed(error),
            Landing::Lost => Outcome::Lost,
        };
        Landed {
            outcome,
            published,
            opened,
            closed_for,
        }
    }

    /// Takes a token that comes from elsewhere, unless it has ended.
    pub(crate) fn adopt(&self, context: &Context, response: TokenResponse) {
        let now = context.clock.now();
        let age = age(&response, context.clock.wall());
        let draw = context.draw();
        let mut state = lock(&self.state);
        let answer = Answer {
            response,
            asked: now,
            sent: now - age.unwrap_or_default(),
            shared: false,
        };
        let Weighed { given, kept } = weigh(
            &context.schedule,
            draw,
            None,
            state.generation,
            state.invalidations,
            answer,
            now,
        );
        if kept.is_some() {
            state.generation = given.generation();
            self.publish(kept);
        }
    }

    /// Keeps a flight's answer if nothing newer is there, and returns what its waiters attach.
    fn keep(
        &self,
        state: &mut State,
        context: &Context,
        draw: f64,
        flight: &Flight,
        answer: Answer,
        now: Moment,
    ) -> Arc<Kept> {
        let working = self.kept().filter(|kept| kept.works(now));
        let Weighed { given, kept } = weigh(
            &context.schedule,
            draw,
            working.as_ref(),
            state.generation,
            state.invalidations,
            answer,
            now,
        );
        state.generation = state.generation.max(given.generation());
        let newest = flight.number() > state.settled;
        if newest {
            state.settled = flight.number();
            state.thrown_away = None;
        }
        match kept.filter(|_| newest) {
            Some(kept) => {
                let former = self.kept();
                let replaced = former.filter(|former| former.generation() != kept.generation());
                replaced.inspect(|former| state.rejections().replaced(former));
                self.publish(Some(kept));
            }
            // Those who waited for it have it all the same.
            None => state.rejections().replaced(&given),
        }
        given
    }
}
