//! Time and allocations of a request, in rounds that take turns.

use std::{alloc::System, time::Instant};

use stats_alloc::{Region, StatsAlloc};

use crate::subjects::Subject;

const ROUNDS: usize = 61;
const REQUESTS: u32 = 20_000;

/// Medians over the rounds, for one whole request.
pub struct Measured {
    pub nanoseconds: f64,
    pub allocations: f64,
}

/// Measures each subject once a round.
pub fn interleaved(
    subjects: &mut [Box<dyn Subject>],
    clone_per_request: bool,
    allocator: &StatsAlloc<System>,
) -> Vec<Measured> {
    for subject in subjects.iter_mut() {
        subject.run(REQUESTS, clone_per_request);
    }
    let mut rounds: Vec<Vec<(f64, f64)>> = vec![Vec::with_capacity(ROUNDS); subjects.len()];
    for _ in 0..ROUNDS {
        for (subject, rounds) in subjects.iter_mut().zip(&mut rounds) {
            let region = Region::new(allocator);
            let start = Instant::now();
            subject.run(REQUESTS, clone_per_request);
            let took = start.elapsed().as_nanos() as f64;
            let allocations = region.change().allocations as f64;
            rounds.push((
                took / f64::from(REQUESTS),
                allocations / f64::from(REQUESTS),
            ));
        }
    }
    rounds
        .into_iter()
        .map(|rounds| Measured {
            nanoseconds: median(rounds.iter().map(|round| round.0)),
            allocations: median(rounds.iter().map(|round| round.1)),
        })
        .collect()
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
