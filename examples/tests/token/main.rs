//! The program `token`, run as users run it, against the servers of the test kit.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are test code too")]

mod arguments;
mod assertions;
mod authority;
mod dpop;
mod failures;
mod get;
mod granted;
mod http_server;
mod issuer;
mod mutual_tls;
mod request;
mod support;
mod tls;
