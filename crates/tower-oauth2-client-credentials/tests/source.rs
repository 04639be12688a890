//! A source from its making to its end: runtimes that come and go, tokens that exist already, and what its owner does with it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{sync::Arc, time::Duration};

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use support::{credential, endpoint, source};
use tokio::time::{Instant, sleep, timeout};
use tower_oauth2_client_credentials::{State, TokenErrorKind, TokenSource};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
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
