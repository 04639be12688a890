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

impl Cell {
    /// Ends a flight: keeps what it brought, or closes the gate. Returns what those who wait are to be told.
    pub(crate) fn land(
        &self,
        context: &Context,
        flight: &Arc<Flight>,
        landing: Landing,
        now: Moment,
    ) -> Outcome {
        let mut state = lock(&self.state);
        let current = state
            .flight
            .take_if(|current| Arc::ptr_eq(current, flight))
            .is_some();
        match landing {
            Landing::Token(answer) => {
                state.gate.clear();
                Outcome::Token(self.publish(&mut state, context, flight, answer, now))
            }
            Landing::Failed(failure) if current => {
                let working_until = self
                    .kept
                    .load()
                    .as_ref()
                    .map(|kept| kept.expiry())
                    .filter(|end| now < *end);
                let started = flight.started().unwrap_or(now);
                Outcome::Failed(
                    state
                        .gate
                        .close(context, failure, started, working_until, now),
                )
            }
            // It was given up before, and whatever took its place will tell.
            Landing::Failed(failure) => Outcome::Failed(failure.error),
            Landing::HeldBack(error) => Outcome::Failed(error),
            Landing::Lost => Outcome::Lost,
        }
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
        let Weighed { kept, .. } = weigh(
            &context.schedule,
            context.draw(),
            None,
            state.generation,
            answer,
            now,
        );
        if let Some(kept) = kept {
            state.generation = kept.generation();
            self.kept.store(Some(kept));
        }
    }

    /// Keeps a flight's answer if nothing newer is there, and returns what its waiters attach.
    fn publish(
        &self,
        state: &mut State,
        context: &Context,
        flight: &Flight,
        answer: Answer,
        now: Moment,
    ) -> Arc<Kept> {
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
        if flight.number() > state.settled {
            state.settled = flight.number();
            if let Some(kept) = kept {
                state.generation = kept.generation();
                self.kept.store(Some(kept));
            }
        }
        given
    }
}
