//! How costs grow: with the number of tokens, of those who wait, of characters in a token, and of threads.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{runtime, sizes, warm};
use crate::{
    api::Noop,
    endpoint::Endpoint,
    measure::{Measured, median},
    requests::Requests,
    subjects::{self, Setting, Use},
};

/// One number: of which sweep, whose, where, and how much.
fn point(sweep: &str, subject: &str, at: usize, value: f64) -> Value {
    json!({ "sweep": sweep, "subject": subject, "at": at, "value": (value * 1e3).round() / 1e3 })
}

/// What a request adds that names one of so many scopes, in nanoseconds.
pub fn keys() -> Vec<Value> {
    let mut points = Vec::new();
    for keys in [10, 100, 1_000, 10_000, 100_000] {
        let setting = Setting {
            keys,
            ..Setting::default()
        };
        let measured = warm::measure(&["none", "static", "this"], setting, 200, 1, Use::LongLived);
        for (subject, place) in [("static", 1), ("this", 2)] {
            let added = measured[place].ns - measured[0].ns;
            points.push(point("keys", subject, keys, added));
        }
    }
    points
}

/// What a token of so many characters adds to a request, in nanoseconds.
pub fn token_length() -> Vec<Value> {
    let names = subjects::names(|_| true);
    let mut points = Vec::new();
    for length in [40, 200, 1_000, 4_000] {
        let measured = warm::measure(&names, Setting::default(), length, 1, Use::LongLived);
        for (name, of) in names.iter().zip(&measured) {
            if !matches!(*name, "none" | "control") && subjects::bare(name).is_none() {
                points.push(point("token-length", name, length, of.ns - measured[0].ns));
            }
        }
    }
    points
}

/// Requests in a microsecond, of all threads.
pub fn threads() -> Vec<Value> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let counts = std::iter::successors(Some(1), |count| Some(count * 2));
    let mut points = Vec::new();
    for threads in counts.take_while(|count| *count <= cores) {
        for (sweep, usage) in [
            ("threads", Use::LongLived),
            ("threads-clone-per-request", Use::ClonePerRequest),
        ] {
            let names = subjects::names(|_| true);
            let measured = warm::measure(&names, Setting::default(), 1_000, threads, usage);
            for (name, Measured { ns, .. }) in names.iter().zip(measured) {
                if *name != "control" && subjects::bare(name).is_none() {
                    points.push(point(sweep, name, threads, threads as f64 * 1e3 / ns));
                }
            }
        }
    }
    points
}

/// From the token's arrival until the last of so many has its answer, in milliseconds; and the heap of each while it waits, in bytes.
pub fn waiters() -> Vec<Value> {
    const LATENCY: Duration = Duration::from_millis(50);
    let mut points = Vec::new();
    for waiters in [1, 10, 100, 1_000, 10_000, 100_000] {
        let rounds = if waiters > 10_000 { 3 } else { 9 };
        for subject in ["none", "this"] {
            let times = (0..rounds).map(|_| {
                let endpoint = Endpoint::new(LATENCY);
                let waits = if subject == "none" {
                    0.0
                } else {
                    LATENCY.as_secs_f64() * 1e3
                };
                runtime().block_on(burst(subject, endpoint, waiters)) - waits
            });
            points.push(point("waiters", subject, waiters, median(times).max(0.0)));
        }
        points.push(point(
            "waiter-bytes",
            "this",
            waiters,
            sizes::waiter("this", waiters),
        ));
    }
    points
}

async fn burst(name: &str, endpoint: Endpoint, count: usize) -> f64 {
    let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let requests: Vec<_> = (0..count).map(|_| Requests::new(0).make()).collect();
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for request in requests {
        tasks.spawn(subject.send(request));
    }
    while tasks.join_next().await.is_some() {}
    start.elapsed().as_secs_f64() * 1e3
}
