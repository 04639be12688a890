//! What is counted, and how Prometheus reads it (its text format, version 0.0.4).

mod text;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use tower_oauth2_client_credentials::{Event, Observer};

pub(crate) use self::text::text;

/// Of the whole process: what a reload changes goes on being counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    routes: Mutex<BTreeMap<String, Arc<RouteMetrics>>>,
    no_route: RouteMetrics,
    connections: AtomicU64,
    open_connections: AtomicU64,
    reloads: AtomicU64,
    refused_reloads: AtomicU64,
}

/// Of the requests to one prefix.
#[derive(Debug)]
pub(crate) struct RouteMetrics {
    by_status: Box<[AtomicU64]>,
    by_duration: [AtomicU64; BOUNDS_MS.len() + 1],
    microseconds: AtomicU64,
    problems: Mutex<BTreeMap<&'static str, u64>>,
}

/// Of the token requests for one token, and of what resource servers said of it. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenMetrics {
    counts: Arc<TokenCounts>,
}

#[derive(Debug, Default)]
struct TokenCounts {
    fetched: AtomicU64,
    failures: Mutex<BTreeMap<&'static str, u64>>,
    rejected: AtomicU64,
    replayed: AtomicU64,
}

/// The upper ends of the histogram, in milliseconds.
const BOUNDS_MS: [u64; 11] = [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 30_000];

const FIRST_STATUS: usize = 100;
const STATUSES: usize = 900;

impl Metrics {
    /// What counts for this prefix.
    pub(crate) fn route(&self, prefix: &str) -> Arc<RouteMetrics> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(routes.entry(prefix.to_owned()).or_default())
    }

    /// What counts for requests that no route is for.
    pub(crate) fn no_route(&self) -> &RouteMetrics {
        &self.no_route
    }

    pub(crate) fn opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.open_connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.open_connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn reloaded(&self) {
        self.reloads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused_reload(&self) {
        self.refused_reloads.fetch_add(1, Ordering::Relaxed);
    }
}

impl RouteMetrics {
    /// An answer whose head came after this time.
    pub(crate) fn count(&self, status: StatusCode, took: Duration, problem: Option<&'static str>) {
        let index = usize::from(status.as_u16()).saturating_sub(FIRST_STATUS);
        if let Some(count) = self.by_status.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_MS
            .iter()
            .position(|bound| microseconds <= bound * 1000);
        self.by_duration[bucket.unwrap_or(BOUNDS_MS.len())].fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
        if let Some(kind) = problem {
            add(&self.problems, kind);
        }
    }
}

impl Default for RouteMetrics {
    fn default() -> Self {
        Self {
            by_status: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            by_duration: Default::default(),
            microseconds: AtomicU64::new(0),
            problems: Mutex::default(),
        }
    }
}

impl Observer for TokenMetrics {
    fn observe(&self, event: &Event<'_>) {
        let counts = &self.counts;
        let count = match event {
            Event::Fetch {
                outcome: Ok(()), ..
            } => &counts.fetched,
            Event::Fetch {
                outcome: Err(error),
                ..
            } => {
                return add(&counts.failures, error.kind().as_str());
            }
            Event::Rejected { .. } => &counts.rejected,
            Event::Replayed { .. } => &counts.replayed,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

fn add(counts: &Mutex<BTreeMap<&'static str, u64>>, kind: &'static str) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry(kind).or_default() += 1;
}
