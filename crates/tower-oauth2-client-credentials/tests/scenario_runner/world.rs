//! The time of a scenario: tokio's, which is paused and jumps from timer to timer, and what the machine's clocks make of it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::{self, Instant};
use tower_oauth2_client_credentials::Clock;

/// 2026-01-01T00:00:00Z, the wall clock's time when a scenario begins.
const NEW_YEAR: Duration = Duration::from_secs(1_767_225_600);

/// The clocks of the machine that a scenario runs on. Clones are the same clocks.
#[derive(Clone, Debug)]
pub(crate) struct World {
    start: Instant,
    offsets: Arc<Mutex<Offsets>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Offsets {
    /// How long the machine has slept in all.
    asleep: Duration,
    /// By how much the wall clock was set, in milliseconds.
    stepped_ms: i64,
}

impl World {
    /// Begins now. Inside the runtime, whose clock is to stand still.
    pub(crate) fn begin() -> Self {
        Self {
            start: Instant::now(),
            offsets: Arc::default(),
        }
    }

    /// True time since the beginning, time asleep included.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed() + self.offsets().asleep
    }

    /// Waits until `at`, in true time. At once if the machine slept through it.
    pub(crate) async fn sleep_until(&self, at: Duration) {
        let awake = at.saturating_sub(self.offsets().asleep);
        if self.start.elapsed() < awake {
            time::sleep_until(self.start + awake).await;
        }
    }

    /// The machine sleeps: no timer advances, and nothing runs meanwhile because nothing is awaited here.
    pub(crate) fn suspend(&self, duration: Duration) {
        self.offsets().asleep += duration;
    }

    /// Sets the wall clock, and nothing else.
    pub(crate) fn step_wall(&self, by_ms: i64) {
        let mut offsets = self.offsets();
        offsets.stepped_ms = offsets.stepped_ms.saturating_add(by_ms);
    }

    fn offsets(&self) -> MutexGuard<'_, Offsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for World {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn wall(&self) -> SystemTime {
        let stepped_ms = self.offsets().stepped_ms;
        let step = Duration::from_millis(stepped_ms.unsigned_abs());
        let unset = UNIX_EPOCH + NEW_YEAR + self.now();
        if stepped_ms < 0 {
            unset.checked_sub(step).unwrap_or(UNIX_EPOCH)
        } else {
            unset.checked_add(step).unwrap_or(unset)
        }
    }
}
