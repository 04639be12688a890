//! One token: what a request does in each state.
//!
//! | state | the request |
//! |---|---|
//! | Empty | starts a flight and waits for it |
//! | Fresh | attaches the token |
//! | Due | attaches the token; one of all starts a flight that nobody waits for |
//! | Leeway | waits for a flight while it is young, then attaches the token that still works |
//! | Expired | as Empty |
//! | Rejected: a resource server refused the token | as Empty; until the throttle lets a forced flight start, attaches it |
//! | Gated: no working token, and the gate is closed | fails at once with the last error |
//!
//! Everything here is synchronous and is told the time. Fresh and Due take no lock that anybody else holds; the other states
//! take the cell's for a few comparisons. Nobody holds it while a token request is under way.

use std::{
    sync::{Arc, atomic},
    time::Duration,
};

use http::HeaderValue;
use oauth2_client_credentials::TokenRequest;

use super::{
    context::Context,
    errors,
    flight::{Flight, Outcome},
    health::Health,
    held, registry,
    sent::{CellId, Sent},
    state::{Decision, State},
    token::{Kept, Phase},
};
use crate::{
    clock::Moment,
    error::TokenError,
    event::{Cause, Verdict},
    sync::{AtomicU64, Mutex, Ordering, Slot, lock, try_lock},
};

/// One token and what happens to it.
#[derive(Debug)]
pub(crate) struct Cell {
    id: CellId,
    request: TokenRequest,
    /// When a request last looked at it, in milliseconds, to within the length of a window.
    used: AtomicU64,
    kept: Slot<Kept>,
    pub(super) state: Mutex<State>,
}

/// The one of all requests in a window of Due that tells of it, and launches the renewal if one may start.
#[derive(Debug)]
pub(crate) struct Elected {
    pub(crate) renewal: Option<Arc<Flight>>,
}

impl Cell {
    pub(crate) fn new(request: TokenRequest) -> Self {
        static NEXT: atomic::AtomicU64 = atomic::AtomicU64::new(1);
        let id = NEXT.fetch_add(1, atomic::Ordering::Relaxed);
        Self {
            id: CellId::new(id).expect("no process makes 2^64 cells"),
            request,
            used: AtomicU64::new(0),
            kept: Slot::new(None),
            state: Mutex::new(State::default()),
        }
    }

    pub(crate) fn request(&self) -> &TokenRequest {
        &self.request
    }

    #[inline]
    pub(crate) fn id(&self) -> CellId {
        self.id
    }

    /// What a request remembers that carries this token of it.
    #[inline]
    pub(crate) fn sent(&self, kept: &Kept) -> Sent {
        Sent {
            cell: self.id,
            generation: kept.generation(),
        }
    }

    /// When a request last looked at it.
    pub(crate) fn used(&self) -> Moment {
        Moment::default() + Duration::from_millis(self.used.load(Ordering::Relaxed))
    }

    pub(crate) fn note_use(&self, now: Moment) {
        let ms = now.since(Moment::default()).as_millis() as u64;
        self.used.fetch_max(ms, Ordering::Relaxed);
    }

    /// The header of the token, if this is a stretch of time in which nothing changes for a request.
    pub(crate) fn header_in_window(&self, coarse_ms: u64) -> Option<(HeaderValue, Sent)> {
        held::with_header(self.id, coarse_ms, |header, sent| {
            Some((header.clone(), sent))
        })
        .or_else(|| self.shared_header(coarse_ms, true))
    }

    /// The same for a request that named its own: a thread has too many of those to hold them.
    pub(crate) fn shared_header(
        &self,
        coarse_ms: u64,
        may_hold: bool,
    ) -> Option<(HeaderValue, Sent)> {
        let kept = self.kept.load();
        let kept = kept.as_ref()?;
        if !kept.window.read().holds(coarse_ms) {
            return None;
        }
        let (header, sent) = (kept.header()?, self.sent(kept));
        if may_hold {
            held::hold(kept, header, sent, coarse_ms);
        }
        Some((header.clone(), sent))
    }

    /// The token that there is, whether it works or not.
    pub(super) fn kept(&self) -> Option<Arc<Kept>> {
        self.kept.load().clone()
    }

    /// Takes another token, or none, in the place of the one there was, which nobody attaches any more that did not look before.
    pub(super) fn publish(&self, kept: Option<Arc<Kept>>) {
        let current = kept.as_ref().map(Arc::as_ptr);
        let former = self.kept.swap(kept);
        if let Some(former) = former.filter(|former| Some(Arc::as_ptr(former)) != current) {
            former.window.seal();
        }
    }

    /// The token, if it is Fresh or Due, and what this request was elected for.
    pub(crate) fn ready(
        &self,
        context: &Context,
        can_wait: bool,
    ) -> Option<(Arc<Kept>, Option<Elected>)> {
        let kept = self.kept()?;
        let seen = kept.window.read();
        let coarse_ms = context.clock.coarse_ms();
        if seen.holds(coarse_ms) {
            return Some((kept, None));
        }
        let now = context.clock.now();
        self.note_use(now);
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
        let renewal = if can_wait {
            self.try_renew(context, &kept, now)
        } else {
            None
        };
        Some((kept, Some(Elected { renewal })))
    }

    /// Starts a renewal, unless one is under way, the gate is closed, or somebody else is at the cell.
    fn try_renew(&self, context: &Context, kept: &Kept, now: Moment) -> Option<Arc<Flight>> {
        let mut state = try_lock(&self.state)?;
        let given_up = state.give_up(context, now);
        let due = state.flight.is_none() && !state.closed && state.shut(context, now).is_none();
        let launch = due.then(|| state.start(Cause::Renewal, Some(kept)));
        drop(state);
        tell_lost(given_up);
        launch
    }

