//! No public type shows a secret, no log at its most talkative has one in it, and no panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(
    feature = "client",
    feature = "dpop",
    feature = "metrics",
    feature = "tracing"
))]

mod logs;
mod panics;
#[path = "../../../oauth2-client-credentials/tests/leaks/shown.rs"]
mod shown;
mod types;

use oauth2_client_credentials::{Client, ClientSecretBasic};

/// What nobody may see.
const SECRET: &str = "canary-secret-5c1f";
const TOKEN: &str = "canary-token-9d2e";

fn client() -> Client {
    Client::new("svc", ClientSecretBasic::new(SECRET)).unwrap()
}
