//! Requests while there is a token that works: what it costs them to carry it.
//!
//! - `warm`: one client for all requests, as a program that sends them one after the other.
//! - `warm-clone-per-request`: a clone for each, as hyper's and axum's handlers do.
//! - `warm-keyed`: each request names one of a thousand scopes, also those of `none` and `static`: what naming costs is theirs.
//! - `warm-replay`: a refused request would be sent once more.
//! - `two-threads`: each with a long-lived clone, at the same time; `two-threads-clone-per-request` accordingly.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::runtime;
use crate::{
    api::Noop,
    endpoint::Endpoint,
    instructions,
    measure::{Measured, interleaved},
    report::{Row, ratios},
    requests::Requests,
    subjects::{self, Setting, Subject, Use},
};

pub const CASES: [&str; 6] = [
    "warm",
    "warm-clone-per-request",
    "warm-keyed",
    "warm-replay",
    "two-threads",
    "two-threads-clone-per-request",
];

const KEYS: usize = 1_000;

/// How a case is measured.
#[derive(Clone, Copy, Debug)]
struct Way {
    usage: Use,
    threads: usize,
    setting: Setting,
}

impl Way {
    fn of(case: &str) -> Self {
        let usage = match case {
            "warm-clone-per-request" | "two-threads-clone-per-request" => Use::ClonePerRequest,
            _ => Use::LongLived,
        };
        Self {
            usage,
            threads: if case.starts_with("two-threads") {
                2
            } else {
                1
            },
            setting: Setting {
                keys: if case == "warm-keyed" { KEYS } else { 0 },
                replay: case == "warm-replay",
            },
        }
    }

    fn names(self) -> Vec<&'static str> {
        match self.setting {
            // No peer has a token for each of many scopes behind one client.
            Setting { keys: 1.., .. } => subjects::names(|_| false),
            Setting { replay: true, .. } => subjects::names(|peer| peer.replay),
            _ => subjects::names(|_| true),
        }
    }

    /// A subject that has all its tokens.
    fn warm(self, name: &str, runtime: &Runtime) -> Box<dyn Subject> {
        runtime.block_on(async {
            let endpoint = Endpoint::new(Duration::ZERO);
            let subject = subjects::make(name, self.setting, &endpoint, Noop).await;
            let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut requests = Requests::new(self.setting.keys);
            for _ in 0..self.setting.keys.max(1) {
                let answer = subject.send(requests.make()).await;
                requests.take_back(answer.unwrap_or_else(|error| panic!("{name}: {error}")));
            }
            subject
        })
    }
}

pub fn rows(case: &'static str) -> Vec<Row> {
    let (way, runtime) = (Way::of(case), runtime());
    let names = way.names();
    let mut subjects: Vec<_> = names.iter().map(|name| way.warm(name, &runtime)).collect();
    let _entered = runtime.enter();
    let measured = interleaved(&mut subjects, way.usage, way.threads);
    let row = |subject: &dyn Subject, measured: Measured| Row {
        ns: Some(measured.ns),
        allocations: Some(measured.allocations),
        instructions: (way.threads == 1)
            .then(|| instructions::count(case, subject.name()))
            .flatten(),
        ..Row::new(case, subject.name())
    };
    let mut rows: Vec<_> = subjects
        .iter()
        .zip(measured)
        .map(|(subject, measured)| row(subject.as_ref(), measured))
        .collect();
    ratios(&mut rows);
    rows
}

/// Sends requests to be counted, in the second process.
pub fn count(case: &str, subject: &str) {
    let (way, runtime) = (Way::of(case), runtime());
    let mut subject = way.warm(subject, &runtime);
    let _entered = runtime.enter();
    subject.run(instructions::REQUESTS, way.usage);
    instructions::counted_section(&mut || subject.run(instructions::REQUESTS, way.usage));
}
