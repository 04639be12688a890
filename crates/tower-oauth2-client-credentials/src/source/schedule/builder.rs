//! Changing the numbers of a schedule, one by one.

use std::{error::Error, fmt, time::Duration};

use super::{Ramp, Schedule};

/// Tokens live no longer, and sums of such durations do not overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Builds a [`Schedule`]; what contradicts itself is refused by [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
pub struct ScheduleBuilder {
    schedule: Schedule,
}

macro_rules! setters {
    ($($(#[$docs:meta])+ $name:ident: $type:ty => $($field:ident).+;)+) => {$(
        $(#[$docs])+
        pub fn $name(mut self, value: $type) -> Self {
            self.schedule.$($field).+ = value;
            self
        }
    )+};
}

impl ScheduleBuilder {
    pub(super) fn from(schedule: &Schedule) -> Self {
        Self {
            schedule: schedule.clone(),
        }
    }

    setters! {
        /// The lifetime of a token whose server does not tell (default 300 s): for one that documents another.
        assumed_lifetime: Duration => assumed_lifetime;
        /// The longest leeway before a token's end in which a newer one is preferred (default 30 s; never more than a quarter of the lifetime):
        /// longer for requests that are long on their way to whoever checks the token, or for clocks that go wrong by more.
        max_leeway: Duration => max_leeway;
        /// The part of a lifetime that a renewal is ahead of the end (default 0.2).
        lead_fraction: f64 => lead_fraction;
        /// The longest lead (default 15 min): longer where the server has outages that are longer, and tokens that outlive them.
        max_lead: Duration => max_lead;
        /// Whether the first token is renewed at a random time early in its life, so that replicas part (default true).
        first_early: bool => first_early;
        /// The shortest time between successful fetches (default 10 s; never more than a quarter of the lifetime): longer for a server that
        /// repeats one token until its end and counts who asks.
        min_interval: Duration => min_interval;
        /// Attempts of one token request (default 3).
        attempts: u32 => attempts;
        /// The limit of one attempt (default 6 s).
        attempt_timeout: Duration => attempt_timeout;
        /// The limit of one token request with all its attempts (default 20 s).
        flight_timeout: Duration => flight_timeout;
        /// The longest `Retry-After` that is obeyed (default 10 min): shorter where one careless answer must not silence a program for so long.
        max_retry_after: Duration => max_retry_after;
        /// How long a request without a token waits for one (default 10 s).
        wait_budget: Duration => wait_budget;
        /// How old a renewal may get while a request in the leeway waits for it (default 2 s): zero for requests that must not be late.
        leeway_wait: Duration => leeway_wait;
        /// How long a request waits for a trial after a failure that another request started (default 1 s): longer for a server that needs more
        /// than that for an answer.
        trial_wait: Duration => trial_wait;
        /// How many token requests one source has under way at a time (default 8).
        concurrent_fetches: usize => concurrent_fetches;
    }

    /// The delays between attempts of one token request: full jitter under a ceiling that doubles (default 200 ms to 5 s).
    pub fn backoff(mut self, first: Duration, ceiling: Duration) -> Self {
        self.schedule.backoff = Ramp { first, ceiling };
        self
    }

    /// The pauses after failed renewals while the old token still works, ±50 % (default 1 s doubling to 60 s). From the third pause at the
    /// ceiling on they are half of what the token has left to live, if that is longer, and five ceilings at most: a fleet that met
    /// a long outage does not come back in one minute.
    pub fn pause_while_usable(mut self, first: Duration, ceiling: Duration) -> Self {
        self.schedule.gate_usable = Ramp { first, ceiling };
        self
    }

    /// The pauses after failures that may pass by themselves, ±50 % (default 250 ms doubling to 30 s): a lower ceiling has a program
    /// whose server is back notice sooner, and the server have more of its replicas at once.
    pub fn pause_after_transient(mut self, first: Duration, ceiling: Duration) -> Self {
        self.schedule.gate_transient = Ramp { first, ceiling };
        self
    }

    /// The pauses after failures that need somebody to act, ±50 % (default 5 s doubling to 5 min).
    pub fn pause_after_terminal(mut self, first: Duration, ceiling: Duration) -> Self {
        self.schedule.gate_terminal = Ramp { first, ceiling };
        self
    }

    /// The pauses between token requests that are to replace refused tokens, while the new ones are refused too (default 10 s doubling
    /// to 5 min).
    pub fn pause_after_rejection(mut self, first: Duration, ceiling: Duration) -> Self {
        self.schedule.throttle = Ramp { first, ceiling };
        self
    }

    /// Checks the values against each other.
    ///
    /// # Errors
    ///
    /// A duration over ten years, a zero where there must be something, a fraction outside 0 to 1, a ceiling below its first value, or an attempt that
    /// is longer than the whole token request. A lead that is longer than a lifetime is no error: it is clamped for each token.
    pub fn build(self) -> Result<Schedule, ScheduleError> {
        let schedule = self.schedule;
        let error = |what| Err(ScheduleError { what });
        let durations = [
            schedule.assumed_lifetime,
            schedule.max_leeway,
            schedule.max_lead,
            schedule.min_interval,
            schedule.attempt_timeout,
            schedule.flight_timeout,
            schedule.backoff.ceiling,
            schedule.gate_usable.ceiling,
            schedule.gate_transient.ceiling,
            schedule.gate_terminal.ceiling,
            schedule.throttle.ceiling,
            schedule.max_retry_after,
            schedule.wait_budget,
            schedule.leeway_wait,
            schedule.trial_wait,
        ];
        if durations.into_iter().any(|duration| duration > LONGEST) {
            return error("no duration may be longer than ten years");
        }
        if !(0.0..=1.0).contains(&schedule.lead_fraction) {
            return error("lead_fraction must be from 0 to 1");
        }
        if schedule.attempts == 0 {
            return error("attempts must be at least 1");
        }
        if schedule.concurrent_fetches == 0 {
            return error("concurrent_fetches must be at least 1");
        }
        if schedule.attempt_timeout.is_zero() || schedule.attempt_timeout > schedule.flight_timeout
        {
            return error(
                "attempt_timeout must be more than zero and no longer than flight_timeout",
            );
        }
        if schedule.assumed_lifetime.is_zero() || schedule.wait_budget.is_zero() {
            return error("assumed_lifetime and wait_budget must be more than zero");
        }
        let ramps = [
            schedule.backoff,
            schedule.gate_usable,
            schedule.gate_transient,
            schedule.gate_terminal,
            schedule.throttle,
        ];
        if ramps
            .iter()
            .any(|ramp| ramp.first.is_zero() || ramp.first > ramp.ceiling)
        {
            return error("a pause or backoff must begin above zero and not above its ceiling");
        }
        Ok(schedule)
    }
}

/// A [`Schedule`] that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError {
    what: &'static str,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the schedule contradicts itself: {}", self.what)
    }
}

