//! The sidecar from outside: the program itself between callers and an upstream of the test's own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod configuration;
mod heads;
mod limits;
mod proxy;
mod reload;
mod stack;
mod tls;
mod tokens;
mod traffic;
mod upstream;
