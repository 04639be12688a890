//! Endpoints that fail.
//!
//! - `endpoint-down`: a hundred requests need a token at once, and every token request ends with a 500 after 50 ms.
//! - `renewal-failing`: tokens of 8 seconds; from the fourth second on every renewal ends with a 500 after 50 ms. A request each 8 ms
//!   for two seconds, while the token still works.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::runtime;
use crate::{
    api::Noop,
    endpoint::Endpoint,
    report::Row,
    requests::Requests,
    subjects::{self, Setting},
};

pub const CASES: [&str; 2] = ["endpoint-down", "renewal-failing"];

const LATENCY: Duration = Duration::from_millis(50);
const CALLERS: usize = 100;
/// Who waits longer than this is not waited for.
const PATIENCE: Duration = Duration::from_secs(15);

pub fn rows(case: &'static str) -> Vec<Row> {
    let down = case == "endpoint-down";
    let names = if down {
        subjects::names(|peer| peer.lazy)
    } else {
        subjects::names(|peer| peer.renews)
    };
    runtime().block_on(async {
        let mut rows = Vec::new();
        // Nearly all of it is waiting, so all wait together where each has few requests.
        let mut running = JoinSet::new();
        for (place, name) in names.into_iter().enumerate() {
            if down {
                rows.push((place, endpoint_down(case, name).await));
            } else {
                running.spawn(async move { (place, renewal_failing(case, name).await) });
            }
        }
        rows.extend(running.join_all().await);
        rows.sort_by_key(|(place, _)| *place);
        rows.into_iter().map(|(_, row)| row).collect()
    })
}

async fn endpoint_down(case: &'static str, name: &'static str) -> Row {
    let endpoint = Endpoint::new(LATENCY);
    endpoint.go_down();
    let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut callers = JoinSet::new();
    let start = Instant::now();
    for _ in 0..CALLERS {
        let sending = subject.send(Requests::new(0).make());
        callers.spawn(async move {
            let answer = timeout(PATIENCE, sending).await;
            (matches!(answer, Ok(Ok(_))), start.elapsed())
        });
    }
    let answers = callers.join_all().await;
    Row {
        fetches: Some(endpoint.fetches()),
        served: Some(answers.iter().filter(|(served, _)| *served).count() as u64),
        longest_ms: longest(answers.iter().map(|(_, took)| *took)),
        ..Row::new(case, name)
    }
}

async fn renewal_failing(case: &'static str, name: &'static str) -> Row {
    let endpoint = Endpoint::with(LATENCY, 8, 1_000);
    let start = Instant::now();
    let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let first = subject.send(Requests::new(0).make()).await;
    first.unwrap_or_else(|error| panic!("{name}: {error}"));
    sleep_until(start + Duration::from_secs(4)).await;
    endpoint.go_down();
    let before = endpoint.fetches();
    let mut callers = JoinSet::new();
    let until = start + Duration::from_secs(6);
    while Instant::now() < until {
        let sending = subject.send(Requests::new(0).make());
        callers.spawn(async move {
            let called = Instant::now();
            let answer = timeout(PATIENCE, sending).await;
            (matches!(answer, Ok(Ok(_))), called.elapsed())
        });
        sleep(Duration::from_millis(8)).await;
    }
    let fetches = endpoint.fetches() - before;
    let answers = callers.join_all().await;
    Row {
        fetches: Some(fetches),
        served: Some(answers.iter().filter(|(served, _)| *served).count() as u64),
        longest_ms: longest(answers.iter().map(|(_, took)| *took)),
        ..Row::new(case, name)
    }
}

/// In milliseconds.
pub fn longest(times: impl Iterator<Item = Duration>) -> Option<f64> {
    times.max().map(|time| time.as_secs_f64() * 1e3)
}
