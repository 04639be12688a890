//! One token: what a request does in each state.
//!
//! | state | the request |
//! |---|---|
//! | Empty | starts a flight and waits for it |
//! | Fresh | attaches the token |
//! | Due | attaches the token; one of all starts a flight that nobody waits for |
//! | Leeway | waits for a flight while it is young, then attaches the token that still works |
//! | Expired | as Empty |
//! | Gated: no working token, and the gate is closed | fails at once with the last error |
//!
//! Everything here is synchronous and is told the time. Fresh and Due take no lock that anybody else holds; the other states
//! take the cell's for a few comparisons. Nobody holds it while a token request is under way.

use std::{sync::Arc, time::Duration};

use oauth2_client_credentials::{TokenRequest, TokenResponse};

use super::{
    clock::Moment,
    context::Context,
    errors,
    flight::{Flight, Outcome},
    gate::{Failure, Gate},
    health::Health,
    token::{Answer, Kept, Phase, Weighed, weigh},
};
use crate::{
    error::TokenError,
    event::{Cause, Event},
    sync::{Mutex, Slot, lock},
};

/// One token and what happens to it.
#[derive(Debug)]
pub(crate) struct Cell {
    request: TokenRequest,
    kept: Slot<Kept>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    flight: Option<Arc<Flight>>,
    gate: Gate,
    /// How many flights were started: the number of the last one.
    flights: u64,
    /// The newest flight that must not be published over: whatever began before it comes too late.
    settled: u64,
    /// That of the newest token so far.
    generation: u64,
    closed: bool,
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
    pub(crate) fn new(request: TokenRequest) -> Self {
        Self {
            request,
            kept: Slot::new(None),
            state: Mutex::new(State::default()),
        }
    }

    pub(crate) fn request(&self) -> &TokenRequest {
        &self.request
    }

    /// Attaches the token, if this is a stretch of time in which nothing changes.
    #[inline]
    pub(crate) fn in_window<T>(
        &self,
        coarse_ms: u64,
        attach: impl FnOnce(&Kept) -> T,
    ) -> Option<T> {
        let kept = self.kept.load();
        let kept = kept.as_ref()?;
        kept.window.read().holds(coarse_ms).then(|| attach(kept))
    }

    /// The token, if it is Fresh or Due, and the renewal that this request was elected to launch.
    pub(crate) fn ready(
        &self,
        context: &Context,
        can_wait: bool,
    ) -> Option<(Arc<Kept>, Option<Arc<Flight>>)> {
        let kept = Arc::clone(self.kept.load().as_ref()?);
        let seen = kept.window.read();
        let coarse_ms = context.clock.coarse_ms();
        let now = context.clock.now();
        let phase = kept.phase(now);
        if !matches!(phase, Phase::Fresh | Phase::Due) {
            return None;
        }
        // One request opens the next window; if something is to be done in it, it is elected to do it.
        let elected = kept
            .window
            .open(seen, coarse_ms, kept.phase_ends(now).since(now));
        if phase == Phase::Fresh || !elected {
            return Some((kept, None));
        }
        context.observe(&Event::ServedDue);
        let renewal = if can_wait {
            self.try_renew(context, now)
        } else {
            None
        };
        Some((kept, renewal))
    }

    /// Starts a renewal, unless one is under way, the gate is closed, or somebody else is at the cell.
    fn try_renew(&self, context: &Context, now: Moment) -> Option<Arc<Flight>> {
        let mut state = self.state.try_lock().ok()?;
        let given_up = state.give_up(context, now);
        let due = state.flight.is_none() && !state.closed && state.shut(context, now).is_none();
        let launch = due.then(|| state.start(Cause::Renewal));
        drop(state);
        tell_lost(given_up);
        launch
    }

