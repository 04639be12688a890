//! One reading of the metadata is everybody's: none of those who wait for it can hold it up or take it along.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod discovery_support;
mod support;

use std::{
    error::Error,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use bytes::Bytes;
use discovery_support::{OAUTH, Server, client, issuer, metadata};
use http::{Request, Response};
use http_body_util::Full;
use support::TokioClock;
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use tower::{ServiceExt, service_fn};
use tower_oauth2_client_credentials::{
    BoxError, EndpointError, Fetch, TokenEndpoint, TokenErrorKind, TokenSource,
};

const A_MINUTE: Duration = Duration::from_secs(60);

fn endpoint(server: &Server) -> TokenEndpoint {
    TokenEndpoint::new(server.clone(), issuer(), client()).clock(TokioClock::new())
}

async fn fetch(endpoint: &TokenEndpoint) -> Result<(), EndpointError> {
    let answer = endpoint.clone().oneshot(Fetch::new(Default::default()));
    answer.await.map(drop)
}

/// One whose metadata was read long ago, and seems to be wrong.
async fn suspect(server: &Server) -> TokenEndpoint {
    let endpoint = endpoint(server);
    fetch(&endpoint).await.unwrap();
    sleep(A_MINUTE).await;
    server.set_down(true);
    fetch(&endpoint).await.unwrap_err();
    server.set_down(false);
    server.paths();
    endpoint
}

fn paused() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

/// Brings another runtime to the time that it is after [`suspect`], and a little more, for they did not begin at once.
async fn as_late() {
    sleep(A_MINUTE + Duration::from_secs(10)).await;
}

async fn look<F: Future>(mut waiting: Pin<&mut F>) -> bool {
    poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await
}

fn told(error: &EndpointError) -> String {
    error.source().unwrap().to_string()
}

/// In a `select!` that is busy with another branch, say: were it a lock that it holds, all would wait for it.
#[tokio::test(start_paused = true)]
async fn a_caller_that_is_not_polled_holds_up_nobody() {
    let server = Server::new();
    let endpoint = endpoint(&server);
    let mut first = pin!(endpoint.metadata());
    assert!(look(first.as_mut()).await);
    let second = timeout(Duration::from_secs(1), endpoint.metadata()).await;
    assert!(second.unwrap().unwrap().is_some());
    assert_eq!(server.paths(), [OAUTH]);
    first.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_takes_nobody_along() {
    let server = Server::new();
    let endpoint = endpoint(&server);
    let mut second = pin!(endpoint.metadata());
    {
        let mut first = pin!(endpoint.metadata());
        assert!(look(first.as_mut()).await && look(second.as_mut()).await);
    }
    second.await.unwrap();
    assert_eq!(server.paths(), [OAUTH]);
}

/// What it waited for has ended long ago, and says nothing of what came to light since.
#[tokio::test(start_paused = true)]
async fn a_caller_that_is_late_clears_no_newer_suspicion() {
    for is_polled in [true, false] {
        let server = Server::new();
        let endpoint = suspect(&server).await;
        let mut late = Box::pin(endpoint.metadata());
        let mut first = pin!(endpoint.metadata());
        assert!(look(first.as_mut()).await && look(late.as_mut()).await);
        first.await.unwrap();
        assert_eq!(server.paths(), [OAUTH]);

        server.remove("/token");
        server.answer(OAUTH, 200, &metadata("/new"));
        server.gives_tokens("/new");
        fetch(&endpoint).await.unwrap_err();
        sleep(A_MINUTE).await;
        if is_polled {
            assert!(late.as_mut().await.unwrap().is_some());
        }
        drop(late);
        server.paths();
        fetch(&endpoint).await.unwrap();
        assert_eq!(server.paths(), [OAUTH, "/new"], "polled: {is_polled}");
    }
}

/// Neither does the one whose reading was given up for another, for it stood still.
#[test]
fn a_caller_on_a_runtime_that_stood_still_clears_none_either() {
    let (standing, runtime) = (paused(), paused());
    let server = Server::new();
    let endpoint = runtime.block_on(suspect(&server));
    standing.block_on(as_late());
    let mut late = Box::pin(endpoint.metadata());
    assert!(standing.block_on(look(late.as_mut())));
    runtime.block_on(async {
        sleep(A_MINUTE).await;
        fetch(&endpoint).await.unwrap();
        assert_eq!(server.paths(), [OAUTH, "/token"]);
        server.remove("/token");
        server.answer(OAUTH, 200, &metadata("/new"));
        server.gives_tokens("/new");
        fetch(&endpoint).await.unwrap_err();
        sleep(A_MINUTE).await;
        drop(late);
        server.paths();
        fetch(&endpoint).await.unwrap();
        assert_eq!(server.paths(), [OAUTH, "/new"]);
    });
}

#[tokio::test(start_paused = true)]
async fn the_last_who_gives_up_ends_it() {
    /// Counts those that are dropped.
    struct Asked(Arc<AtomicU32>);
    impl Drop for Asked {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let ended = Arc::new(AtomicU32::new(0));
    let silent = service_fn({
        let ended = Arc::clone(&ended);
        move |_: Request<Full<Bytes>>| {
            let asked = Asked(Arc::clone(&ended));
            async move {
                std::future::pending::<()>().await;
                drop(asked);
                Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
            }
        }
    });
    let endpoint = TokenEndpoint::new(silent, issuer(), client());
    let given_up = timeout(Duration::from_secs(1), endpoint.metadata()).await;
    assert!(given_up.is_err());
    sleep(Duration::from_millis(1)).await;
    assert_eq!(ended.load(Ordering::Relaxed), 1);
}

/// It ran on the runtime of the first who asked.
#[test]
fn a_runtime_that_ends_strands_nobody_on_another() {
    let server = Server::new();
    server.set_silent(true);
    let endpoint = endpoint(&server);
    let (begun, has_begun) = oneshot::channel();
    let (end, ends) = oneshot::channel::<()>();
    let first = thread::spawn({
        let endpoint = endpoint.clone();
        move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut waiting = pin!(endpoint.metadata());
                assert!(look(waiting.as_mut()).await);
                begun.send(()).unwrap();
                ends.await.unwrap();
            });
        }
    });
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        has_begun.await.unwrap();
        let mut waiting = pin!(endpoint.metadata());
        assert!(look(waiting.as_mut()).await);
        end.send(()).unwrap();
        timeout(Duration::from_secs(4), waiting).await.unwrap()
    });
    first.join().unwrap();
    let told = told(&error.unwrap_err());
    assert!(told.contains("runtime"), "{told}");
    server.set_silent(false);
    runtime.block_on(endpoint.metadata()).unwrap();
}

