//! What the protocol costs: a token request built and its answer decoded, beside the crate `oauth2`; and challenges of growing
//! length.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin protocol -- [--json] [--check]
//! ```
//!
//! With `--check` the exit code is 1 if a goal is missed: at most 0.35 of the time of `oauth2` and 6 allocations; with the scopes
//! given anew each time, half of the time; reading a challenge takes time that grows with its length and no faster.

use std::process::ExitCode;

use benches::cases::{
    challenges::growths,
    protocol::{Cost, ROUNDS, costs},
};
use serde_json::{Value, json};

const TIME_GOAL: f64 = 0.35;
const ALLOCATIONS_GOAL: f64 = 6.0;
/// With the scopes each time anew.
const TIME_GOAL_WITH_SCOPES: f64 = 0.5;
const ALLOCATIONS_GOAL_WITH_SCOPES: f64 = 9.0;
/// Linear is 1, quadratic is 2; caches and the clock take their part.
const GROWTH_GOAL: f64 = 1.25;

fn main() -> ExitCode {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let (mut cases, mut missed) = (Vec::new(), Vec::new());
    for length in [40, 1_000] {
        build_and_decode(length, &mut cases, &mut missed);
    }
    challenges(&mut cases, &mut missed);
    if has("--json") {
        println!("{}", json!({ "cases": cases }));
    } else {
        cases.iter().for_each(|case| println!("{case}"));
    }
    for missed in &missed {
        eprintln!("missed: {missed}");
    }
    if has("--check") && !missed.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn build_and_decode(length: usize, cases: &mut Vec<Value>, missed: &mut Vec<String>) {
    let costs = costs(length, ROUNDS);
    let with_scopes = (TIME_GOAL_WITH_SCOPES, ALLOCATIONS_GOAL_WITH_SCOPES);
    for (case, this, (time_goal, allocations_goal)) in [
        ("protocol", costs.this, (TIME_GOAL, ALLOCATIONS_GOAL)),
        (
            "protocol-scopes-each-time",
            costs.this_with_scopes,
            with_scopes,
        ),
    ] {
        let ratio = |cost: Cost| cost.ns / costs.oauth2.ns;
        for (subject, cost) in [("this", this), ("oauth2", costs.oauth2)] {
            cases.push(json!({
                "case": case, "subject": subject, "token_bytes": length, "ns": cost.ns.round(),
                "allocations": cost.allocations, "ratio": (ratio(cost) * 1e3).round() / 1e3,
            }));
        }
        if ratio(this) > time_goal {
            missed.push(format!(
                "{case}: {:.2} of the time of oauth2 with a token of {length} bytes",
                ratio(this)
            ));
        }
        if this.allocations > allocations_goal {
            missed.push(format!(
                "{case}: {} allocations with a token of {length} bytes",
                this.allocations
            ));
        }
    }
}

fn challenges(cases: &mut Vec<Value>, missed: &mut Vec<String>) {
    for growth in growths() {
        for (length, ns) in growth.times {
            cases.push(json!({
                "case": "challenge", "subject": "this", "shape": growth.shape, "bytes": length,
                "ns": ns.round(), "ns_per_byte": (ns / length as f64 * 100.0).round() / 100.0,
            }));
        }
        cases.push(json!({
            "case": "challenge-growth", "subject": "this", "shape": growth.shape,
            "exponent": (growth.exponent * 100.0).round() / 100.0,
        }));
        if growth.exponent > GROWTH_GOAL {
            missed.push(format!(
                "{}: the time grows with the power {:.2} of the length",
                growth.shape, growth.exponent
            ));
        }
    }
}
