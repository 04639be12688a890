//! What became of the requests.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tests::Outcome;

/// Of all requests so far. It takes no more memory for more of them.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sent: AtomicU64,
    pub(crate) ended: AtomicU64,
    served: AtomicU64,
    gave_up: AtomicU64,
    /// By kind.
    failed: Mutex<BTreeMap<String, u64>>,
    longest_ms: AtomicU64,
}

impl Counts {
    pub(crate) fn under_way(&self) -> u64 {
        let ended = self.ended.load(Ordering::Acquire);
        self.sent.load(Ordering::Acquire).saturating_sub(ended)
    }

    /// `None`: its caller gave up.
    pub(crate) fn count(&self, outcome: Option<Outcome>, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.longest_ms.fetch_max(millis, Ordering::Relaxed);
        let Some(outcome) = outcome else {
            self.gave_up.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let Some(failure) = outcome.failure() else {
            self.served.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let mut all = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(failure.to_owned()).or_default() += 1;
    }

    pub(crate) fn to_json(&self) -> Value {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        json!({
            "sent": self.sent.load(Ordering::Relaxed),
            "served": self.served.load(Ordering::Relaxed),
            "gave_up": self.gave_up.load(Ordering::Relaxed),
            "failed": *failed,
            "longest_ms": self.longest_ms.load(Ordering::Relaxed),
        })
    }
}
