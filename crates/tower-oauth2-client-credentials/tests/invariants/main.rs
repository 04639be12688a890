//! The invariants of a token's life, as properties over random timelines: driven clocks, a scripted server, the whole layer.
//!
//! `PROPTEST_CASES` says how many timelines each property tries (500 unless set); a failure prints the shortest one found
//! and its seed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::print_stdout,
    reason = "what was tried is shown by --nocapture"
)]

mod metered;
mod outages;
mod play;
mod redirects;
mod refusals;
mod repeats;
mod resource;
mod runtimes;
mod server;
mod timeline;
mod timelines;
#[path = "../scenario_runner/world.rs"]
#[allow(dead_code, reason = "the scenarios use more of it")]
mod world;

use proptest::test_runner::Config;

/// As many cases as the environment asks for, else 500. A closure of the test's tells which test it is: where there is one thread
/// for all of them, that has another name.
fn config<F>(_within: F) -> Config {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let cases = cases.unwrap_or(500);
    let test = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    println!("timelines of {test}: {cases}");
    Config {
        cases,
        max_shrink_iters: 4_000,
        ..Config::default()
    }
}
