//! What a token costs a warm request: this layer beside one that attaches a header that never changes, and beside none.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin compare -- [--json]
//! ```
//!
//! Rounds of all subjects are interleaved, so that a machine whose speed wanders is the same for all; medians are shown. `control`
//! is the floor once more: how far it is from `static` is how much noise there is.

mod measure;
mod subjects;

use std::mem::size_of;

use serde_json::json;

use measure::{Measured, interleaved};
use subjects::{Header, Noop, Subject, control, fixed, none, this};

#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let mut cases = Vec::new();
    for (case, clone_per_request) in [("warm", false), ("warm-clone-per-request", true)] {
        let mut subjects: Vec<Box<dyn Subject>> = vec![none(), fixed(), control(), this()];
        let measured = interleaved(&mut subjects, clone_per_request, ALLOCATOR);
        let overhead = |of: &Measured| of.nanoseconds - measured[0].nanoseconds;
        let floor = overhead(&measured[1]);
        for (subject, of) in subjects.iter().zip(&measured) {
            cases.push(json!({
                "case": case,
                "subject": subject.name(),
                "ns": of.nanoseconds,
                "allocations": of.allocations,
                "ratio": overhead(of) / floor,
            }));
        }
    }
    type Future = tower_oauth2_client_credentials::ResponseFuture<Noop, ()>;
    cases.push(json!({ "case": "future-size", "subject": "this", "bytes": size_of::<Future>() }));
    cases.push(
        json!({ "case": "future-size", "subject": "none", "bytes": size_of::<subjects::Answer>() }),
    );
    cases.push(json!({ "case": "future-size", "subject": "static", "bytes": size_of::<<Header as tower::Service<http::Request<()>>>::Future>() }));
    if as_json {
        println!("{}", json!({ "cases": cases }));
        return;
    }
    println!(
        "{:<24} {:<8} {:>8} {:>12} {:>8}",
        "case", "subject", "ns", "allocations", "ratio"
    );
    for case in &cases {
        let number = |name: &str, digits: usize| {
            case[name]
                .as_f64()
                .map_or(String::new(), |number| format!("{number:.digits$}"))
        };
        println!(
            "{:<24} {:<8} {:>8} {:>12} {:>8} {}",
            case["case"].as_str().unwrap_or_default(),
            case["subject"].as_str().unwrap_or_default(),
            number("ns", 1),
            number("allocations", 2),
            number("ratio", 2),
            case["bytes"]
                .as_u64()
                .map_or(String::new(), |bytes| format!("{bytes} bytes")),
        );
    }
}
