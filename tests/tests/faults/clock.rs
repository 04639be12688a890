//! A wall clock that can be set, without setting that of everybody on this machine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tower_oauth2_client_credentials::{Clock, SystemClock};

/// The machine's clocks, with a wall clock that was set by so many seconds. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stepped {
    machine: SystemClock,
    seconds: Arc<AtomicI64>,
    was_read_while_set: Arc<AtomicBool>,
}

impl Stepped {
    /// Sets the wall clock: so many seconds from what it should be.
    pub(crate) fn set(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    /// Whether anybody went by a time that was not the machine's.
    pub(crate) fn was_read_while_set(&self) -> bool {
        self.was_read_while_set.load(Ordering::Relaxed)
    }

    fn step(&self) -> i64 {
        let seconds = self.seconds.load(Ordering::Relaxed);
        if seconds != 0 {
            self.was_read_while_set.store(true, Ordering::Relaxed);
        }
        seconds
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
