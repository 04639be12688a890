//! A request that carries a warm token allocates nothing for it, Fresh or Due.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it is its own test harness")]

use std::{
    alloc::System,
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, Request, Response, header};
use oauth2_client_credentials::TokenResponse;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tower::Service;
use tower_oauth2_client_credentials::{
    ClientCredentials, Clock, Fetch, Origins, State, TokenSource,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Both clocks, in seconds, as the test sets them.
#[derive(Clone, Debug, Default)]
struct Driven(Arc<AtomicU64>);

impl Clock for Driven {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + self.monotonic()
    }
}

/// Answers at once, and gives the request's headers back for the next one.
#[derive(Clone)]
struct Echo;

impl Service<Request<()>> for Echo {
    type Response = Response<HeaderMap>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(std::mem::take(request.headers_mut()))))
    }
}

fn poll<F: Future + Unpin>(mut future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match std::pin::Pin::new(&mut future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Without libtest, whose threads the allocator would count as well.
fn main() {
    // Asked for a list, there is one test and nothing to run.
    if std::env::args().any(|argument| argument == "--list") {
        println!("fresh_and_due_allocate_nothing: test");
        return;
    }
    fresh_and_due_allocate_nothing();
    println!("test fresh_and_due_allocate_nothing ... ok");
}

fn fresh_and_due_allocate_nothing() {
    let clock = Driven::default();
    let service = tower::service_fn(|_: Fetch| {
        ready(
            TokenResponse::builder("t")
                .expires_in(Duration::from_secs(3_600))
                .build(),
        )
    });
    let token = TokenResponse::builder("t".repeat(1_000))
        .expires_in(Duration::from_secs(3_600))
        .build()
        .unwrap();
    let source = TokenSource::builder(service)
        .clock(clock.clone())
        .with_token(token)
        .build();
    let mut service = ClientCredentials::new(
        Echo,
        source.clone(),
        Origins::new(["https://api.example.com"]).unwrap(),
    );
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let uri = http::Uri::from_static("https://api.example.com/v1/orders");

    // What a thread allocates for its first look at a token it keeps from then on.
    drop(source.health());

    // No runtime here: a renewal that is due cannot be launched, and its request goes out all the same.
    for (seconds, state) in [
        (0, State::Fresh),
        (1_000, State::Fresh),
        (3_000, State::Due),
    ] {
        clock.0.store(seconds, Ordering::Relaxed);
        for step in 0..100 {
            // Inside a window and past it.
            clock.0.fetch_add(step % 2, Ordering::Relaxed);
            let mut request = Request::new(());
            *request.headers_mut() = std::mem::take(&mut headers);
            *request.uri_mut() = uri.clone();
            let region = Region::new(ALLOCATOR);
            let future = service.call(request);
            let answer = poll(future);
            let change = region.change();
            headers = answer.unwrap().into_body();
            assert!(headers.remove(header::AUTHORIZATION).is_some());
            assert_eq!(
                (change.allocations, change.reallocations),
                (0, 0),
                "{state} {step}: {change:?}"
            );
        }
        assert_eq!(source.health().state(), state);
    }
}
