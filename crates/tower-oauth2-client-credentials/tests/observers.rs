//! What an operator sees: the observer, and its `tracing` and `metrics` forms.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use support::{send, source, stack};
use tokio::time::sleep;
use tower_oauth2_client_credentials::{Event, Observer};

/// The names of what happened, in its order.
#[derive(Clone, Debug, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl Observer for Names {
    fn observe(&self, event: &Event<'_>) {
        let name = match event {
            Event::Fetch {
                cause,
                outcome,
                attempts,
                waiters,
                ..
            } => {
                let outcome =
                    outcome.map_or_else(|error| error.kind().to_string(), |()| "ok".to_owned());
                format!("fetch {} {outcome} {attempts} {waiters}", cause.as_str())
            }
            Event::SecondsToExpiry { left, .. } => format!("ends in {}", left.as_secs()),
            Event::GateClosed { retry_in, .. } => format!("gate {}", retry_in.as_millis()),
            Event::GateOpened { .. } => "open".to_owned(),
            Event::ServedDue { .. } => "due".to_owned(),
            Event::ServedInLeeway { .. } => "leeway".to_owned(),
            Event::NoLifetime { .. } => "no lifetime".to_owned(),
            Event::Lifeless { .. } => "lifeless".to_owned(),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(name);
    }
}

impl Names {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn each_event_is_told_once_and_nothing_while_fresh() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_secs(100))
        .build();
    let names = Names::default();
    let source = source(&server).observer(names.clone()).build();
    server.push_answer(Answer::body(503, ""));
    server.push_answer(Answer::oauth_error(400, "invalid_scope"));
    source.token().await.unwrap_err();
    assert_eq!(names.take(), ["fetch empty Scope 2 1", "gate 5000"]);
    sleep(Duration::from_secs(5)).await;
    let both = tokio::join!(source.token(), source.token());
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!(names.take(), ["fetch empty ok 1 2", "open", "ends in 100"]);
    for _ in 0..100 {
        source.token().await.unwrap();
    }
    assert!(names.take().is_empty());
    server.set_outage(Some(Answer::connect_error()));
    sleep(Duration::from_secs(80)).await;
    source.token().await.unwrap();
    let told = names.take();
    assert!(told[0].starts_with("fetch renewal Transient 3"), "{told:?}");
    assert!(
        told[1].starts_with("gate ") && told[2] == "leeway" && told.len() == 3,
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_due_and_a_missing_lifetime_are_told() {
    let server = AuthorizationServer::new();
    server.push_answer(Answer::json(
        200,
        serde_json::json!({"access_token": "t", "token_type": "Bearer"}),
    ));
    let names = Names::default();
    let source = source(&server).observer(names.clone()).build();
    source.token().await.unwrap();
    assert_eq!(
        names.take(),
        ["fetch empty ok 1 1", "no lifetime", "ends in 300"]
    );
    sleep(Duration::from_secs(240)).await;
    source.token().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(
        names.take(),
        ["due", "fetch renewal ok 1 0", "ends in 3600"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_and_what_was_stopped_is_told_as_such() {
    let server = AuthorizationServer::builder()
        .latency(Duration::from_millis(100))
        .build();
    let names = Names::default();
    let source = source(&server).observer(names.clone()).build();
    let waiting = |source: &tower_oauth2_client_credentials::TokenSource| {
        let source = source.clone();
        tokio::spawn(async move { source.token().await })
    };
    let first = waiting(&source);
    sleep(Duration::from_millis(50)).await;
    source.invalidate();
    first.await.unwrap().unwrap();
    assert_eq!(
        names.take(),
        ["fetch empty ok 1 1"],
        "nobody carries it from now on"
    );
    let second = waiting(&source);
    sleep(Duration::from_millis(50)).await;
    assert!(source.close().is_empty());
    let error = second.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("closed"), "{error}");
    assert_eq!(names.take(), ["fetch empty Configuration 1 1"]);
    assert_eq!(
        source.health().state(),
        tower_oauth2_client_credentials::State::Closed
    );
}

#[tokio::test(start_paused = true)]
async fn a_success_after_failures_is_told_also_if_its_token_has_no_life() {
    let token = |seconds| {
        Answer::json(
            200,
            serde_json::json!({"access_token": "t", "token_type": "Bearer", "expires_in": seconds}),
        )
    };
    let server = AuthorizationServer::new();
    server.push_answer(Answer::oauth_error(400, "invalid_scope"));
    server.push_answer(token(0));
    server.push_answer(token(60));
    let names = Names::default();
    let source = source(&server).observer(names.clone()).build();
    source.token().await.unwrap_err();
    sleep(Duration::from_secs(5)).await;
    source.token().await.unwrap();
    source.token().await.unwrap();
    let told = names.take();
    assert_eq!(
        told[2..],
        [
            "fetch empty ok 1 1",
            "open",
            "lifeless",
            "fetch empty ok 1 1",
            "ends in 60"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_due_is_told_once_in_a_while_and_not_for_each_request() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_secs(100))
        .build();
    let names = Names::default();
    let source = source(&server).observer(names.clone()).build();
    source.token().await.unwrap();
    server.set_outage(Some(Answer::hang()));
    // The last milliseconds before the leeway.
    sleep(Duration::from_millis(74_995)).await;
    names.take();
    for _ in 0..1_000 {
        source.token().await.unwrap();
    }
    assert_eq!(names.take(), ["due"]);
}

#[cfg(feature = "metrics")]
#[test]
fn metrics_count_fetches_by_cause_and_outcome() {
    use tower_oauth2_client_credentials::MetricsObserver;

    let counted = support::metered::counted(async {
        let server = AuthorizationServer::builder()
            .token_prefix("canary-t")
            .build();
        server.push_answer(Answer::oauth_error(400, "invalid_scope"));
        let source = source(&server)
            .observer(MetricsObserver::new("orders"))
            .build();
        source.token().await.unwrap_err();
        sleep(Duration::from_secs(5)).await;
        source.token().await.unwrap();
    });
    let expected = [
        ("fetch_attempts_total orders", 2),
        ("fetches_total orders,empty,Scope", 1),
        ("fetches_total orders,empty,ok", 1),
        ("gate_closed_total orders", 1),
        ("gate_opened_total orders", 1),
    ];
    assert_eq!(counted, expected.map(|(name, n)| (name.to_owned(), n)));
}

#[tokio::test(start_paused = true)]
async fn warming_up_tries_until_it_works_or_cannot() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::connect_error()));
    let source = source(&server).build();
    let error = source.warm_up(Duration::from_secs(5)).await.unwrap_err();
    assert!(error.is_transient());
    let warming = tokio::spawn({
        let source = source.clone();
        async move { source.warm_up(Duration::from_secs(120)).await }
    });
    sleep(Duration::from_secs(40)).await;
    server.set_outage(None);
    warming.await.unwrap().unwrap();
    assert!(source.health().is_usable());

    let server = AuthorizationServer::builder()
        .client("svc", "another")
        .build();
    let (_, service) = stack(&server);
    let error = service
        .source()
        .warm_up(Duration::from_secs(60))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("invalid_client"));
    assert_eq!(server.token_requests(), 1, "trying again cannot help");
    send(&service).await.unwrap_err();
}
