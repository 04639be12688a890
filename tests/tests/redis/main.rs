//! A fleet that shares one token through a real Redis, with TLS and passwords, and a real authorization server.
//!
//! `--nocapture` shows what was counted.
#![allow(clippy::print_stdout, reason = "the counts are shown by --nocapture")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bound;
mod firewall;
mod mishaps;
mod processes;
mod proxy;
mod refusals;
mod replica;
mod stored;

use std::time::Duration;

/// How long tokens live where they are to be renewed.
const LIFETIME: Duration = Duration::from_secs(5);
