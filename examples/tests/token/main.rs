//! The program `token`, run as users run it, against the servers of the test kit.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are test code too")]

mod arguments;
mod failures;
mod get;
mod granted;
mod request;
mod support;
mod tls;
