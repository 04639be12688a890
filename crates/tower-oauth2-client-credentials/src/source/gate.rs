//! After a failed flight: until when no other may start, and what those are told who meet the closed gate.

use super::{clock::Moment, context::Context, schedule::Situation};
use crate::error::TokenError;

/// The failures of one cell since its last success.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    failures: u32,
    closed: Option<Closed>,
}

#[derive(Debug)]
struct Closed {
    until: Moment,
    /// The server said until when: nothing opens the gate sooner.
    firm: bool,
    credential_version: u64,
    error: TokenError,
}

/// A flight that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: TokenError,
    /// The version of the credential that it tried.
    pub(crate) credential_version: u64,
    /// Until when the server wants to be left alone.
    pub(crate) retry_after: Option<Moment>,
}

impl Gate {
    /// Closes after a failed flight that began at `started`. `working_until` is the end of a token that still works.
    pub(crate) fn close(
        &mut self,
        context: &Context,
        failure: Failure,
        started: Moment,
        working_until: Option<Moment>,
        now: Moment,
    ) -> TokenError {
        self.failures = self.failures.saturating_add(1);
        let situation = match working_until {
            Some(_) => Situation::Usable,
            None if failure.error.is_transient() => Situation::Transient,
            None => Situation::Terminal,
        };
        let mut until = now
            + context
                .schedule
                .gate(situation, self.failures, now.since(started), context.draw());
        if let Some(end) = working_until {
            until = until.min(end);
        }
        let firm = failure.retry_after.is_some_and(|asked| asked > now);
        let until = until.max(failure.retry_after.unwrap_or(until));
        let error = failure.error.retry_after(until.since(now));
        self.closed = Some(Closed {
            until,
            firm,
            credential_version: failure.credential_version,
            error: error.clone(),
        });
        error
    }

    /// Forgets all failures.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Opens now, unless the server said until when it stays closed.
    pub(crate) fn open(&mut self) {
        if let Some(closed) = self.closed.as_mut().filter(|closed| !closed.firm) {
            closed.until = Moment::default();
        }
    }

    /// Why no flight may start at `now`, if that is so. A new credential opens it.
    pub(crate) fn shut(&self, credential_version: u64, now: Moment) -> Option<TokenError> {
        let closed = self.closed.as_ref()?;
        let outdated = !closed.firm && closed.credential_version != credential_version;
        (now < closed.until && !outdated).then(|| closed.told(now))
    }

    /// The last failure, as it is told at `now`; also after the gate has opened, for the next flight is a trial.
    pub(crate) fn last_error(&self, now: Moment) -> Option<TokenError> {
        self.closed.as_ref().map(|closed| closed.told(now))
    }
}

impl Closed {
    fn told(&self, now: Moment) -> TokenError {
        self.error.retry_after(self.until.since(now))
    }
}
