//! `cold-burst`: ten thousand tasks that all need the first token, from an endpoint that takes 50 ms. `none` and `static` wait for
//! nothing: the tasks themselves take as long as theirs.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::runtime;
use crate::{
    api::Noop,
    endpoint::Endpoint,
    measure::median,
    report::Row,
    requests::Requests,
    subjects::{self, Setting},
};

pub const CASES: [&str; 1] = ["cold-burst"];

const TASKS: usize = 10_000;
const ROUNDS: usize = 7;

pub fn rows(case: &'static str) -> Vec<Row> {
    let names = subjects::names(|peer| peer.lazy);
    let mut rounds = vec![Vec::with_capacity(ROUNDS); names.len()];
    for _ in 0..ROUNDS {
        for (name, rounds) in names.iter().zip(&mut rounds) {
            rounds.push(runtime().block_on(burst(name)));
        }
    }
    let row = |(name, rounds): (&&str, &Vec<Burst>)| Row {
        // The worst of all rounds, where there should be no difference.
        fetches: rounds.iter().map(|burst| burst.fetches).max(),
        served: rounds.iter().map(|burst| burst.served).min(),
        longest_ms: Some(median(rounds.iter().map(|burst| burst.ms))),
        ..Row::new(case, name)
    };
    names.iter().zip(&rounds).map(row).collect()
}

#[derive(Clone, Copy)]
struct Burst {
    fetches: u64,
    served: u64,
    ms: f64,
}

async fn burst(name: &str) -> Burst {
    let endpoint = Endpoint::new(Duration::from_millis(50));
    let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let requests: Vec<_> = (0..TASKS).map(|_| Requests::new(0).make()).collect();
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for request in requests {
        tasks.spawn(subject.send(request));
    }
    let mut served = 0;
    while let Some(ended) = tasks.join_next().await {
        served += u64::from(matches!(ended, Ok(Ok(answer)) if answer.status() == 200));
    }
    Burst {
        fetches: endpoint.fetches(),
        served,
        ms: start.elapsed().as_secs_f64() * 1e3,
    }
}
