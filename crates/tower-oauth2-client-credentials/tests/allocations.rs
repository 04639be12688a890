//! A request that carries a warm token allocates nothing for it, Fresh or Due, once its thread has a copy of the header; one that is kept
//! to be sent again, a few times.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it is its own test harness")]

#[path = "support/driven.rs"]
mod driven;

use std::{
    alloc::System,
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use driven::Driven;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::Full;
use oauth2_client_credentials::TokenResponse;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tower::Service;
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Clock as _, Fetch, Origins, State, TokenSource,
    replay,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Answers at once, and gives the request's headers back for the next one.
#[derive(Clone)]
struct Echo;

impl<B> Service<Request<B>> for Echo {
    type Response = Response<HeaderMap>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
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
        println!("a_request_that_is_kept_costs_its_box_and_its_headers: test");
        return;
    }
    fresh_and_due_allocate_nothing();
    println!("test fresh_and_due_allocate_nothing ... ok");
    a_request_that_is_kept_costs_its_box_and_its_headers();
    println!("test a_request_that_is_kept_costs_its_box_and_its_headers ... ok");
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

    // The header's bytes, and the count of who has them.
    let mut copies = 1;

    // No runtime here: a renewal that is due cannot be launched, and its request goes out all the same.
    for (seconds, state) in [
        (0, State::Fresh),
        (1_000, State::Fresh),
        (3_000, State::Due),
    ] {
        clock.pass(Duration::from_secs(seconds) - clock.monotonic());
        for step in 0..100 {
            // Inside a window and past it.
            clock.pass(Duration::from_secs(step % 2));
            let mut request = Request::new(());
            *request.headers_mut() = std::mem::take(&mut headers);
            *request.uri_mut() = uri.clone();
            let region = Region::new(ALLOCATOR);
            let future = service.call(request);
            let answer = poll(future);
            let change = region.change();
            headers = answer.unwrap().into_body();
            assert!(headers.remove(header::AUTHORIZATION).is_some());
            if change.allocations == 2 && copies > 0 {
                copies -= 1;
                continue;
            }
            assert_eq!(
                (change.allocations, change.reallocations),
                (0, 0),
                "{state} {step}: {change:?}"
            );
        }
        assert_eq!(source.health().state(), state);
    }
}

/// The body and the headers of a request; then what is allocated for it by a policy that keeps empty bodies.
fn a_request_that_is_kept_costs_its_box_and_its_headers() {
    let uri = http::Uri::from_static("https://api.example.com/v1/orders");
    let standard = [header::ACCEPT, header::HOST, header::USER_AGENT].to_vec();
    let own: Vec<_> = (0..3).map(|n| own_name(&format!("x-{n}"))).collect();
    for (body, headers, allocations) in [
        // The box, and the table that the headers were given room for.
        ("", Vec::new(), 2),
        // The headers themselves.
        ("", standard.clone(), 3),
        // And each name that is not among the standard ones.
        ("", own.clone(), 6),
        ("a body", own, 0),
    ] {
        let token = TokenResponse::builder("t").expires_in(Duration::from_secs(3_600));
        let service = tower::service_fn(|_: Fetch| ready(TokenResponse::new("t")));
        let source = TokenSource::builder(service)
            .clock(Driven::default())
            .with_token(token.build().unwrap())
            .build();
        let origins = Origins::new(["https://api.example.com"]).unwrap();
        let layer = ClientCredentialsLayer::new(source, origins).replay(replay::Empty::new());
        let mut service = tower::Layer::layer(&layer, Echo);
        // The first one opens the window, the second one copies the header.
        for warm in [false, false, true] {
            let mut request = Request::new(Full::new(Bytes::from_static(body.as_bytes())));
            *request.uri_mut() = uri.clone();
            request.headers_mut().reserve(8);
            for name in &headers {
                // A name of its own, that nobody has cloned yet.
                let name = own_name(name.as_str());
                let value = HeaderValue::from_static("*/*");
                request.headers_mut().insert(name, value);
            }
            let region = Region::new(ALLOCATOR);
            let answer = poll(service.call(request));
            let change = region.change();
            drop(answer);
            let seen = (change.allocations, change.reallocations);
            assert!(!warm || seen == (allocations, 0), "{body:?}: {change:?}");
        }
        println!(
            "{allocations} allocations for {} headers, body {body:?}",
            headers.len()
        );
    }
}

fn own_name(name: &str) -> header::HeaderName {
    header::HeaderName::try_from(name).unwrap()
}
