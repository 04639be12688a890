//! Time that passes when a test says so, and nobody else notices.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tower_oauth2_client_credentials::Clock;

/// Both clocks, to the millisecond; clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Driven(Arc<AtomicU64>);

impl Driven {
    pub(crate) fn pass(&self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(time, Ordering::Relaxed);
    }
}

impl Clock for Driven {
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + self.monotonic()
    }
}
