//! One token request for all who wait for it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use http::Request;
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use support::{TokioClock, credential, origins, send, source, stack, token_error};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tower::{Service, ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, TokenErrorKind, TokenSource};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_make_one_token_request() {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let (resource, service) = stack(&server);
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let service = service.clone();
        callers.spawn(async move { send(&service).await.unwrap() });
    }
    assert!(
        callers
            .join_all()
            .await
            .into_iter()
            .all(|status| status == 200)
    );
    assert_eq!(server.token_requests(), 1);
    assert_eq!(resource.tokens_seen(), [("t1".to_owned(), 1_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_failing_endpoint_answers_a_hundred_callers_with_one_flight() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::body(500, "").after(millis(50))));
    let (resource, service) = stack(&server);
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let service = service.clone();
        callers.spawn(async move {
            (
                token_error(send(&service).await.unwrap_err()),
                start.elapsed(),
            )
        });
    }
    for (error, told_after) in callers.join_all().await {
        assert_eq!(error.kind(), TokenErrorKind::Transient);
        assert!(
            error.is_transient() && error.retry_in() > Some(Duration::ZERO),
            "{error}"
        );
        assert!(
            told_after < Duration::from_secs(1),
            "told within the flight, not after {told_after:?}"
        );
    }
    assert_eq!(server.token_requests(), 3, "one flight of three attempts");
    // Those who come while the gate is closed hear it at once.
    let late = Instant::now();
    send(&service).await.unwrap_err();
    assert_eq!(late.elapsed(), Duration::ZERO);
    assert_eq!((server.token_requests(), resource.requests()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn the_first_caller_gives_up_and_its_flight_serves_the_rest() {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let (_, service) = stack(&server);
    let first = timeout(millis(10), send(&service));
    let rest = async {
        sleep(millis(5)).await;
        let start = Instant::now();
        assert_eq!(send(&service).await.unwrap(), 200);
        start.elapsed()
    };
    let (first, waited) = tokio::join!(first, rest);
    assert!(first.is_err(), "it gave up");
    assert!(
        waited <= millis(50),
        "the fetch did not begin again: {waited:?}"
    );
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_with_deadlines_shorter_than_the_fetch_are_served_in_the_end() {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let (_, service) = stack(&server);
    let mut callers = JoinSet::new();
    for _ in 0..200 {
        let service = service.clone();
        callers.spawn(async move { timeout(millis(40), send(&service)).await.is_ok() });
        sleep(millis(5)).await;
    }
    let served = callers
        .join_all()
        .await
        .into_iter()
        .filter(|served| *served)
        .count();
    assert!(served >= 195, "{served} of 200");
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_concurrency_limit_around_both_sides_does_not_deadlock() {
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let credential = credential();
    let token_side = ServiceBuilder::new()
        .layer(limit.clone())
        .service(server.clone());
    let uri = oauth2_client_credentials::EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = tower_oauth2_client_credentials::TokenEndpoint::new(token_side, uri, credential);
    let source = TokenSource::builder(endpoint)
        .clock(TokioClock::new())
        .build();
    let resource = ResourceServer::new(&server);
    let mut service = ServiceBuilder::new()
        .layer(ClientCredentialsLayer::new(source, origins()))
        .layer(limit)
        .service(resource.clone());
    // The instance that is polled ready holds the only permit: the token request needs it too.
    for _ in 0..3 {
        let ready = timeout(
            Duration::from_secs(60),
            ServiceExt::<Request<()>>::ready(&mut service),
        )
        .await
        .expect("no deadlock")
        .unwrap();
        let response = timeout(Duration::from_secs(60), ready.call(support::request()));
        assert_eq!(response.await.expect("no deadlock").unwrap().status(), 200);
    }
    assert_eq!((server.token_requests(), resource.served()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_refused_or_failed_request_gives_its_readiness_back() {
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::oauth_error(400, "invalid_scope")));
    let inner = ServiceBuilder::new()
        .layer(limit)
        .service(ResourceServer::new(&server));
    let layer = ClientCredentialsLayer::new(source(&server).build(), origins());
    let mut service = ServiceBuilder::new().layer(layer).service(inner.clone());
    let foreign = Request::get("https://evil.test/").body(()).unwrap();
    for request in [foreign, support::request(), support::request()] {
        ServiceExt::<Request<()>>::ready(&mut service)
            .await
            .unwrap();
        service.call(request).await.unwrap_err();
        let permit = timeout(millis(1), inner.clone().oneshot(support::request()));
        permit.await.expect("the permit is free").unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_token_service_is_a_failed_flight_and_no_more() {
    let server = AuthorizationServer::builder()
        .script([Answer::panic().after(millis(10))])
        .build();
    let (_, service) = stack(&server);
    let error = token_error(send(&service).await.unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::Transient);
    assert!(error.to_string().contains("panicked"), "{error}");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(send(&service).await.unwrap(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_no_longer_than_its_budget_and_the_flight_goes_on() {
    let server = AuthorizationServer::builder()
        .script([Answer::hang(), Answer::hang(), Answer::usual()])
        .build();
    let (_, service) = stack(&server);
    let start = Instant::now();
    let error = token_error(send(&service).await.unwrap_err());
    assert_eq!(
        (error.kind(), start.elapsed()),
        (TokenErrorKind::Timeout, Duration::from_secs(10))
    );
    sleep(Duration::from_secs(4)).await;
    assert_eq!(send(&service).await.unwrap(), 200);
    assert_eq!(
        server.token_requests(),
        3,
        "the third attempt of the same flight"
    );
}
