//! What is counted.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::simulation::Setting;

/// Counted from begin to end.
#[derive(Debug)]
pub(crate) struct Counts(Mutex<Counted>);

#[derive(Clone, Debug, Default)]
struct Counted {
    per_minute: Vec<u64>,
    token_requests: u64,
    failed_requests: u64,
    recovered_after: Option<Duration>,
}

impl Counts {
    pub(crate) fn new(setting: &Setting) -> Self {
        Self(Mutex::new(Counted {
            per_minute: vec![0; (setting.length.as_secs() / 60) as usize],
            ..Counted::default()
        }))
    }

    /// Counts one, answered or not, and numbers it.
    pub(crate) fn token_request(&self, at: Duration) -> u64 {
        let mut counted = self.counted();
        let minute = (at.as_secs() / 60) as usize;
        if let Some(count) = counted.per_minute.get_mut(minute) {
            *count += 1;
        }
        counted.token_requests += 1;
        counted.token_requests
    }

    pub(crate) fn failed_request(&self) {
        self.counted().failed_requests += 1;
    }

    pub(crate) fn recovered(&self, after: Duration) {
        self.counted().recovered_after = Some(after);
    }

    pub(crate) fn per_minute(&self) -> Vec<u64> {
        self.counted().per_minute.clone()
    }

    pub(crate) fn failed_requests(&self) -> u64 {
        self.counted().failed_requests
    }

    /// From the end of the outage until every replica had a token; `None`: it did not come to that.
    pub(crate) fn recovered_after(&self) -> Option<Duration> {
        self.counted().recovered_after
    }

    /// All that was counted so far, for oneself.
    pub(crate) fn taken(&self) -> Self {
        Self(Mutex::new(self.counted().clone()))
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
