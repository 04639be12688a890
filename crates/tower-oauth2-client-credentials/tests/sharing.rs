//! One token request for all who wait for it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{sync::Arc, time::Duration};

use http::Request;
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use support::{TokioClock, credential, endpoint, origins, send, source, stack, token_error};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tower::{Service, ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, State, TokenErrorKind, TokenSource};

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

/// Two runtimes share a source; the one that fetches stops in the middle.
#[test]
fn a_runtime_that_stops_in_the_middle_of_a_flight_strands_nobody() {
    let server = AuthorizationServer::builder()
        .script([Answer::hang()])
        .build();
    let source = TokenSource::new(endpoint(&server, &credential()));
    let first = tokio::runtime::Runtime::new().unwrap();
    let second = tokio::runtime::Runtime::new().unwrap();
    let started = first.spawn({
        let source = source.clone();
        async move { source.token().await }
    });
    while server.token_requests() == 0 {
        std::thread::yield_now();
    }
    let waiting = second.spawn({
        let source = source.clone();
        async move { source.token().await }
    });
    first.shutdown_background();
    let token = second.block_on(waiting).unwrap().unwrap();
    assert_eq!(token.access_token().expose(), "t2");
    assert!(second.block_on(started).unwrap_err().is_cancelled());
    assert_eq!(server.token_requests(), 2);
}

#[test]
fn a_source_made_outside_a_runtime_works_inside_one_and_says_so_outside() {
    let server = AuthorizationServer::new();
    let source = TokenSource::new(endpoint(&server, &credential()));
    let outside = futures_executor(source.token()).unwrap_err();
    assert_eq!(outside.kind(), TokenErrorKind::Configuration);
    assert!(outside.to_string().contains("runtime"), "{outside}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(source.token()).unwrap();
    drop(runtime);
    // A token that works needs no runtime.
    futures_executor(source.token()).unwrap();
}

/// Polls a future that never has to wait.
fn futures_executor<F: Future>(future: F) -> F::Output {
    let waker = std::task::Waker::noop();
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(waker)) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_source_ends_the_flight() {
    let server = AuthorizationServer::builder()
        .latency(Duration::from_secs(5))
        .build();
    let source = source(&server).build();
    timeout(millis(10), source.token()).await.unwrap_err();
    assert_eq!(server.token_requests(), 1);
    drop(source);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(server.issued(), 0, "nobody waited for the answer");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_exists_already_is_used_and_one_that_has_ended_is_not() {
    let server = AuthorizationServer::new();
    let token = |seconds| {
        let builder = oauth2_client_credentials::TokenResponse::builder("from-elsewhere");
        builder
            .expires_in(Duration::from_secs(seconds))
            .build()
            .unwrap()
    };
    let kept = source(&server).with_token(token(3_600)).build();
    assert_eq!(
        kept.token().await.unwrap().access_token().expose(),
        "from-elsewhere"
    );
    assert_eq!(
        (kept.health().state(), server.token_requests()),
        (State::Fresh, 0)
    );
    let ended = source(&server).with_token(token(0)).build();
    assert_eq!(ended.health().state(), State::Empty);
    assert_eq!(ended.token().await.unwrap().access_token().expose(), "t1");
}

#[tokio::test(start_paused = true)]
async fn a_closed_source_hands_out_its_token_and_fetches_no_more() {
    let server = AuthorizationServer::new();
    let source = Arc::new(source(&server).build());
    source.token().await.unwrap();
    let held = source.close();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].access_token().expose(), "t1");
    let error = source.token().await.unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Configuration);
    assert!(error.to_string().contains("closed"), "{error}");
    assert!(source.close().is_empty());
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_newer_token_has_a_larger_generation_also_if_the_older_one_was_not_kept() {
    let server = AuthorizationServer::builder().latency(millis(100)).build();
    let source = source(&server).build();
    let waiting = tokio::spawn({
        let source = source.clone();
        async move { source.token().await.unwrap() }
    });
    sleep(millis(50)).await;
    source.invalidate();
    let older = waiting.await.unwrap();
    let newer = source.token().await.unwrap();
    assert_eq!((older.generation(), newer.generation()), (1, 2));
    assert_eq!(newer.access_token().expose(), "t2");
}