    /// What a request does now, whatever the state. `can_wait`: it has a runtime, for a flight and for timers.
    pub(crate) fn decide(&self, context: &Context, can_wait: bool, now: Moment) -> Decision {
        self.note_use(now);
        let mut state = lock(&self.state);
        let given_up = state.give_up(context, now);
        let kept = self.kept();
        let decision = match kept.as_ref().map(|kept| (kept, kept.phase(now))) {
            _ if state.closed => Decision::Fail(errors::closed()),
            Some((kept, Phase::Fresh | Phase::Due)) => Decision::Attach(Arc::clone(kept)),
            Some((kept, Phase::Leeway)) => state.in_leeway(context, can_wait, kept, now),
            Some((kept, Phase::Expired)) => {
                // A wall clock that is set back must not find its way into an old window.
                kept.window.seal();
                state.without_token(context, can_wait, Cause::Expired, None, now)
            }
            Some((kept, Phase::Rejected)) => {
                state.without_token(context, can_wait, Cause::Rejection, Some(kept), now)
            }
            None => state.without_token(context, can_wait, Cause::Empty, None, now),
        };
        drop(state);
        tell_lost(given_up);
        decision
    }

    /// What follows from the refusal of the token of this generation, and the forced flight that is to be launched.
    pub(crate) fn reject(
        &self,
        context: &Context,
        generation: u64,
        can_launch: bool,
        now: Moment,
    ) -> (Verdict, Option<Arc<Flight>>) {
        let schedule = &context.schedule;
        let mut state = lock(&self.state);
        let given_up = state.give_up(context, now);
        let mut launch = None;
        let current = self.kept();
        let refused = if (1..=state.generation).contains(&generation) {
            let current = current.as_deref();
            state
                .rejections()
                .refuse(schedule, generation, current, now)
        } else {
            None
        };
        let current = current.filter(|kept| {
            // An older one may have been given again before it was refused.
            let same = kept.generation() == generation || refused == Some(kept.digest());
            same && !kept.is_expired(now)
        });
        let verdict = match current {
            None => Verdict::Outdated,
            Some(kept) => {
                let first = kept.refused_from().is_none();
                let next = state.rejections().next(schedule);
                // At once is at any time: others may have read the clock a little before, and come after.
                let at_once = (next <= now).then(Moment::default);
                let from = kept.refused_from().or(at_once).unwrap_or(next);
                if first {
                    state.refused = kept.generation();
                    self.publish(Some(Arc::new(kept.refused(from))));
                }
                let forced = from <= now;
                // Only the first of all refusals starts it; should it fail, the next request makes the trial.
                if first && forced && can_launch && state.flight.is_none() {
                    let open = state.shut(context, now).is_none();
                    launch = open.then(|| state.start(Cause::Rejection, Some(&kept)));
                }
                if forced {
                    Verdict::Forced
                } else {
                    Verdict::Throttled
                }
            }
        };
        drop(state);
        tell_lost(given_up);
        (verdict, launch)
    }

    pub(crate) fn invalidate(&self) {
        let mut state = lock(&self.state);
        if let Some(kept) = self.kept.load().as_ref() {
            state.thrown_away = Some(kept.digest());
            state.rejections().replaced(kept);
        }
        // What is under way began before: its token is for those who wait for it.
        state.settled = state.flights;
        state.invalidations += 1;
        self.publish(None);
        state.gate.token_is_gone();
    }

    /// How often the token was invalidated.
    pub(crate) fn invalidations(&self) -> u64 {
        lock(&self.state).invalidations
    }

    /// Whether a token that was taken from here before may still be attached.
    pub(crate) fn may_still_attach(&self, kept: &Kept, now: Moment) -> bool {
        let state = lock(&self.state);
        let current = self.kept.load();
        // The newest copy of a token knows whether it was refused.
        let copy = current
            .as_ref()
            .filter(|current| current.generation() == kept.generation());
        kept.epoch() == state.invalidations
            && kept.works(now)
            && copy.map_or_else(|| kept.generation() > state.refused, |copy| copy.works(now))
    }

    /// What the last attempt failed with of the flight that is under way.
    pub(crate) fn last_attempt_error(&self) -> Option<TokenError> {
        let flight = lock(&self.state).flight.clone()?;
        flight.last_error()
    }

    pub(crate) fn retry_now(&self) {
        lock(&self.state).gate.open();
    }

    pub(crate) fn close(&self) -> Option<Arc<Kept>> {
        let mut state = lock(&self.state);
        state.closed = true;
        state.settled = u64::MAX;
        state.invalidations += 1;
        let kept = self.kept();
        self.publish(None);
        kept
    }

    #[cfg(all(test, not(loom_models)))]
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    pub(crate) fn health(&self, context: &Context) -> Health {
        let now = context.clock.now();
        let state = lock(&self.state);
        let kept = self.kept();
        let last_error = state
            .gate
            .last_error(now)
            .or_else(|| context.governor.paused(now));
        let shut = state.shut(context, now);
        Health::new(kept.as_deref(), shut, last_error, state.closed, now)
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        registry::remove(self);
    }
}

/// Lets those who wait for a flight that was given up look for another.
fn tell_lost(given_up: Option<Arc<Flight>>) {
    if let Some(flight) = given_up {
        flight.land(Outcome::Lost);
    }
}
