//! After a failed flight: until when no other may start, and what those are told who meet the closed gate.

use super::schedule::{Schedule, Situation};
use crate::{clock::Moment, credential::Tried, error::TokenError};

/// The failures of one cell since its last success.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    failures: u32,
    /// In a box, for most gates never close.
    closed: Option<Box<Closed>>,
}

#[derive(Debug)]
struct Closed {
    until: Moment,
    /// Until when the server wants to be left alone: nothing opens the gate sooner.
    firm_until: Moment,
    /// There was a token that worked.
    while_usable: bool,
    tried: Option<Tried>,
    error: TokenError,
}

/// A flight that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: TokenError,
    /// The credential that it tried: another one opens the gate.
    pub(crate) tried: Option<Tried>,
    /// Until when the server wants to be left alone.
    pub(crate) retry_after: Option<Moment>,
}

/// When a flight began and ended, and until when there is a token that works all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flown {
    pub(crate) started: Moment,
    pub(crate) working_until: Option<Moment>,
    pub(crate) now: Moment,
}

impl Gate {
    /// Closes after a failed flight. Returns its error as those who waited are told.
    pub(crate) fn close(
        &mut self,
        schedule: &Schedule,
        draw: f64,
        failure: Failure,
        flown: Flown,
    ) -> TokenError {
        self.failures = self.failures.saturating_add(1);
        let Flown {
            started,
            working_until,
            now,
        } = flown;
        let situation = match working_until {
            Some(end) => Situation::Usable {
                left: end.since(now),
            },
            None if failure.error.is_transient() => Situation::Transient,
            None => Situation::Terminal,
        };
        let mut until = now + schedule.gate(situation, self.failures, now.since(started), draw);
        if let Some(end) = working_until {
            until = until.min(end);
        }
        let firm_until = failure.retry_after.unwrap_or_default();
        let closed = self.closed.insert(Box::new(Closed {
            until: until.max(firm_until),
            firm_until,
            while_usable: working_until.is_some(),
            tried: failure.tried,
            error: failure.error,
        }));
        closed.told(now)
    }

    /// The token that worked is gone: a pause that was meant for its renewal is over.
    pub(crate) fn token_is_gone(&mut self) {
        if self
            .closed
            .as_ref()
            .is_some_and(|closed| closed.while_usable)
        {
            self.open();
        }
    }

    /// Forgets all failures after a success, but for a pause that the server asked for and that is still in force.
    pub(crate) fn clear(&mut self, now: Moment) {
        self.failures = 0;
        self.open();
        self.closed.take_if(|closed| closed.firm_until <= now);
    }

    /// Opens now, unless the server said until when it stays closed.
    pub(crate) fn open(&mut self) {
        if let Some(closed) = &mut self.closed {
            closed.until = closed.firm_until;
        }
    }

    /// Whether a flight has failed since the last success.
    pub(crate) fn has_failures(&self) -> bool {
        self.failures > 0
    }

    /// Why no flight may start at `now`, if that is so. A new credential opens it.
    pub(crate) fn shut(&self, now: Moment) -> Option<TokenError> {
        let closed = self.closed.as_ref()?;
        (now < closed.until()).then(|| closed.told(now))
    }

    /// The last failure, as it is told at `now`; also after the gate has opened, for the next flight is a trial.
    pub(crate) fn last_error(&self, now: Moment) -> Option<TokenError> {
        let closed = self.closed.as_ref().filter(|_| self.has_failures())?;
        Some(closed.told(now))
    }
}

impl Closed {
    fn until(&self) -> Moment {
        match &self.tried {
            Some(tried) if tried.is_outdated() => self.firm_until,
            _ => self.until,
        }
    }

    fn told(&self, now: Moment) -> TokenError {
        self.error.retry_after(self.until().since(now))
    }
}
