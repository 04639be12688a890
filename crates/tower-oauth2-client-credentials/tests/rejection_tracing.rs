//! What `tracing` shows of refused tokens. Alone in its binary: whether a span is on is decided for a whole process.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod refusals;
mod support;

use std::sync::{Arc, Mutex};

use oauth2_client_credentials_testkit::AuthorizationServer;
use support::source;
use tower_oauth2_client_credentials::TracingObserver;

#[tokio::test(start_paused = true)]
async fn tracing_tells_refusals_replays_and_evictions_without_tokens() {
    /// Keeps every event as text.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let server = AuthorizationServer::builder()
        .token_prefix("canary")
        .build();
    let source = source(&server).observer(TracingObserver::new());
    refusals::play_all(&server, source).await;

    let shown = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
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
