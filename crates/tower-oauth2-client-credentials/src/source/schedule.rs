//! When to renew a token, when to try again, when to give up: pure functions over time, draws and history.
//!
//! Nothing here reads a clock or a random number, so that every rule is a row of a table test. A *draw* is a number from
//! 0 to 1; wherever one is taken, a larger draw is further from the token's end, or later.

mod builder;

pub(crate) use builder::LONGEST;
pub use builder::{ScheduleBuilder, ScheduleError};

use std::time::Duration;

/// When tokens are renewed, how failures are repeated and how long anybody waits. Durations throughout.
///
/// The default needs no thought. What it promises for a token that lives for `L`:
///
/// | what | default | why |
/// |---|---|---|
/// | assumed lifetime, if the server gives none | 300 s | short enough that a wrong guess does little harm |
/// | leeway `H` | min(30 s, L/4) | a fixed minute would refetch short tokens on every call |
/// | lead `R` | L/5, at least 2 H, at most 15 min | how long an outage of the server goes unnoticed |
/// | renewed | R to 1.5 R before the end, drawn once per token | replicas drift apart, and stay apart |
/// | the first token | anywhere from 0.3 L to R before the end | replicas that start together part at once |
/// | between successful fetches | at least min(10 s, L/4) | some servers repeat a token until it ends |
/// | one token request | 3 attempts of 6 s, 20 s in all | outlives a lost packet, not an outage |
/// | between tokens that replace refused ones | 10 s doubling to 5 min, the first at once | a resource server that refuses everything must not cost a token request for each answer |
/// | a caller waits | at most 10 s | a request that waits longer has been given up by its own caller |
///
/// ```
/// use std::time::Duration;
/// use tower_oauth2_client_credentials::Schedule;
///
/// let schedule = Schedule::builder()
///     .wait_budget(Duration::from_secs(3))
///     .max_lead(Duration::from_secs(5 * 60))
///     .build()?;
/// # Ok::<(), tower_oauth2_client_credentials::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    assumed_lifetime: Duration,
    max_leeway: Duration,
    lead_fraction: f64,
    max_lead: Duration,
    first_early: bool,
    min_interval: Duration,
    attempts: u32,
    attempt_timeout: Duration,
    flight_timeout: Duration,
    backoff: Ramp,
    gate_usable: Ramp,
    gate_transient: Ramp,
    gate_terminal: Ramp,
    throttle: Ramp,
    max_retry_after: Duration,
    wait_budget: Duration,
    leeway_wait: Duration,
    trial_wait: Duration,
    concurrent_fetches: usize,
}

/// A delay that doubles from `first` up to `ceiling`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ramp {
    first: Duration,
    ceiling: Duration,
}

/// So many pauses at the ceiling are made before they grow with what the token has left.
const LONG_OUTAGE: u32 = 2;
/// They grow to so many times the ceiling: the five minutes of the pauses after a failure that somebody has to act on.
const LONGEST_PAUSE: u32 = 5;

/// What the cell could still offer when a flight failed; it decides how soon the next one may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Situation {
    /// A token that works is there, for so long: nobody waits for the next flight.
    Usable { left: Duration },
    /// No token, and the failure may pass by itself.
    Transient,
    /// No token, and the same request would be refused again.
    Terminal,
}

/// The instants of one token's life, counted from the moment its request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// From here on one request starts a renewal in the background.
    pub(crate) refresh_at: Duration,
    /// From here on a new token is preferred, but this one still works.
    pub(crate) prefer_until: Duration,
    /// From here on the token is not attached.
    pub(crate) expiry: Duration,
}

impl Ramp {
    const fn new(first_ms: u64, ceiling_ms: u64) -> Self {
        Self {
            first: Duration::from_millis(first_ms),
            ceiling: Duration::from_millis(ceiling_ms),
        }
    }

    /// The value at step 0, 1, 2, …
    fn at(self, step: u32) -> Duration {
        // 2^31 times the shortest useful delay is past every ceiling.
        self.first
            .saturating_mul(1 << step.min(31))
            .min(self.ceiling)
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            assumed_lifetime: Duration::from_secs(300),
            max_leeway: Duration::from_secs(30),
            lead_fraction: 0.2,
            max_lead: Duration::from_secs(15 * 60),
            first_early: true,
            min_interval: Duration::from_secs(10),
            attempts: 3,
            attempt_timeout: Duration::from_secs(6),
            flight_timeout: Duration::from_secs(20),
            backoff: Ramp::new(200, 5_000),
            gate_usable: Ramp::new(1_000, 60_000),
            gate_transient: Ramp::new(250, 30_000),
            gate_terminal: Ramp::new(5_000, 300_000),
            throttle: Ramp::new(10_000, 300_000),
            max_retry_after: Duration::from_secs(10 * 60),
            wait_budget: Duration::from_secs(10),
            leeway_wait: Duration::from_secs(2),
            trial_wait: Duration::from_secs(1),
            concurrent_fetches: 8,
        }
    }
}

impl Schedule {
    /// The defaults, to be changed one by one.
    pub fn builder() -> ScheduleBuilder {
        Self::default().to_builder()
    }

    /// These numbers, to be changed one by one.
    pub fn to_builder(&self) -> ScheduleBuilder {
        ScheduleBuilder::from(self)
    }

