//! Tokens that a resource server refuses: one token request for any number of refusals, and none for each answer of a route that
//! refuses everything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../refusals/mod.rs"]
mod refusals;
#[path = "../support/mod.rs"]
mod support;
mod which;

use std::time::Duration;

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use refusals::{Api, Told, get, status};
use support::{origins, request, send, source, stack, token_error};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tower::{Layer, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, State, TokenErrorKind, replay,
};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A request every 10 ms, each answered after 600 ms: the first refusals come while the new token is under way, most when it is
/// there already.
#[tokio::test(start_paused = true)]
async fn fifty_staggered_refusals_of_one_token_cost_one_token_request() {
    let server = AuthorizationServer::builder().latency(millis(55)).build();
    let resource = ResourceServer::new(&server);
    let told = Told::default();
    let source = source(&server).observer(told.clone()).build();
    let service = ClientCredentials::new(resource.clone(), source, origins());
    send(&service).await.unwrap();
    server.revoke("t1");
    resource.set_latency(millis(600));
    told.take();

    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let service = service.clone();
        callers.spawn(async move { send(&service).await.unwrap() });
        sleep(millis(10)).await;
    }
    let answers = callers.join_all().await;
    assert!(
        answers.iter().all(|status| *status == 401),
        "nobody asked for more"
    );
    assert_eq!(server.token_requests(), 2);
    assert_eq!(told.count("fetch rejection ok"), 1);
    // From 600 ms to 650 ms, and from 660 ms to 1090 ms.
    assert_eq!(told.count("rejected forced"), 6);
    assert_eq!(told.count("rejected outdated"), 44);
    assert_eq!(send(&service).await.unwrap(), 200);
    let seen = resource.tokens_seen();
    assert_eq!(seen, [("t1".to_owned(), 51), ("t2".to_owned(), 1)]);
}