/// It lives, but nobody runs it any more: its `block_on` has returned.
#[test]
fn a_runtime_that_stands_still_holds_nobody_up_on_another() {
    let standing = Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::new();
    let endpoint = endpoint(&server);
    let mut first = pin!(endpoint.metadata());
    assert!(standing.block_on(look(first.as_mut())));
    let runtime = paused();
    runtime.block_on(async {
        let begun = Instant::now();
        // The task itself would have said so after 5 s.
        let error = timeout(Duration::from_secs(6), endpoint.metadata()).await;
        let told = told(&error.unwrap().unwrap_err());
        assert!(told.contains("stands still"), "{told}");
        assert!(
            begun.elapsed() >= Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
        // What should have ended by now is nobody else's.
        let next = timeout(Duration::from_secs(1), endpoint.metadata()).await;
        assert!(next.unwrap().unwrap().is_some());
        assert_eq!(server.paths(), [OAUTH]);
    });
    // It goes on where it runs again.
    assert!(standing.block_on(first).unwrap().is_some());
}

/// With older metadata at hand it is no error, and costs less time.
#[test]
fn a_runtime_that_stands_still_costs_no_token_on_another() {
    let (standing, runtime) = (paused(), paused());
    let server = Server::new();
    let endpoint = runtime.block_on(suspect(&server));
    standing.block_on(as_late());
    let mut first = pin!(endpoint.metadata());
    assert!(standing.block_on(look(first.as_mut())));
    runtime.block_on(async {
        let begun = Instant::now();
        fetch(&endpoint).await.unwrap();
        let took = begun.elapsed();
        assert!((2..3).contains(&took.as_secs()), "{took:?}");
        // And it is not waited for again.
        fetch(&endpoint).await.unwrap();
        assert_eq!(server.paths(), ["/token", "/token"]);
    });
}

#[test]
fn without_a_runtime_it_is_an_error() {
    let endpoint = TokenEndpoint::new(Server::new(), issuer(), client());
    let mut waiting = pin!(endpoint.metadata());
    let polled = waiting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = polled else {
        panic!("nobody can read it");
    };
    assert!(told(&error).contains("tokio runtime"), "{error:?}");
}

/// As at the token endpoint: it is a failure, and what panicked is not asked again.
#[tokio::test(start_paused = true)]
async fn a_panic_of_the_http_service_is_a_failure_of_those_who_wait() {
    let asked = Arc::new(AtomicU32::new(0));
    let panics = service_fn({
        let asked = Arc::clone(&asked);
        move |_: Request<Full<Bytes>>| {
            asked.fetch_add(1, Ordering::Relaxed);
            async {
                if true {
                    panic!("no such client");
                }
                Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
            }
        }
    });
    let source = TokenSource::new(TokenEndpoint::new(panics, issuer(), client()));
    let error = source.token().await.unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Transient);
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