    /// What a request does now, whatever the state. `can_wait`: it has a runtime, for a flight and for timers.
    pub(crate) fn decide(&self, context: &Context, can_wait: bool, now: Moment) -> Decision {
        let mut state = lock(&self.state);
        let given_up = state.give_up(context, now);
        let kept = self.kept.load().clone();
        let decision = match kept.as_ref().map(|kept| (kept, kept.phase(now))) {
            _ if state.closed => Decision::Fail(errors::closed()),
            Some((kept, Phase::Fresh | Phase::Due)) => Decision::Attach(Arc::clone(kept)),
            Some((kept, Phase::Leeway)) => state.in_leeway(context, can_wait, kept, now),
            Some((kept, Phase::Expired)) => {
                // A wall clock that is set back must not find its way into an old window.
                kept.window.close();
                state.without_token(context, can_wait, Cause::Expired, now)
            }
            None => state.without_token(context, can_wait, Cause::Empty, now),
        };
        drop(state);
        tell_lost(given_up);
        decision
    }

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

    /// Whether `kept` is still what the cell keeps, and works.
    pub(crate) fn keeps(&self, kept: &Arc<Kept>, now: Moment) -> bool {
        let current = self.kept.load();
        !kept.is_expired(now)
            && current
                .as_ref()
                .is_some_and(|current| Arc::ptr_eq(current, kept))
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

    pub(crate) fn invalidate(&self) {
        let mut state = lock(&self.state);
        // What is under way began before: its token is for those who wait for it.
        state.settled = state.flights;
        self.kept.store(None);
    }

    pub(crate) fn retry_now(&self) {
        lock(&self.state).gate.open();
    }

    pub(crate) fn close(&self) -> Option<Arc<Kept>> {
        let mut state = lock(&self.state);
        state.closed = true;
        state.settled = u64::MAX;
        let kept = self.kept.load().clone();
        self.kept.store(None);
        drop(state);
        self.abandon();
        kept
    }

    /// Stops what is under way.
    pub(crate) fn abandon(&self) {
        let flight = lock(&self.state).flight.clone();
        if let Some(flight) = flight {
            flight.abort();
        }
    }

    pub(crate) fn health(&self, context: &Context) -> Health {
        let now = context.clock.now();
        let state = lock(&self.state);
        let kept = self.kept.load().clone();
        let last_error = state
            .gate
            .last_error(now)
            .or_else(|| context.governor.paused(now));
        Health::new(kept.as_deref(), state.shut(context, now), last_error, now)
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

impl State {
    fn start(&mut self, cause: Cause) -> Arc<Flight> {
        self.flights += 1;
        Arc::clone(self.flight.insert(Flight::new(self.flights, cause)))
    }

    /// Takes out a flight that should have ended long ago: its runtime stands still.
    fn give_up(&mut self, context: &Context, now: Moment) -> Option<Arc<Flight>> {
        self.flight.take_if(|flight| {
            flight
                .started()
                .is_some_and(|started| context.schedule.stands_still(now.since(started)))
        })
    }

    /// Why no flight may start now.
    fn shut(&self, context: &Context, now: Moment) -> Option<TokenError> {
        self.gate
            .shut(context.credential_version(), now)
            .or_else(|| context.governor.paused(now))
    }

    fn in_leeway(
        &mut self,
        context: &Context,
        can_wait: bool,
        kept: &Arc<Kept>,
        now: Moment,
    ) -> Decision {
        let (flight, launch) = match &self.flight {
            Some(flight) if can_wait => (Arc::clone(flight), false),
            None if can_wait && self.shut(context, now).is_none() => {
                (self.start(Cause::Renewal), true)
            }
            _ => return Decision::AttachInLeeway(Arc::clone(kept)),
        };
        let age = flight
            .started()
            .map_or(Duration::ZERO, |started| now.since(started));
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

    fn without_token(
        &mut self,
        context: &Context,
        can_wait: bool,
        cause: Cause,
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
            None => (self.start(cause), true),
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

/// Lets those who wait for a flight that was given up look for another.
fn tell_lost(given_up: Option<Arc<Flight>>) {
    if let Some(flight) = given_up {
        flight.land(Outcome::Lost);
    }
}
