//! Requests while there is a token that works: what it costs them to carry it.
//!
//! - `warm`: one client for all requests, as a program that sends them one after the other.
//! - `warm-clone-per-request`: a clone for each, as hyper's and axum's handlers do.
//! - `warm-keyed`: each request names one of a thousand scopes, also those of `none` and `static`: what naming costs is theirs.
//! - `warm-replay`: a refused request would be sent once more.
//! - `two-threads`: each with a long-lived clone, at the same time; `two-threads-clone-per-request` accordingly.

use std::time::Duration;

use stats_alloc::Region;
use tokio::runtime::Runtime;

use super::runtime;
use crate::{
    ALLOCATOR,
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
/// As a JWT has.
const LENGTH: usize = 1_000;

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

    fn warm(self, name: &str, runtime: &Runtime) -> Box<dyn Subject> {
        warm(name, self.setting, LENGTH, runtime)
    }
}

/// A subject that has all its tokens, of this length.
fn warm(name: &str, setting: Setting, length: usize, runtime: &Runtime) -> Box<dyn Subject> {
    runtime.block_on(async {
        let endpoint = Endpoint::with(Duration::ZERO, 3_600, length);
        let subject = subjects::make(name, setting, &endpoint, Noop).await;
        let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut requests = Requests::new(setting.keys);
        // One fetches the token, one opens its window, and from then on it is warm.
        for _ in 0..setting.keys.max(1) * 3 {
            let answer = subject.send(requests.make()).await;
            requests.take_back(answer.unwrap_or_else(|error| panic!("{name}: {error}")));
        }
        subject
    })
}

/// Measures these while they have tokens of this length.
pub fn measure(
    names: &[&str],
    setting: Setting,
    length: usize,
    threads: usize,
    usage: Use,
) -> Vec<Measured> {
    let runtime = runtime();
    let warm = |name: &&str| warm(name, setting, length, &runtime);
    let subjects: Vec<_> = names.iter().map(warm).collect();
    let _entered = runtime.enter();
    interleaved(&subjects, usage, threads)
}

pub fn rows(case: &'static str) -> Vec<Row> {
    let (way, runtime) = (Way::of(case), runtime());
    let mut names = way.names();
    let bare: Vec<_> = names
        .iter()
        .filter_map(|name| subjects::bare(name))
        .collect();
    names.extend(bare);
    let subjects: Vec<_> = names.iter().map(|name| way.warm(name, &runtime)).collect();
    let _entered = runtime.enter();
    let measured = interleaved(&subjects, way.usage, way.threads);
    let row = |subject: &dyn Subject, measured: Measured| Row {
        ns: Some(measured.ns),
        allocations: Some(measured.allocations),
        instructions: (way.threads == 1)
            .then(|| instructions::count(case, subject.name()))
            .flatten(),
        ..Row::new(case, subject.name())
    };
    let rows = subjects
        .iter()
        .zip(measured)
        .map(|(subject, measured)| row(subject.as_ref(), measured));
    let mut rows = without_bare(rows.collect());
    ratios(&mut rows);
    rows
}

/// Puts the request that all others have in the place of a peer's own.
fn without_bare(mut rows: Vec<Row>) -> Vec<Row> {
    let all = rows.clone();
    let of = |subject: &str| all.iter().find(|row| row.subject == subject);
    for row in &mut rows {
        let bare = subjects::bare(&row.subject).and_then(of);
        if let (Some(bare), Some(none)) = (bare, of("none")) {
            let instead = |whole: Option<f64>, bare: Option<f64>, none: Option<f64>| {
                Some(whole? - bare? + none?)
            };
            row.ns = instead(row.ns, bare.ns, none.ns);
            row.allocations = instead(row.allocations, bare.allocations, none.allocations);
            row.instructions = instead(row.instructions, bare.instructions, none.instructions);
        }
    }
    let is_bare = |row: &Row| {
        all.iter()
            .any(|peer| subjects::bare(&peer.subject) == Some(&row.subject))
    };
    rows.retain(|row| !is_bare(row));
    rows
}

/// A subject that is ready to be counted.
pub struct Ready {
    subject: Box<dyn Subject>,
    usage: Use,
    runtime: Runtime,
}

impl Ready {
    /// Sends [`instructions::REQUESTS`].
    pub fn run(&mut self) {
        let _entered = self.runtime.enter();
        self.subject.run(instructions::REQUESTS, self.usage);
    }
}

/// The subject of this name as it is in this case, with all behind it that only the first requests need.
pub fn ready(case: &str, subject: &str) -> Ready {
    let (way, runtime) = (Way::of(case), runtime());
    let mut ready = Ready {
        subject: way.warm(subject, &runtime),
        usage: way.usage,
        runtime,
    };
    ready.run();
    ready
}

/// The allocations of one request.
pub fn allocations(case: &str, subject: &str) -> f64 {
    let mut ready = ready(case, subject);
    let region = Region::new(ALLOCATOR);
    ready.run();
    region.change().allocations as f64 / f64::from(instructions::REQUESTS)
}

/// Sends requests to be counted, in the second process.
pub fn count(case: &str, subject: &str) {
    let mut ready = ready(case, subject);
    instructions::counted_section(&mut || ready.run());
}
