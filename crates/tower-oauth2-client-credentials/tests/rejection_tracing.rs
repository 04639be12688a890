//! What `tracing` shows of refused tokens. Alone in its binary: whether a span is on is decided for a whole process.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod refusals;
mod support;

use oauth2_client_credentials_testkit::AuthorizationServer;
use support::{lines::Lines, source};
use tower_oauth2_client_credentials::TracingObserver;

#[tokio::test(start_paused = true)]
async fn tracing_tells_refusals_replays_and_evictions_without_tokens() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(lines.writer())
        .finish();
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let server = AuthorizationServer::builder()
        .token_prefix("canary")
        .build();
    let source = source(&server).observer(TracingObserver::new());
    refusals::play_all(&server, source).await;

    let shown = lines.take();
    for (line, count) in [
        (r#"a token was refused verdict="forced""#, 1),
        (r#"a token was refused verdict="throttled""#, 1),
        (r#"a token was refused verdict="outdated""#, 1),
        ("a request whose token was refused is sent once more", 1),
        ("a token was forgotten, for there are too many", 1),
        (r#"cause="rejection""#, 1),
    ] {
        assert_eq!(shown.matches(line).count(), count, "{line} in {shown}");
    }
    assert!(!shown.contains("canary"), "{shown}");
}
