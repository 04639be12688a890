//! Servers that mean harm or know no better: each answer here is played over a real connection, in HTTP/1.1 or HTTP/2, to a
//! [`TokenSource`] over the layer's own HTTP client. It gets the token where leniency is meant, else an error of the kind that is
//! expected; in bounded time and memory, without a panic, and with no secret in what it says.
//!
//! A line a family: how many answers, what became of them, the longest time and the most memory. An argument picks the families
//! with that word in their name.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it is its own test harness")]

mod answer;
mod attempt;
mod families;
mod frames;
mod server;

use std::{collections::BTreeMap, env, process::ExitCode, time::Duration};

use peak_alloc::PeakAlloc;

use crate::{
    answer::Answer,
    attempt::{Clients, Report},
    families::FAMILIES,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// An answer may cost this much memory at a time, the server's part included; most of it is hyper's buffer for a head.
const MOST_MEMORY: usize = 2 << 20;

/// Fewer would be no hostile world.
const FEWEST_ANSWERS: usize = 1_800;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let list = arguments.iter().any(|argument| argument == "--list");
    let picks: Vec<_> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    attempt::count_panics();

    let (mut answers, mut complaints) = (0, Vec::new());
    for (name, family) in FAMILIES {
        if list {
            println!("{name}: test");
            continue;
        }
        if picks.is_empty() || picks.iter().any(|pick| name.contains(&***pick)) {
            let family = family();
            answers += family.len();
            complaints.extend(play(name, &family));
        }
    }
    if list {
        return ExitCode::SUCCESS;
    }
    println!(
        "{answers} answers, {} not as they should be",
        complaints.len()
    );
    for complaint in &complaints {
        println!("{complaint}");
    }
    if complaints.is_empty() && (!picks.is_empty() || answers >= FEWEST_ANSWERS) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Plays all answers of one family and prints its line; what is not as it should be.
fn play(name: &str, family: &[Answer]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (mut outcomes, mut complaints) = (BTreeMap::<_, usize>::new(), Vec::new());
    let (mut longest, mut most) = (Duration::ZERO, 0);
    runtime.block_on(async {
        let clients = Clients::new();
        for answer in family {
            let report = Report::of(&clients, answer).await;
            *outcomes.entry(report.outcome()).or_default() += 1;
            longest = longest.max(report.took);
            most = most.max(report.memory);
            complaints.extend(
                report
                    .complaints(answer)
                    .into_iter()
                    .map(|complaint| format!("{name}, {}: {complaint}", answer.name)),
            );
        }
    });
    let outcomes: Vec<_> = outcomes
        .iter()
        .map(|(outcome, count)| format!("{count} {outcome}"))
        .collect();
    println!(
        "{name:<14} {:>4} answers: {}; longest {} ms, most memory {} KiB",
        family.len(),
        outcomes.join(", "),
        longest.as_millis(),
        most >> 10,
    );
    complaints
}
