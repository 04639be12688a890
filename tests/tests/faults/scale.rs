//! How long everything takes: as it is by default for the report, and short for a quick look.

use std::{env, time::Duration};

use tower_oauth2_client_credentials::{BoxError, Schedule};

/// The file that the table goes to; if it is set, times are those of the report.
pub(crate) const REPORT: &str = "FAULTS_REPORT";

/// Times of a run. Those of the schedule are repeated here, for what it promises.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    pub(crate) is_short: bool,
    /// Of tokens.
    pub(crate) lifetime: Duration,
    /// Traffic before the fault.
    pub(crate) before: Duration,
    pub(crate) fault: Duration,
    /// Traffic after the first request that is served again.
    pub(crate) after: Duration,
    pub(crate) per_second: u32,
    pub(crate) attempt: Duration,
    pub(crate) flight: Duration,
    pub(crate) budget: Duration,
    pub(crate) terminal: [Duration; 2],
}

impl Scale {
    pub(crate) fn from_environment() -> Self {
        Self::new(env::var_os(REPORT).is_none())
    }

    pub(crate) fn new(is_short: bool) -> Self {
        let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
        match is_short {
            true => Self {
                is_short,
                lifetime: seconds(2),
                before: seconds(1),
                fault: seconds(4),
                after: millis(500),
                per_second: 25,
                attempt: seconds(2),
                flight: seconds(7),
                budget: seconds(3),
                terminal: [seconds(1), seconds(1)],
            },
            false => Self {
                is_short,
                lifetime: seconds(5),
                before: seconds(8),
                fault: seconds(30),
                after: seconds(5),
                per_second: 50,
                attempt: seconds(6),
                flight: seconds(20),
                budget: seconds(10),
                terminal: [seconds(5), seconds(300)],
            },
        }
    }

    pub(crate) fn schedule(&self) -> Result<Schedule, BoxError> {
        if !self.is_short {
            return Ok(Schedule::default());
        }
        let [first, ceiling] = self.terminal;
        let schedule = Schedule::builder()
            .attempt_timeout(self.attempt)
            .flight_timeout(self.flight)
            .wait_budget(self.budget)
            .pause_after_terminal(first, ceiling);
        Ok(schedule.build()?)
    }

    /// From a token request that brought a token to the next: a quarter of its life.
    pub(crate) fn interval(&self) -> Duration {
        self.lifetime / 4
    }

    /// No wait of the state machine is longer than one flight and the pause after it, or the longest pause of the run.
    pub(crate) fn recovery(&self) -> Duration {
        2 * self.flight + self.fault
    }
}
