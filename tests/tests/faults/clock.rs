//! A wall clock that can be set, without setting that of everybody on this machine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tower_oauth2_client_credentials::{Clock, SystemClock};

/// The machine's clocks, with a wall clock that was set by so many seconds. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stepped {
    machine: SystemClock,
    seconds: Arc<AtomicI64>,
}

impl Stepped {
    /// Sets the wall clock: so many seconds from what it should be.
    pub(crate) fn set(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    fn step(&self) -> i64 {
        self.seconds.load(Ordering::Relaxed)
    }
}

impl Clock for Stepped {
    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn wall(&self) -> SystemTime {
        let by = Duration::from_secs(self.step().unsigned_abs());
        match self.step() < 0 {
            true => self.machine.wall() - by,
            false => self.machine.wall() + by,
        }
    }

    fn coarse_ms(&self) -> u64 {
        let by = 1_000 * self.step();
        self.machine.coarse_ms().wrapping_add_signed(by)
    }
}
