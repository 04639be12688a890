//! The sidecar from outside: the program itself between callers and an upstream of the test's own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod answers;
#[path = "../token/authority.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod authority;
mod configuration;
mod frames;
mod heads;
mod hostile;
#[path = "../token/http_server.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod http_server;
mod limits;
mod proxy;
mod raw;
mod reload;
mod stack;
mod tls;
mod token_keys;
mod tokens;
mod traffic;
mod upstream;
