//! What `tracing` shows. Alone in its binary: whether a span is on is decided for a whole process.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use support::{lines::Lines, source};
use tokio::time::sleep;
use tower_oauth2_client_credentials::TracingObserver;

#[tokio::test(start_paused = true)]
async fn tracing_tells_a_failure_with_its_code_and_without_secrets() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(lines.writer())
        .finish();
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let server = AuthorizationServer::builder()
        .token_prefix("canary")
        .build();
    server.push_answer(Answer::oauth_error(401, "invalid_client"));
    let source = source(&server).observer(TracingObserver::new()).build();
    let request = tracing::info_span!("request");
    tracing::Instrument::instrument(source.token(), request)
        .await
        .unwrap_err();
    sleep(Duration::from_secs(5)).await;
    source.token().await.unwrap();
    let shown = lines.take();
    for words in [
        "WARN",
        "could not fetch a token",
        "ClientAuthentication",
        "invalid_client",
        "fetched a token",
        "token_request",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains("canary"), "{shown}");
    assert!(
        !shown.contains("request:token_request"),
        "it is for all who wait: {shown}"
    );
}
