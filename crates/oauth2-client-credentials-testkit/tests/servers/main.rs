//! Both servers, as a user's test sees them.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are test code too")]

mod authorization_server;
mod failures;
#[cfg(feature = "serve")]
mod loopback;
mod resource_server;
mod support;
mod token_endpoint;
mod types;
