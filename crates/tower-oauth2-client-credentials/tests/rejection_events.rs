//! What an operator sees of refused tokens and of tokens that had to go.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod refusals;
mod support;

use oauth2_client_credentials_testkit::AuthorizationServer;
use refusals::{Told, play_all};
use support::source;

#[tokio::test(start_paused = true)]
async fn refusals_replays_and_evictions_are_told_once_each() {
    let (server, told) = (AuthorizationServer::new(), Told::default());
    play_all(&server, source(&server).observer(told.clone())).await;
    assert_eq!(
        told.take(),
        [
            "fetch empty ok",
            "rejected forced",
            "fetch rejection ok",
            "replayed",
            "rejected throttled",
            "rejected outdated",
            "fetch empty ok",
            "evicted first",
            "fetch empty ok",
        ]
    );
}

#[cfg(feature = "metrics")]
#[test]
fn metrics_count_refusals_replays_and_evictions() {
    use tower_oauth2_client_credentials::MetricsObserver;

    let counted = support::metered::counted(async {
        let server = AuthorizationServer::builder()
            .token_prefix("canary-t")
            .build();
        let source = source(&server).observer(MetricsObserver::new("orders"));
        play_all(&server, source).await;
    });
    let expected = [
        ("evicted_total orders", 1),
        ("fetch_attempts_total orders", 4),
        ("fetches_total orders,empty,ok", 3),
        ("fetches_total orders,rejection,ok", 1),
        ("rejected_total orders,forced", 1),
        ("rejected_total orders,outdated", 1),
        ("rejected_total orders,throttled", 1),
        ("replayed_total orders", 1),
    ];
    assert_eq!(counted, expected.map(|(name, n)| (name.to_owned(), n)));
}