/// A thread that panics for reasons of its own takes its runtime along, and nobody else.
#[test]
fn a_runtime_that_ends_by_a_panic_of_the_program_is_only_a_runtime_that_ends() {
    let server = AuthorizationServer::builder()
        .script([Answer::hang()])
        .build();
    let source = TokenSource::new(endpoint(&server, &credential()));
    let other = tokio::runtime::Runtime::new().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn({
        let (source, server, other) = (source.clone(), server.clone(), other.handle().clone());
        move || {
            let first = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            first.block_on(async {
                let starting = source.clone();
                tokio::spawn(async move { starting.token().await });
                while server.token_requests() == 0 {
                    tokio::task::yield_now().await;
                }
                let joined = other.spawn(async move { source.token().await });
                sender.send(joined).unwrap();
                tokio::time::sleep(millis(20)).await;
                std::panic::resume_unwind(Box::new("the program's own panic"));
            })
        }
    });
    assert!(thread.join().is_err());
    let token = other.block_on(receiver.recv().unwrap()).unwrap().unwrap();
    assert_eq!(token.access_token().expose(), "t2");
}

/// Waits for a token and is polled again only after `then`.
async fn polled_late(
    source: &TokenSource,
    then: impl AsyncFnOnce(),
) -> Result<u64, TokenErrorKind> {
    let mut waiting = Box::pin(source.token());
    assert!(futures_poll(waiting.as_mut()).await.is_pending());
    sleep(millis(200)).await;
    then().await;
    waiting
        .await
        .map(|token| token.generation())
        .map_err(|error| error.kind())
}

async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await
}

#[tokio::test(start_paused = true)]
async fn whoever_is_polled_late_gets_no_token_that_was_closed_invalidated_or_has_ended() {
    let stack = || {
        let server = AuthorizationServer::builder()
            .latency(millis(100))
            .lifetime(Duration::from_secs(60))
            .build();
        source(&server).build()
    };
    let closed = stack();
    let got = polled_late(&closed, async || drop(closed.close())).await;
    assert_eq!(got, Err(TokenErrorKind::Configuration));
    let invalidated = stack();
    let got = polled_late(&invalidated, async || invalidated.invalidate()).await;
    assert_eq!(got, Ok(2));
    let ended = stack();
    let got = polled_late(&ended, async || sleep(Duration::from_secs(61)).await).await;
    assert_eq!(got, Ok(2));
    let works = stack();
    assert_eq!(polled_late(&works, async || {}).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_ends_a_pause_that_was_meant_for_the_renewal() {
    let server = AuthorizationServer::new();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.set_outage(Some(Answer::body(500, "")));
    sleep(Duration::from_secs(2_900)).await;
    for _ in 0..300 {
        source.token().await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    server.set_outage(None);
    assert!(source.health().retry_in() > Some(Duration::from_secs(10)));
    source.invalidate();
    source.token().await.unwrap();
}

/// Draws come from the user; a panic there is a failed flight, and not the end of all renewals.
#[tokio::test(start_paused = true)]
async fn draws_that_panic_or_are_no_numbers_strand_nobody() {
    let server = AuthorizationServer::new();
    let panics = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let switch = Arc::clone(&panics);
    let source = source(&server)
        .draws(
            move || match switch.load(std::sync::atomic::Ordering::Relaxed) {
                true => std::panic::resume_unwind(Box::new("a draw may panic")),
                false => f64::NAN,
            },
        )
        .build();
    let start = Instant::now();
    source.token().await.unwrap_err();
    assert_eq!(
        start.elapsed(),
        Duration::ZERO,
        "nobody waits for a task that is gone"
    );
    panics.store(false, std::sync::atomic::Ordering::Relaxed);
    source.token().await.unwrap();
    sleep(Duration::from_secs(2_900)).await;
    source.token().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        source.token().await.unwrap().generation(),
        2,
        "it is renewed"
    );
}

#[tokio::test(start_paused = true)]
async fn in_the_leeway_a_token_that_works_is_better_than_one_that_has_ended() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_secs(100))
        .build();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.set_lifetime(Duration::ZERO);
    sleep(Duration::from_secs(80)).await;
    assert_eq!(source.token().await.unwrap().access_token().expose(), "t1");
}
