//! What a cell knows under its lock, and what follows from it for a request that cannot simply attach a token.

use std::{sync::Arc, time::Duration};

use oauth2_client_credentials::TokenResponse;

use super::{
    context::Context, errors, flight::Flight, gate::Gate, rejection::Rejections, token::Kept,
};
use crate::{
    clock::Moment,
    error::TokenError,
    event::Cause,
    fetch::{InsteadOf, TokenDigest},
};

/// What changes in a cell besides its token.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) flight: Option<Arc<Flight>>,
    pub(super) gate: Gate,
    /// How many flights were started: the number of the last one.
    pub(super) flights: u64,
    /// The newest flight that must not be published over: whatever began before it comes too late.
    pub(super) settled: u64,
    /// That of the newest token so far.
    pub(super) generation: u64,
    pub(super) invalidations: u64,
    /// In a box, for most cells never replace a token.
    rejections: Option<Box<Rejections>>,
    /// The generation of the newest token that was refused; 0 for none.
    pub(super) refused: u64,
    /// What was thrown away since the last token came, or came though it was refused: a cache below must not bring it back.
    pub(super) thrown_away: Option<TokenDigest>,
    pub(super) closed: bool,
}

/// What a request does.
#[derive(Debug)]
pub(crate) enum Decision {
    Attach(Arc<Kept>),
    /// The same, for want of a newer one.
    AttachInLeeway(Arc<Kept>),
    /// Launches the flight if it is new, and waits for it.
    Wait {
        flight: Arc<Flight>,
        launch: bool,
        patience: Patience,
    },
    Fail(TokenError),
}

/// How long a request waits for a flight, and what it does when that was not enough.
#[derive(Clone, Debug)]
pub(crate) enum Patience {
    /// As long as the wait budget lasts.
    Budget,
    /// A moment: the flight before this one failed, and its error is likely this one's too.
    Trial(TokenError),
    /// While the flight is young: there is a token that still works.
    Leeway(Arc<Kept>, Duration),
}

impl State {
    /// What is remembered of tokens that were refused or replaced, from now on if not before.
    pub(super) fn rejections(&mut self) -> &mut Rejections {
        self.rejections.get_or_insert_default()
    }

    /// Whether this is a token that was refused before.
    pub(super) fn knows_refused(&self, response: &TokenResponse, now: Moment) -> bool {
        let rejections = self.rejections.as_ref();
        rejections.is_some_and(|rejections| rejections.knows(response, now))
    }

    /// A flight for a cell that has this token.
    pub(super) fn start(&mut self, cause: Cause, kept: Option<&Kept>) -> Arc<Flight> {
        let instead_of = match (self.thrown_away, kept) {
            (Some(digest), _) => Some(InsteadOf::Rejection(digest)),
            (None, Some(kept)) if kept.refused_from().is_none() && cause == Cause::Renewal => {
                Some(InsteadOf::Renewal(kept.digest()))
            }
            (None, kept) => kept.map(|kept| InsteadOf::Rejection(kept.digest())),
        };
        self.flights += 1;
        let flight = Flight::new(self.flights, cause, instead_of);
        Arc::clone(self.flight.insert(flight))
    }

    /// Takes out a flight that should have ended long ago: its runtime stands still.
    pub(super) fn give_up(&mut self, context: &Context, now: Moment) -> Option<Arc<Flight>> {
        self.flight.take_if(|flight| {
            flight
                .started()
                .is_some_and(|started| context.schedule.stands_still(now.since(started)))
        })
    }

    /// Why no flight may start now.
    pub(super) fn shut(&self, context: &Context, now: Moment) -> Option<TokenError> {
        self.gate.shut(now).or_else(|| context.governor.paused(now))
    }

    pub(super) fn in_leeway(
        &mut self,
        context: &Context,
        can_wait: bool,
        kept: &Arc<Kept>,
        now: Moment,
    ) -> Decision {
        let (flight, launch) = match &self.flight {
            Some(flight) if can_wait => (Arc::clone(flight), false),
            None if can_wait && self.shut(context, now).is_none() => {
                (self.start(Cause::Renewal, Some(kept)), true)
            }
            _ => return Decision::AttachInLeeway(Arc::clone(kept)),
        };
        let age = flight
            .started()
            .map_or(Duration::ZERO, |started| now.since(started));
        // Perhaps to its very end. It is looked at again then, and not attached: who waited goes on as one without a token.
        let patience = context.schedule.leeway_wait(age).min(kept.left(now));
        if patience.is_zero() && !launch {
            return Decision::AttachInLeeway(Arc::clone(kept));
        }
        Decision::Wait {
            flight,
            launch,
            patience: Patience::Leeway(Arc::clone(kept), patience),
        }
    }

    pub(super) fn without_token(
        &mut self,
        context: &Context,
        can_wait: bool,
        cause: Cause,
        kept: Option<&Kept>,
        now: Moment,
    ) -> Decision {
        if self.flight.is_none()
            && let Some(error) = self.shut(context, now)
        {
            return Decision::Fail(error);
        }
        if !can_wait {
            return Decision::Fail(errors::no_runtime());
        }
        let (flight, launch) = match &self.flight {
            Some(flight) => (Arc::clone(flight), false),
            None => (self.start(cause, kept), true),
        };
        let patience = match self.gate.last_error(now) {
            Some(error) if !launch => Patience::Trial(error),
            _ => Patience::Budget,
        };
        Decision::Wait {
            flight,
            launch,
            patience,
        }
    }
}
