//! Ten thousand tenants through a source that holds 4096 tokens: what an idle token costs, and that nothing is left of those that had to go.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it is its own test harness")]

#[path = "support/driven.rs"]
mod driven;

use std::{
    alloc::System,
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use driven::Driven;
use http::{Request, Response, Uri};
use oauth2_client_credentials::{TokenRequest, TokenResponse};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::{sync::Semaphore, task::JoinHandle};
use tower::{BoxError, Service, service_fn, util::BoxCloneService};
use tower_oauth2_client_credentials::{ClientCredentials, Fetch, Origins, TokenSource};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const TENANTS: usize = 10_000;
/// The limit unless it is told otherwise.
const LIMIT: usize = 4_096;
/// What an idle token costs beside three copies of itself (the answer's, the header's, and what a thread may hold), in bytes: its cell, what it
/// was asked for with, the other members of the answer, and its places in three indices.
const BESIDE_ITS_TOKEN: usize = 1_024;
/// Token requests that are under way all the while.
const SLOW: usize = 4;

/// What the allocator has given out and not got back, in bytes.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Answers at once.
#[derive(Clone)]
struct Ok200;

impl Service<Request<()>> for Ok200 {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

/// A source whose tokens have this length, with the layer around an API; the slow ones come when they are let through.
struct Stack {
    service: ClientCredentials<Ok200>,
    clock: Driven,
    asked: Arc<AtomicU64>,
    slow: Arc<Semaphore>,
}

impl Stack {
    fn new(token_length: usize) -> Self {
        let (asked, slow) = (Arc::<AtomicU64>::default(), Arc::new(Semaphore::new(0)));
        let (counter, gate) = (Arc::clone(&asked), Arc::clone(&slow));
        let tokens = service_fn(move |fetch: Fetch| {
            let n = counter.fetch_add(1, Ordering::Relaxed);
            let gate = Arc::clone(&gate);
            async move {
                let scope = fetch.request().scope().map(ToString::to_string);
                if scope.is_some_and(|scope| scope.starts_with("slow")) {
                    gate.acquire().await?.forget();
                }
                let token = TokenResponse::builder(format!("{n:0token_length$}"));
                let token = token.expires_in(Duration::from_secs(3_600));
                Ok::<_, BoxError>(token.build()?)
            }
        });
        let clock = Driven::default();
        let source = TokenSource::builder(BoxCloneService::new(tokens)).clock(clock.clone());
        let origins = Origins::new(["https://api.example.com"]).unwrap();
        Self {
            service: ClientCredentials::new(Ok200, source.build(), origins),
            clock,
            asked,
            slow,
        }
    }

    fn ask(&self, scope: &str) -> impl Future<Output = u16> + Send + use<> {
        // Each is a moment after the one before, so that uses can be told apart.
        self.clock.pass(Duration::from_millis(1));
        let mut request = Request::new(());
        *request.uri_mut() = Uri::from_static("https://api.example.com/");
        let wanted = TokenRequest::builder().scope(scope).build().unwrap();
        request.extensions_mut().insert(wanted);
        let answer = self.service.clone().call(request);
        async move { answer.await.unwrap().status().as_u16() }
    }

    async fn ask_for_all(&self, tenants: std::ops::Range<usize>) {
        for tenant in tenants {
            assert_eq!(self.ask(&format!("tenant-{tenant:05}")).await, 200);
        }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Without libtest, whose threads the allocator would count as well.
fn main() {
    // Asked for a list, there is one test and nothing to run.
    if std::env::args().any(|argument| argument == "--list") {
        println!("ten_thousand_tenants_leave_nothing_behind: test");
        return;
    }
    // Time stands still while anything is to be done: the slow token requests do not run into their limits.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    for token_length in [40, 1_000] {
        runtime.block_on(ten_thousand_tenants_leave_nothing_behind(token_length));
    }
    println!("test ten_thousand_tenants_leave_nothing_behind ... ok");
}

async fn ten_thousand_tenants_leave_nothing_behind(token_length: usize) {
    let before = live();
    let stack = Stack::new(token_length);
    // What is allocated once, and the first of everything.
    stack.ask_for_all(0..1).await;
    let slow: Vec<JoinHandle<u16>> = (0..SLOW)
        .map(|n| tokio::spawn(stack.ask(&format!("slow-{n}"))))
        .collect();
    tokio::task::yield_now().await;
    let few = live();
    stack.ask_for_all(1..LIMIT - SLOW).await;
    let full = live();
    let per_token = (full - few) / (LIMIT - SLOW - 1);
    println!("{per_token} bytes per idle token of {token_length} bytes");
    assert!(per_token <= BESIDE_ITS_TOKEN + 3 * token_length);

    for thousand in 0..TENANTS / 1_000 {
        let tenants = LIMIT - SLOW..TENANTS;
        let first = (thousand * 1_000).max(tenants.start).min(tenants.end);
        stack
            .ask_for_all(first..((thousand + 1) * 1_000).max(first))
            .await;
        let grown = live() as f64 / full as f64 - 1.0;
        // The set of cells may double its table once, for the places of those that went.
        assert!(grown.abs() < 0.02, "{grown:+.4} at {first}");
    }
    assert_eq!(stack.asked(), (TENANTS + SLOW) as u64, "one each");
    // The last ones are there, the first ones are not.
    stack.ask_for_all(TENANTS - 100..TENANTS).await;
    assert_eq!(stack.asked(), (TENANTS + SLOW) as u64);
    stack.ask_for_all(0..100).await;
    assert_eq!(stack.asked(), (TENANTS + SLOW + 100) as u64);

    assert!(slow.iter().all(|slow| !slow.is_finished()));
    stack.slow.add_permits(SLOW);
    for slow in slow {
        assert_eq!(slow.await.unwrap(), 200, "none under way was lost");
    }
    assert_eq!(
        stack.asked(),
        (TENANTS + SLOW + 100) as u64,
        "nor asked for twice"
    );
    drop(stack);
    let left = live() - before;
    println!(
        "{} bytes when full, {left} bytes after the source was dropped",
        full - before
    );
    assert!(left < 16 * 1_024, "{left} bytes are left");
}
