//! Token requests that end badly: their service panics when it is dropped, or the runtime that carries them out stands still.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    future::{pending, poll_fn, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use oauth2_client_credentials::{Client, ClientSecretBasic, TokenRequest, TokenResponse};
use support::{TokioClock, credential, driven::Driven};
use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
    time::sleep,
};
use tower::{BoxError, service_fn, util::BoxCloneService};
use tower_oauth2_client_credentials::{
    Fetch, State, TokenErrorKind, TokenSource, TokenSourceBuilder,
};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Never answers, and panics when it is dropped.
struct Grudge;

impl Future for Grudge {
    type Output = Result<TokenResponse, BoxError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

impl Drop for Grudge {
    fn drop(&mut self) {
        // Without the hook's report: it is meant.
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_service_that_panics_when_it_is_dropped_is_a_failed_flight() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let service = service_fn(move |_: Fetch| {
        counter.fetch_add(1, Ordering::Relaxed);
        Grudge
    });
    let source = TokenSource::builder(service)
        .clock(TokioClock::new())
        .draws(|| 0.5)
        .build();
    let begun = tokio::time::Instant::now();
    let error = source.token().await.unwrap_err();
    assert_eq!(begun.elapsed(), secs(6), "the attempt's time");
    assert_eq!(error.kind(), TokenErrorKind::Transient);
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!(
        error.retry_in(),
        Some(secs(6)),
        "as long as the flight took"
    );
    source.token().await.unwrap_err();
    sleep(secs(5)).await;
    assert_eq!(source.health().state(), State::Gated);
    assert_eq!(asked.load(Ordering::Relaxed), 1, "no further attempt");
}

/// How many token requests a hundred requests make, one each 2 ms, by a token service that fails as if the network had; and when it
/// brings another credential each time it is called.
#[tokio::test(start_paused = true)]
async fn a_credential_that_is_new_each_time_opens_no_gate_after_a_transient_failure() {
    let mut counts = Vec::new();
    for replaces in [false, true] {
        let credential = credential();
        let asked = Arc::new(AtomicUsize::new(0));
        let (counter, replaced) = (Arc::clone(&asked), credential.clone());
        let service = service_fn(move |_: Fetch| {
            let n = counter.fetch_add(1, Ordering::Relaxed);
            if replaces {
                let secret = ClientSecretBasic::new(format!("secret-{n}"));
                replaced.replace(Client::new("svc", secret).unwrap());
            }
            ready(Err::<TokenResponse, BoxError>("connection reset".into()))
        });
        let source = TokenSource::builder(service)
            .credential(&credential)
            .clock(TokioClock::new())
            .draws(|| 0.5)
            .build();
        for _ in 0..100 {
            assert!(source.token().await.unwrap_err().is_transient());
            sleep(Duration::from_millis(2)).await;
        }
        counts.push(asked.load(Ordering::Relaxed));
    }
    assert_eq!(counts, [3, 3], "one flight each");
}

/// A token service that hangs for the first `hanging` token requests, and how many of those futures are there.
fn hangs_at_first(hanging: usize) -> (TokenSourceBuilder, Arc<AtomicUsize>, Driven) {
    struct Alive(Arc<AtomicUsize>);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let (alive, asked) = (Arc::<AtomicUsize>::default(), AtomicUsize::new(0));
    let (counter, asked) = (Arc::clone(&alive), Arc::new(asked));
    let service = service_fn(move |_: Fetch| {
        let n = asked.fetch_add(1, Ordering::Relaxed);
        let hangs = (n < hanging).then(|| {
            counter.fetch_add(1, Ordering::Relaxed);
            Alive(Arc::clone(&counter))
        });
        async move {
            if let Some(_alive) = hangs {
                pending::<()>().await;
            }
            let token = TokenResponse::builder(format!("t{n}"));
            Ok::<_, BoxError>(token.expires_in(secs(3_600)).build()?)
        }
    });
    let clock = Driven::default();
    let source = TokenSource::builder(BoxCloneService::new(service)).clock(clock.clone());
    (source, alive, clock)
}

fn runtime(paused: bool) -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(paused).build().unwrap()
}

/// Calls `token` once, so that a flight is under way, and goes away.
async fn start(source: &TokenSource) {
    let mut waiting = Box::pin(source.token());
    let first = poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    drop(waiting);
    // The task's turn.
    for _ in 0..3 {
        yield_now().await;
    }
}

/// Its runtime stands still; another flight was started in its place. What ends the source ends both.
#[test]
fn closing_or_dropping_ends_also_a_flight_that_was_given_up() {
    for close in [false, true] {
        let (source, alive, clock) = hangs_at_first(1);
        let source = source.build();
        let (still, other) = (runtime(false), runtime(false));
        still.block_on(start(&source));
        assert_eq!(alive.load(Ordering::Relaxed), 1);
        clock.pass(secs(21));
        let token = other.block_on(source.token()).unwrap();
        assert_eq!(token.access_token().expose(), "t1");
        still.block_on(yield_now());
        assert_eq!(alive.load(Ordering::Relaxed), 1, "it may still come");
        if close {
            assert_eq!(source.close().len(), 1);
        } else {
            drop(source);
        }
        still.block_on(async {
            for _ in 0..3 {
                yield_now().await;
            }
        });
        assert_eq!(alive.load(Ordering::Relaxed), 0, "close: {close}");
    }
}

/// The program is stopped while it waits for an answer, and goes on when the time of that is long over.
#[tokio::test(start_paused = true)]
async fn a_program_that_was_stopped_asks_again_at_once() {
    for (stopped, gated) in [(0, true), (7, true), (8, false), (19, false), (600, false)] {
        let (source, alive, clock) = hangs_at_first(if gated { 3 } else { 1 });
        let source = source.draws(|| 0.5).build();
        start(&source).await;
        assert_eq!(alive.load(Ordering::Relaxed), 1);
        clock.pass(secs(stopped));
        let waited = source.clone();
        let token = tokio::spawn(async move { waited.token().await })
            .await
            .unwrap();
        let state = source.health().state();
        if gated {
            assert_eq!(
                token.unwrap_err().kind(),
                TokenErrorKind::Timeout,
                "{stopped} s"
            );
        } else {
            assert_eq!(token.unwrap().access_token().expose(), "t1", "{stopped} s");
            assert_eq!(state, State::Fresh);
        }
    }
}

/// Eight flights stand still, and whoever asked for the ninth has gone: nobody is left to notice but its own task.
#[test]
fn a_flight_in_line_gets_through_by_itself() {
    let (source, alive, clock) = hangs_at_first(8);
    let source = source.build();
    let handle = |n: usize| {
        let request = TokenRequest::builder().scope(&format!("s{n}"));
        source.for_request(request.build().unwrap())
    };
    let (still, other) = (runtime(false), runtime(true));
    still.block_on(async {
        for n in 0..8 {
            start(&handle(n)).await;
        }
    });
    assert_eq!(alive.load(Ordering::Relaxed), 8);
    let ninth = handle(9);
    other.block_on(async {
        start(&ninth).await;
        sleep(secs(19)).await;
        assert_eq!(ninth.health().state(), State::Empty);
        clock.pass(secs(21));
        sleep(secs(2)).await;
    });
    assert_eq!(ninth.health().state(), State::Fresh);
    assert_eq!(alive.load(Ordering::Relaxed), 8, "they stand still");
}