impl Error for ScheduleError {}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_schedule_that_contradicts_itself_is_refused() {
        for (builder, word) in [
            (Schedule::builder().attempts(0), "attempts"),
            (Schedule::builder().lead_fraction(1.5), "lead_fraction"),
            (Schedule::builder().lead_fraction(f64::NAN), "lead_fraction"),
            (
                Schedule::builder().concurrent_fetches(0),
                "concurrent_fetches",
            ),
            (
                Schedule::builder().attempt_timeout(secs(21)),
                "attempt_timeout",
            ),
            (
                Schedule::builder().wait_budget(Duration::ZERO),
                "wait_budget",
            ),
            (Schedule::builder().backoff(secs(2), secs(1)), "ceiling"),
            (Schedule::builder().wait_budget(Duration::MAX), "ten years"),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(Schedule::builder().build().unwrap(), Schedule::default());
    }

    /// Each number of the schedule is the user's to set, and none is set along with it.
    #[test]
    fn each_setting_sets_its_own_number() {
        type Set = fn(ScheduleBuilder) -> ScheduleBuilder;
        type Change = fn(&mut Schedule);
        const RAMP: Ramp = Ramp::new(3_000, 61_000);
        let rows: [(Set, Change); 19] = [
            (
                |to| to.assumed_lifetime(secs(61)),
                |of| of.assumed_lifetime = secs(61),
            ),
            (|to| to.max_leeway(secs(61)), |of| of.max_leeway = secs(61)),
            (|to| to.lead_fraction(0.61), |of| of.lead_fraction = 0.61),
            (|to| to.max_lead(secs(61)), |of| of.max_lead = secs(61)),
            (|to| to.first_early(false), |of| of.first_early = false),
            (
                |to| to.min_interval(secs(61)),
                |of| of.min_interval = secs(61),
            ),
            (|to| to.attempts(61), |of| of.attempts = 61),
            (
                |to| to.attempt_timeout(secs(7)),
                |of| of.attempt_timeout = secs(7),
            ),
            (
                |to| to.flight_timeout(secs(61)),
                |of| of.flight_timeout = secs(61),
            ),
            (
                |to| to.max_retry_after(secs(61)),
                |of| of.max_retry_after = secs(61),
            ),
            (
                |to| to.wait_budget(secs(61)),
                |of| of.wait_budget = secs(61),
            ),
            (
                |to| to.leeway_wait(secs(61)),
                |of| of.leeway_wait = secs(61),
            ),
            (|to| to.trial_wait(secs(61)), |of| of.trial_wait = secs(61)),
            (
                |to| to.concurrent_fetches(61),
                |of| of.concurrent_fetches = 61,
            ),
            (|to| to.backoff(secs(3), secs(61)), |of| of.backoff = RAMP),
            (
                |to| to.pause_while_usable(secs(3), secs(61)),
                |of| of.gate_usable = RAMP,
            ),
            (
                |to| to.pause_after_transient(secs(3), secs(61)),
                |of| of.gate_transient = RAMP,
            ),
            (
                |to| to.pause_after_terminal(secs(3), secs(61)),
                |of| of.gate_terminal = RAMP,
            ),
            (
                |to| to.pause_after_rejection(secs(3), secs(61)),
                |of| of.throttle = RAMP,
            ),
        ];
        for (place, (set, change)) in rows.into_iter().enumerate() {
            let mut expected = Schedule::default();
            change(&mut expected);
            assert_ne!(expected, Schedule::default(), "{place}");
            assert_eq!(
                set(Schedule::builder()).build().unwrap(),
                expected,
                "{place}"
            );
        }
    }
}