    /// For providers that bill or cap token requests: a token is renewed as late as is safe (two leeways ahead), the first
    /// one like any other. An outage of the server is noticed sooner for it.
    #[must_use]
    pub fn economy() -> Self {
        Self {
            lead_fraction: 0.0,
            first_early: false,
            ..Self::default()
        }
    }

    /// The leeway `H` for a lifetime.
    fn leeway(&self, lifetime: Duration) -> Duration {
        self.max_leeway.min(lifetime / 4)
    }

    /// The lead `R` for a lifetime: never longer than the lifetime, so that a renewal cannot be due before its token is there.
    fn lead(&self, lifetime: Duration) -> Duration {
        let least = self.leeway(lifetime) * 2;
        lifetime
            .mul_f64(self.lead_fraction)
            .min(self.max_lead)
            .max(least)
            .min(lifetime)
    }

    /// The lifetime to reckon with, where the server gave `expires_in` or nothing.
    pub(crate) fn lifetime(&self, expires_in: Option<Duration>) -> Duration {
        expires_in.unwrap_or(self.assumed_lifetime)
    }

    /// The shortest time from the sending of one successful fetch to the next, while a token is usable.
    pub(crate) fn interval(&self, lifetime: Duration) -> Duration {
        self.min_interval.min(lifetime / 4)
    }

    /// The times of a new token. `first` is the first token that a cell ever had.
    pub(crate) fn times(
        &self,
        lifetime: Duration,
        refresh_in: Option<Duration>,
        first: bool,
        draw: f64,
    ) -> Times {
        let lead = self.lead(lifetime);
        let mut refresh_at = if first && self.first_early {
            let latest = lifetime - lead;
            latest - latest.saturating_sub(lifetime.mul_f64(0.3)).mul_f64(draw)
        } else {
            lifetime.saturating_sub(lead.mul_f64(1.0 + draw / 2.0))
        };
        if let Some(hint) = refresh_in {
            refresh_at = refresh_at.min(hint.mul_f64(1.0 - draw / 10.0));
        }
        Times {
            refresh_at: refresh_at.max(self.interval(lifetime)),
            prefer_until: lifetime - self.leeway(lifetime),
            expiry: lifetime,
        }
    }

    /// How long to sleep between attempts of one flight; `failed` counts those that failed, from 1.
    pub(crate) fn backoff(&self, failed: u32, draw: f64) -> Duration {
        self.backoff.at(failed - 1).mul_f64(draw)
    }

    /// How long the gate stays closed after the `failures`th failed flight in a row, counted from 1, which took `took`; a
    /// sleep of the machine does not count.
    pub(crate) fn gate(
        &self,
        situation: Situation,
        failures: u32,
        took: Duration,
        draw: f64,
    ) -> Duration {
        let step = failures - 1;
        let pause = match situation {
            Situation::Usable { left } => self.gate_usable(step, left),
            Situation::Transient => self.gate_transient.at(step),
            Situation::Terminal => self.gate_terminal.at(step),
        };
        pause.mul_f64(0.5 + draw).max(took.min(self.flight_timeout))
    }

    /// While a token has `left` to live. An outage that outlasts two pauses at the ceiling is a long one, and after it all who met it
    /// would come back within the same minute: from then on they part by what their tokens have left.
    fn gate_usable(&self, step: u32, left: Duration) -> Duration {
        let Ramp { ceiling, .. } = self.gate_usable;
        let is_long = step
            .checked_sub(LONG_OUTAGE)
            .is_some_and(|before| self.gate_usable.at(before) == ceiling);
        if is_long {
            (left / 2).clamp(ceiling, ceiling.saturating_mul(LONGEST_PAUSE))
        } else {
            self.gate_usable.at(step)
        }
    }

    /// How long after the start of the last forced flight the next one may start, if the tokens of `forced` of them were refused.
    pub(crate) fn throttle(&self, forced: u32) -> Duration {
        match forced.checked_sub(1) {
            Some(step) => self.throttle.at(step),
            None => Duration::ZERO,
        }
    }

    /// What the server asked for, but no longer than we are ready to obey.
    pub(crate) fn retry_after(&self, asked: Duration) -> Duration {
        asked.min(self.max_retry_after)
    }

    /// Whether a flight that is `age` old can sleep for `sleep` and still end one whole attempt within its time.
    pub(crate) fn fits(&self, age: Duration, sleep: Duration) -> bool {
        age + sleep + self.attempt_timeout <= self.flight_timeout
    }

    /// How long one token request may take with all its attempts.
    pub(crate) fn flight_timeout(&self) -> Duration {
        self.flight_timeout
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long an attempt may take in a flight that is `age` old; zero if there is no time for one.
    pub(crate) fn attempt_timeout(&self, age: Duration) -> Duration {
        self.attempt_timeout
            .min(self.flight_timeout.saturating_sub(age))
    }

    /// Whether a flight that is `age` old should have ended by itself: whatever runs it stands still.
    pub(crate) fn stands_still(&self, age: Duration) -> bool {
        age > self.flight_timeout
    }

    pub(crate) fn wait_budget(&self) -> Duration {
        self.wait_budget
    }

    pub(crate) fn trial_wait(&self) -> Duration {
        self.trial_wait
    }

    /// How much longer a request with a working token waits for a flight that is `age` old.
    pub(crate) fn leeway_wait(&self, age: Duration) -> Duration {
        self.leeway_wait.saturating_sub(age)
    }

    pub(crate) fn concurrent_fetches(&self) -> usize {
        self.concurrent_fetches
    }
}

#[cfg(test)]
mod tests;
