//! Time and allocations of a request, in rounds that take turns.

use std::{sync::Barrier, thread, time::Instant};

use stats_alloc::Region;
use tokio::runtime::Handle;

use crate::{
    ALLOCATOR,
    subjects::{Subject, Use},
};

const ROUNDS: usize = 401;
/// Requests of a subject in a round: so few that nearly all rounds end before something else has its turn on the core.
pub const REQUESTS: u32 = 2_000;

/// Medians over the rounds, for one whole request.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub ns: f64,
    pub allocations: f64,
}

/// Measures each subject once a round, on this thread or on several at once, each of which has a clone of its own and sends as many
/// requests.
pub fn interleaved(subjects: &[Box<dyn Subject>], usage: Use, threads: usize) -> Vec<Measured> {
    let mut forks: Vec<Vec<_>> = subjects
        .iter()
        .map(|subject| (0..threads).map(|_| subject.fork()).collect())
        .collect();
    // Threads take a while until all of them run.
    let (count, requests) = match threads {
        1 => (ROUNDS, REQUESTS),
        _ => (ROUNDS / 10, REQUESTS * 10),
    };
    for forks in &mut forks {
        round(forks, usage, requests);
    }
    let mut rounds: Vec<Vec<Measured>> = vec![Vec::with_capacity(count); subjects.len()];
    for _ in 0..count {
        for (forks, rounds) in forks.iter_mut().zip(&mut rounds) {
            rounds.push(round(forks, usage, requests));
        }
    }
    rounds
        .iter()
        .map(|rounds| Measured {
            ns: median(rounds.iter().map(|round| round.ns)),
            allocations: median(rounds.iter().map(|round| round.allocations)),
        })
        .collect()
}

fn round(forks: &mut [Box<dyn Subject>], usage: Use, requests: u32) -> Measured {
    let threads = forks.len();
    let (region, ns) = match forks {
        [alone] => {
            let region = Region::new(ALLOCATOR);
            (region, timed(alone.as_mut(), usage, requests))
        }
        forks => {
            let (start, end) = (Barrier::new(threads), Barrier::new(threads));
            let runtime = Handle::try_current().ok();
            let region = Region::new(ALLOCATOR);
            let ns = thread::scope(|scope| {
                let running: Vec<_> = forks
                    .iter_mut()
                    .map(|fork| {
                        let (start, end, runtime) = (&start, &end, runtime.as_ref());
                        scope.spawn(move || {
                            let _entered = runtime.map(Handle::enter);
                            start.wait();
                            let ns = timed(fork.as_mut(), usage, requests);
                            end.wait();
                            ns
                        })
                    })
                    .collect();
                let each = running
                    .into_iter()
                    .map(|thread| thread.join().expect("a round"));
                each.sum::<f64>() / threads as f64
            });
            (region, ns)
        }
    };
    let sent = f64::from(requests) * threads as f64;
    Measured {
        ns: ns / f64::from(requests),
        // A thread is some of its own; they are none for a request.
        allocations: (region.change().allocations as f64 / sent * 20.0).round() / 20.0,
    }
}

fn timed(subject: &mut dyn Subject, usage: Use, requests: u32) -> f64 {
    let start = Instant::now();
    subject.run(requests, usage);
    start.elapsed().as_nanos() as f64
}

pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
