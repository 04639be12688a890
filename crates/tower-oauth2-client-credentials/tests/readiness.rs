//! What a readiness probe has to ask, so that a replica without requests is ready, and becomes so again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use support::source;
use tokio::time::{sleep, timeout};
use tower_oauth2_client_credentials::TokenSource;

const LIFE: Duration = Duration::from_secs(3600);
const PROBE_EVERY: Duration = Duration::from_secs(10);
const PROBE_WAITS: Duration = Duration::from_secs(1);

fn server() -> AuthorizationServer {
    AuthorizationServer::builder()
        .client("svc", "canary-secret")
        .lifetime(LIFE)
        .build()
}

/// One probe, as an orchestrator makes it: it does not wait for long.
async fn is_ready(source: &TokenSource) -> bool {
    sleep(PROBE_EVERY).await;
    timeout(PROBE_WAITS, source.token())
        .await
        .is_ok_and(|token| token.is_ok())
}

#[tokio::test(start_paused = true)]
async fn an_idle_source_stays_ready_if_the_probe_asks_for_its_token() {
    let server = server();
    let source = source(&server).build();
    source.warm_up(PROBE_EVERY).await.unwrap();

    for _ in 0..3 * LIFE.as_secs() / PROBE_EVERY.as_secs() {
        assert!(is_ready(&source).await);
    }
    // Not more often than requests would have had it done.
    assert!(server.token_requests() <= 6, "{}", server.token_requests());
}

#[tokio::test(start_paused = true)]
async fn an_idle_source_does_not_stay_usable_by_itself() {
    let server = server();
    let source = source(&server).build();
    source.warm_up(PROBE_EVERY).await.unwrap();

    sleep(LIFE + PROBE_EVERY).await;
    assert!(!source.health().is_usable());
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_gives_up_early_has_a_token_fetched_all_the_same() {
    let server = server();
    server.set_latency(3 * PROBE_WAITS);
    let source = source(&server).build();

    assert!(!is_ready(&source).await);
    assert!(is_ready(&source).await);
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_started_in_an_outage_becomes_ready_after_it() {
    let server = server();
    server.set_outage(Some(Answer::connect_error()));
    let source = source(&server).build();
    source.warm_up(PROBE_EVERY).await.unwrap_err();
    for _ in 0..30 {
        assert!(!is_ready(&source).await);
    }

    server.set_outage(None);
    // The longest pause after a failure is 45 s.
    for _ in 0..5 {
        is_ready(&source).await;
    }
    assert!(source.health().is_usable());
}
