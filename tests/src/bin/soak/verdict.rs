//! The table, and whether anything grew.

use crate::{
    arguments::Arguments,
    sample::Sample,
    servers::{LIFETIME, Measured},
};

const MB: f64 = 1_000_000.0;

/// How much more there may be at the end than at the start. An allocator keeps pages that it does not need, and is not bound to keep
/// the same number; what the program itself holds is exact.
const MORE_RESIDENT: u64 = 16_000_000;
const MORE_ALLOCATED: u64 = 500_000;
const MORE_TASKS: u64 = 8;
const MORE_DESCRIPTORS: u64 = 8;

/// Token requests in a second of the whole run, at most: four tokens, each no more often than a quarter of its lifetime, and three
/// attempts where one fails.
fn most(measured: &Measured) -> u64 {
    let each = measured.took.as_secs_f64() / (LIFETIME / 4).as_secs_f64();
    4 * 3 * (each as u64 + 2)
}

pub(crate) fn problems(arguments: &Arguments, measured: &Measured) -> Vec<String> {
    let [(_, start), .., (_, end)] = measured.samples.as_slice() else {
        return vec!["nothing was measured".to_owned()];
    };
    let mut problems = Vec::new();
    for (name, start, end, more) in [
        (
            "memory",
            start.resident,
            end.resident,
            start.resident / 5 + MORE_RESIDENT,
        ),
        (
            "what is allocated",
            start.allocated,
            end.allocated,
            MORE_ALLOCATED,
        ),
        ("tasks", start.tasks, end.tasks, MORE_TASKS),
        (
            "descriptors",
            start.descriptors,
            end.descriptors,
            MORE_DESCRIPTORS,
        ),
    ] {
        if end > start + more {
            problems.push(format!("{name} grew from {start} to {end}"));
        }
    }
    if measured.ended > 0 {
        let count = measured.ended;
        problems.push(format!("{count} requests carried a token that had ended"));
    }
    if measured.token_requests > most(measured) {
        let (count, most) = (measured.token_requests, most(measured));
        problems.push(format!("{count} token requests, of {most} at most"));
    }
    let number = |name: &str| measured.counts[name].as_u64().unwrap_or_default();
    // A machine that is too busy for the rate sends the same number later.
    let least = arguments.lasts.as_secs() * u64::from(arguments.per_second) / 2;
    if number("sent") < least || number("served") * 5 < number("sent") {
        problems.push(format!("too few requests: {}", measured.counts));
    }
    let known = ["401", "Overloaded", "Protocol", "Timeout", "Transient"];
    let failed = measured.counts["failed"].as_object();
    let strange = failed.into_iter().flat_map(|failed| failed.keys());
    let strange: Vec<_> = strange
        .filter(|kind| !known.contains(&kind.as_str()))
        .collect();
    if !strange.is_empty() {
        problems.push(format!("some failed with {strange:?}"));
    }
    problems
}

pub(crate) fn table(arguments: &Arguments, measured: &Measured) -> String {
    let number = |name: &str| measured.counts[name].as_u64().unwrap_or_default();
    let failed = measured.counts["failed"].as_object();
    let failed = failed.into_iter().flatten();
    let failed: Vec<_> = failed
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let mut text = format!(
        "{} requests a second, tokens that live for {} s, {} faults in {:.1} minutes (seed {}): {} requests, {} served, {} given up by \
         their callers, failed: {}. The longest took {:.1} s. {} token requests for four tokens (at most {}).\n\n\
         | | memory | allocated | tasks | descriptors |\n|---|---|---|---|---|\n",
        arguments.per_second,
        LIFETIME.as_secs(),
        measured.faults,
        measured.took.as_secs_f64() / 60.0,
        arguments.seed,
        number("sent"),
        number("served"),
        number("gave_up"),
        if failed.is_empty() {
            "none".to_owned()
        } else {
            failed.join(", ")
        },
        number("longest_ms") as f64 / 1_000.0,
        measured.token_requests,
        most(measured),
    );
    for (name, (after, sample)) in ["start", "middle", "end"].iter().zip(&measured.samples) {
        let Sample {
            resident,
            allocated,
            tasks,
            descriptors,
        } = sample;
        text.push_str(&format!(
            "| {name}, after {:.1} min | {:.1} MB | {:.3} MB | {tasks} | {descriptors} |\n",
            after.as_secs_f64() / 60.0,
            *resident as f64 / MB,
            *allocated as f64 / MB,
        ));
    }
    text
}
