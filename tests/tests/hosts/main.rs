//! Every host under load, as its example has it: tokens that live for five seconds, and an authorization server that is killed.
//!
//! All hosts run at the same time, so that the minute that it takes is taken once. `--nocapture` shows what was counted.
#![allow(clippy::print_stdout, reason = "the counts are shown by --nocapture")]

mod api;
#[path = "../front/mod.rs"]
#[allow(dead_code, reason = "another test has more questions")]
mod front;
mod host;
mod outage;
#[path = "../tonic/server.rs"]
#[allow(dead_code, reason = "another test has more questions")]
mod server;
mod steady;

use std::time::Duration;

/// How long tokens live.
const LIFETIME: Duration = Duration::from_secs(5);

/// Requests that each host sends a second.
const RATE: u32 = 50;
