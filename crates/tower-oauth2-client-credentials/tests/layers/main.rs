//! The layers of tower and tower-http above and below ours: what each order does, also those that make no sense.
//!
//! The page "Order of layers" names the test for everything it says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod balance;
mod buffer;
mod headers;
mod limits;
mod load_shed;
mod page;
mod recommended;
mod redirects;
mod redirects_below;
mod retry;
#[path = "../support/mod.rs"]
mod support;
mod timeouts;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{Request, Response, header::AUTHORIZATION};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use tokio::{task::JoinSet, time::timeout};
use tower::{BoxError, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentialsLayer, Event, Observer, TokenError, TokenErrorKind, TokenSource,
};

use crate::support::{origins, source, token_error};

type Body = String;

/// How long a token lives where its end is what the test is about.
const LIFETIME: Duration = Duration::from_secs(60);

/// Longer than that.
const PAST_IT: Duration = Duration::from_secs(61);

/// Whoever waits for so long waits for ever.
const DEADLOCK: Duration = Duration::from_secs(3_600);

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An authorization server whose tokens end soon, and a resource that takes those that have not.
fn short_lived() -> (AuthorizationServer, ResourceServer) {
    let server = AuthorizationServer::builder().lifetime(LIFETIME).build();
    let resource = ResourceServer::new(&server);
    (server, resource)
}

/// An authorization server that takes its time, and a resource that does not.
fn slow_tokens(latency: Duration) -> (AuthorizationServer, ResourceServer) {
    let server = AuthorizationServer::builder().latency(latency).build();
    let resource = ResourceServer::new(&server);
    (server, resource)
}

/// The layer with a source of its own.
fn ours(server: &AuthorizationServer) -> ClientCredentialsLayer {
    layer_of(&source(server).build())
}

fn layer_of(source: &TokenSource) -> ClientCredentialsLayer {
    ClientCredentialsLayer::new(source.clone(), origins())
}

fn request() -> Request<Body> {
    let request = Request::get("https://api.example.com/");
    request.body(Body::new()).unwrap()
}

/// Sends one request through a clone of `service`: the status of the answer.
async fn send<S, B>(service: &S) -> Result<u16, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone,
{
    let answer = service.clone().oneshot(request());
    let answer = timeout(DEADLOCK, answer).await.expect("no deadlock");
    answer.map(|answer| answer.status().as_u16())
}

/// The service, polled ready: whoever keeps it keeps what it holds, as a program does that calls one instance again and again.
async fn ready<S>(service: &mut S) -> &mut S
where
    S: Service<Request<Body>, Error = BoxError>,
{
    ServiceExt::<Request<Body>>::ready(service).await.unwrap()
}

/// A request that needs no token: it has an `Authorization` of its own, which stays.
fn without_need() -> Request<Body> {
    let request = Request::get("https://api.example.com/").header(AUTHORIZATION, "Basic eA==");
    request.body(Body::new()).unwrap()
}

/// So many requests at the same time: their results in the order in which they ended.
async fn burst<S, B>(service: &S, count: usize) -> Vec<Result<u16, BoxError>>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    let mut callers = JoinSet::new();
    for _ in 0..count {
        let answer = service.clone().oneshot(request());
        callers.spawn(async {
            let answer = timeout(DEADLOCK, answer).await.expect("no deadlock");
            answer.map(|answer| answer.status().as_u16())
        });
    }
    let mut results = Vec::new();
    while let Some(result) = callers.join_next().await {
        results.push(result.unwrap());
    }
    results
}

/// How many were served, and how many failed in this way.
fn count<E: std::error::Error + 'static>(results: &[Result<u16, BoxError>]) -> (usize, usize) {
    let served = results.iter().filter(|result| matches!(result, Ok(200)));
    let failed = results.iter().filter_map(|result| result.as_ref().err());
    (
        served.count(),
        failed.filter(|error| error.is::<E>()).count(),
    )
}

/// How many requests the origin guard refused.
#[derive(Clone, Debug, Default)]
struct Refusals(Arc<AtomicU64>);

impl Refusals {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Observer for Refusals {
    fn observe(&self, event: &Event<'_>) {
        if matches!(event, Event::OriginRefused { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
