//! Callers that give up, and an endpoint that takes 50 ms.
//!
//! - `short-deadlines`: for one second there is a request each 5 ms, which gives up after 40 ms.
//! - `first-gives-up`: of ten requests, the first gives up after 10 ms; how long do those wait that came 5 ms after it?

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{failing::longest, runtime};
use crate::{
    api::Noop,
    endpoint::Endpoint,
    report::Row,
    requests::Requests,
    subjects::{self, Setting},
};

pub const CASES: [&str; 2] = ["short-deadlines", "first-gives-up"];

const LATENCY: Duration = Duration::from_millis(50);

pub fn rows(case: &'static str) -> Vec<Row> {
    let names = subjects::names(|peer| peer.lazy);
    let one = |name| {
        // Tasks that a peer leaves behind are no other's.
        runtime().block_on(async {
            match case {
                "short-deadlines" => short_deadlines(case, name).await,
                _ => first_gives_up(case, name).await,
            }
        })
    };
    names.into_iter().map(one).collect()
}

async fn short_deadlines(case: &'static str, name: &'static str) -> Row {
    let endpoint = Endpoint::new(LATENCY);
    let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut callers = JoinSet::new();
    let start = Instant::now();
    for number in 0..200 {
        let sending = subject.send(Requests::new(0).make());
        callers.spawn(async move {
            let answer = timeout(Duration::from_millis(40), sending).await;
            matches!(answer, Ok(Ok(_)))
        });
        tokio::time::sleep_until(start + Duration::from_millis(5) * (number + 1)).await;
    }
    let answers = callers.join_all().await;
    Row {
        fetches: Some(endpoint.fetches()),
        served: Some(answers.into_iter().filter(|served| *served).count() as u64),
        ..Row::new(case, name)
    }
}

async fn first_gives_up(case: &'static str, name: &'static str) -> Row {
    let endpoint = Endpoint::new(LATENCY);
    let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let first = timeout(
        Duration::from_millis(10),
        subject.send(Requests::new(0).make()),
    );
    let first = tokio::spawn(first);
    sleep(Duration::from_millis(5)).await;
    let mut callers = JoinSet::new();
    for _ in 0..9 {
        let sending = subject.send(Requests::new(0).make());
        callers.spawn(async move {
            let called = Instant::now();
            (sending.await.is_ok(), called.elapsed())
        });
    }
    let answers = callers.join_all().await;
    let first = matches!(first.await, Ok(Ok(Ok(_))));
    let served = answers.iter().filter(|(served, _)| *served).count();
    Row {
        fetches: Some(endpoint.fetches()),
        served: Some((served + usize::from(first)) as u64),
        longest_ms: longest(answers.iter().map(|(_, took)| *took)),
        ..Row::new(case, name)
    }
}
