//! A token is renewed behind the backs of those who carry it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use support::{TokioClock, credential, endpoint, origins, send, source, stack};
use tokio::time::{Instant, sleep};
use tower::Layer;
use tower_oauth2_client_credentials::{ClientCredentialsLayer, State, TokenSource};

/// The lifetime of every token here, and when its renewal is due at the latest.
const HOUR: Duration = Duration::from_secs(3_600);
const DUE: Duration = Duration::from_secs(2_880);

#[tokio::test(start_paused = true)]
async fn a_failing_renewal_delays_nobody_and_asks_at_most_nine_times_in_two_seconds() {
    let server = AuthorizationServer::builder().lifetime(HOUR).build();
    let (resource, service) = stack(&server);
    send(&service).await.unwrap();
    server.set_outage(Some(Answer::body(500, "").after(Duration::from_millis(20))));
    server.reset_counters();
    sleep(DUE).await;
    let start = Instant::now();
    let mut requests = 0;
    while start.elapsed() < Duration::from_secs(2) {
        let called = Instant::now();
        assert_eq!(send(&service).await.unwrap(), 200);
        assert_eq!(called.elapsed(), Duration::ZERO, "it was delayed");
        requests += 1;
        sleep(Duration::from_millis(8)).await;
    }
    assert!(requests > 200 && resource.served() == requests + 1);
    let attempts = server.token_requests();
    assert!((3..=9).contains(&attempts), "{attempts} attempts");
    assert_eq!(service.source().health().state(), State::Due);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_is_drawn_once_for_each_token_and_not_for_each_request() {
    let server = AuthorizationServer::builder().lifetime(HOUR).build();
    let drawn = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&drawn);
    let source = TokenSource::builder(endpoint(&server, &credential()))
        .clock(TokioClock::new())
        .draws(move || {
            // A draw for each look would end the token's rest as soon as one is large.
            let drawn = counter.fetch_add(1, Ordering::Relaxed);
            if drawn == 0 { 0.0 } else { 1.0 }
        })
        .build();
    for _ in 0..280 {
        source.token().await.unwrap();
        assert_eq!(server.token_requests(), 1);
        sleep(Duration::from_secs(10)).await;
    }
    assert_eq!(drawn.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn replicas_that_start_together_renew_apart() {
    let server = AuthorizationServer::builder().lifetime(HOUR).build();
    let mut replicas = Vec::new();
    for replica in 0..10 {
        let draw = f64::from(replica) / 9.0;
        let source = source(&server).draws(move || draw).build();
        source.token().await.unwrap();
        replicas.push((source, None));
    }
    for minute in 0..60 {
        for (source, due_from) in &mut replicas {
            if source.health().state() == State::Due {
                due_from.get_or_insert(minute);
            }
        }
        sleep(Duration::from_secs(60)).await;
    }
    let mut due_from: Vec<_> = replicas
        .iter()
        .map(|(_, due_from)| due_from.unwrap())
        .collect();
    due_from.dedup();
    assert_eq!(due_from.len(), 10, "some are due together: {due_from:?}");
    assert_eq!(
        (due_from[9], due_from[0]),
        (18, 48),
        "from 0.3 of the lifetime to the lead before its end"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_still_works_is_not_displaced_by_a_failure() {
    let server = AuthorizationServer::builder().lifetime(HOUR).build();
    let source = source(&server).build();
    let layer = ClientCredentialsLayer::new(source.clone(), origins());
    let resource = oauth2_client_credentials_testkit::ResourceServer::new(&server);
    let service = layer.layer(resource.clone());
    send(&service).await.unwrap();
    server.set_outage(Some(Answer::oauth_error(401, "invalid_client")));
    sleep(DUE).await;
    for _ in 0..(HOUR - DUE).as_secs() - 1 {
        assert_eq!(send(&service).await.unwrap(), 200);
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(resource.tokens_seen().len(), 1);
    sleep(Duration::from_secs(2)).await;
    send(&service).await.unwrap_err();
    assert_eq!(source.health().state(), State::Gated);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_asked_for_by_hand_is_renewed_ahead_too() {
    let server = AuthorizationServer::builder().lifetime(HOUR).build();
    let source = source(&server).build();
    source.token().await.unwrap();
    sleep(DUE).await;
    let called = Instant::now();
    assert_eq!(source.token().await.unwrap().generation(), 1);
    assert_eq!(called.elapsed(), Duration::ZERO);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(source.token().await.unwrap().generation(), 2);
    assert_eq!(server.token_requests(), 2);
}