/// For ten minutes. The pauses between its forced fetches are 10, 20, 40, 80 and 160 s, and the next would be longer than what is left.
#[tokio::test(start_paused = true)]
async fn a_route_that_always_refuses_costs_six_token_requests_and_another_route_nothing() {
    const FETCH: Duration = millis(50);
    let server = AuthorizationServer::builder().latency(FETCH).build();
    let (told, api) = (Told::default(), Api::default());
    let source = source(&server).observer(told.clone()).build();
    let judge = |seen: &refusals::Seen| status(if seen.path == "/bad" { 401 } else { 200 });
    let service = ClientCredentials::new(api.service(Duration::ZERO, judge), source, origins());

    let (begun, mut ticks) = (Instant::now(), interval(millis(100)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut requests, mut delayed) = (0, 0);
    while begun.elapsed() < secs(600) {
        ticks.tick().await;
        let bad = service.clone().oneshot(get("/bad")).await.unwrap();
        assert_eq!(bad.status(), 401);
        let called = Instant::now();
        let good = service.clone().oneshot(get("/good")).await.unwrap();
        assert_eq!(good.status(), 200);
        assert!(
            called.elapsed() <= FETCH,
            "it waited {:?}",
            called.elapsed()
        );
        delayed += u32::from(!called.elapsed().is_zero());
        requests += 1;
    }
    assert!(requests > 5_900, "{requests}");
    assert_eq!(server.token_requests(), 1 + 6);
    assert_eq!(told.count("fetch rejection ok"), 6);
    assert_eq!(
        delayed, 1,
        "but for the first, those who wait are requests to the bad route, which come before"
    );
}

/// A refusal of an old token 5 s after the first forced fetch, or none; then the pause after the second one, 12 s after the first.
#[tokio::test(start_paused = true)]
async fn only_a_whole_interval_without_a_refusal_resets_the_throttle() {
    for (noise, pause) in [(false, 10), (true, 20)] {
        let server = AuthorizationServer::new();
        let (_, service) = stack(&server);
        let source = service.source();
        let refuse = async |generation| {
            source.reject(generation);
            send(&service).await.unwrap();
        };
        send(&service).await.unwrap();
        refuse(1).await;
        assert_eq!(server.token_requests(), 2, "the first one at once");
        sleep(secs(5)).await;
        if noise {
            refuse(1).await;
        }
        // Nothing but success all the while, which proves nothing.
        for _ in 0..7 {
            sleep(secs(1)).await;
            assert_eq!(send(&service).await.unwrap(), 200);
        }
        refuse(2).await;
        assert_eq!(server.token_requests(), 3, "10 s have passed either way");
        let since = Instant::now();
        refuse(3).await;
        while server.token_requests() == 3 {
            assert_eq!(
                send(&service).await.unwrap(),
                200,
                "it goes on being attached"
            );
            sleep(secs(1)).await;
        }
        let waited = since.elapsed();
        assert_eq!(waited, secs(pause + 1), "noise: {noise}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_token_that_is_not_the_current_one_does_nothing() {
    let server = AuthorizationServer::new();
    let told = Told::default();
    let source = source(&server).observer(told.clone()).build();
    source.reject(1);
    assert_eq!(source.token().await.unwrap().generation(), 1);
    source.reject(1);
    assert_eq!(source.health().state(), State::Rejected);
    assert_eq!(source.token().await.unwrap().generation(), 2);
    told.take();
    for generation in [1, 3, 0, u64::MAX] {
        source.reject(generation);
        assert_eq!(source.token().await.unwrap().generation(), 2);
    }
    assert_eq!(told.take(), ["rejected outdated"; 4]);
    assert_eq!(server.token_requests(), 2);
    // One that has ended, or was thrown away, is not refused either.
    sleep(secs(3_600)).await;
    source.reject(2);
    source.token().await.unwrap();
    source.invalidate();
    source.reject(3);
    source.token().await.unwrap();
    assert_eq!(
        told.take(),
        [
            "rejected outdated",
            "fetch expired ok",
            "rejected outdated",
            "fetch empty ok"
        ]
    );
}

/// The refused request has its own answer already; the others wait for the forced fetch, and are told why it failed.
#[tokio::test(start_paused = true)]
async fn when_healing_fails_the_refused_request_keeps_its_401_and_the_others_get_the_error() {
    let server = AuthorizationServer::new();
    let resource = ResourceServer::new(&server);
    let layer = ClientCredentialsLayer::new(source(&server).build(), origins());
    let never = layer.clone().layer(resource.clone());
    let empty = layer.replay(replay::Cloned::new()).layer(resource.clone());
    send(&never).await.unwrap();
    server.revoke_all();
    server.set_outage(Some(
        Answer::oauth_error(400, "invalid_scope").after(millis(50)),
    ));

    let begun = Instant::now();
    let healing = tokio::spawn(async move { (send(&empty).await.unwrap(), Instant::now()) });
    sleep(millis(10)).await;
    let mut waiting = JoinSet::new();
    for _ in 0..3 {
        let service = never.clone();
        waiting.spawn(async move { (send(&service).await.unwrap_err(), Instant::now()) });
    }
    let (status, told_at) = healing.await.unwrap();
    assert_eq!((status, told_at - begun), (401, millis(50)));
    for (error, told_at) in waiting.join_all().await {
        let error = token_error(error);
        assert_eq!(error.kind(), TokenErrorKind::Scope);
        assert_eq!(error.retry_in(), Some(secs(5)));
        assert_eq!(told_at - begun, millis(50));
    }
    assert_eq!((server.token_requests(), resource.requests()), (2, 2));

    // Then the gate: at once, and without a token request.
    let called = Instant::now();
    let error = token_error(send(&never).await.unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::Scope);
    assert_eq!(called.elapsed(), Duration::ZERO);
    assert_eq!(never.source().health().state(), State::Gated);
    assert_eq!(server.token_requests(), 2);
    server.set_outage(None);
    sleep(secs(5)).await;
    assert_eq!(send(&never).await.unwrap(), 200);
    assert_eq!(server.token_requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hands_out_the_refused_token_again_is_a_failure_and_gated() {
    let server = AuthorizationServer::new();
    let (resource, service) = stack(&server);
    send(&service).await.unwrap();
    resource.reject(["t1"]);
    for _ in 0..2 {
        server.push_answer(Answer::token("t1"));
    }
    assert_eq!(send(&service).await.unwrap(), 401);
    for (token_requests, pause) in [(2, 5), (3, 10)] {
        let error = token_error(send(&service).await.unwrap_err());
        assert_eq!(error.kind(), TokenErrorKind::Rejected);
        assert!(!error.is_transient());
        assert_eq!(error.retry_in(), Some(secs(pause)));
        assert_eq!(server.token_requests(), token_requests, "one attempt each");
        sleep(secs(pause) - millis(1)).await;
        send(&service).await.unwrap_err();
        assert_eq!(server.token_requests(), token_requests, "gated");
        sleep(millis(1)).await;
    }
    assert_eq!(send(&service).await.unwrap(), 200);
    assert_eq!(
        resource.tokens_seen(),
        [("t1".to_owned(), 2), ("t4".to_owned(), 1)],
        "it was never sent again"
    );
}

/// By a layer that keeps nothing, and by one that would send once more.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_its_source_was_dropped_or_closed_is_left_as_it_is() {
    for (close, replays) in [(false, false), (false, true), (true, false), (true, true)] {
        let server = AuthorizationServer::new();
        let resource = ResourceServer::new(&server);
        let told = Told::default();
        let source = source(&server).observer(told.clone()).build();
        source.token().await.unwrap();
        resource.set_latency(millis(100));
        resource.reject_all(true);
        let answer = {
            let layer = ClientCredentialsLayer::new(source.clone(), origins());
            match replays {
                false => layer.layer(resource.clone()).call(request()),
                true => {
                    let layer = layer.replay(replay::Cloned::new());
                    layer.layer(resource.clone()).call(request())
                }
            }
        };
        let answer = tokio::spawn(answer);
        sleep(millis(50)).await;
        if close {
            assert_eq!(source.close().len(), 1);
        } else {
            drop(source);
        }
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 401, "close: {close}, replays: {replays}");
        assert!(answer.headers().contains_key("www-authenticate"));
        assert_eq!((server.token_requests(), resource.requests()), (1, 1));
        let expected: &[_] = if close { &["rejected outdated"] } else { &[] };
        assert_eq!(told.take()[1..], *expected);
    }
}

/// The bytes of a refused token are remembered for as long as it would have lived, also if it comes by another way.
#[tokio::test(start_paused = true)]
async fn a_refused_token_that_comes_back_in_a_renewal_is_not_kept() {
    let server = AuthorizationServer::new();
    let (resource, service) = stack(&server);
    send(&service).await.unwrap();
    resource.reject(["t1"]);
    assert_eq!(send(&service).await.unwrap(), 401);
    assert_eq!(send(&service).await.unwrap(), 200);
    server.push_answer(Answer::token("t1"));
    // A token that is not the first is renewed 1.25 leads of 720 s before its end.
    sleep(secs(2_700)).await;
    send(&service).await.unwrap();
    sleep(millis(1)).await;
    assert_eq!(server.token_requests(), 3);
    assert_eq!(send(&service).await.unwrap(), 200);
    let seen = resource.tokens_seen();
    assert_eq!(seen, [("t1".to_owned(), 2), ("t2".to_owned(), 3)]);
}
