//! The layer among tower's others, in the order that its documentation recommends: an authorization server that is down at
//! first, a token that is revoked, and an API that hangs. Everything is in one process, on loopback.
//!
//! ```text
//! cargo run -p examples --bin tower_stack
//! ```
//!
//! What each order of layers does is in the documentation of `tower-oauth2-client-credentials`, on the page "Order of layers".
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

#[path = "../exit.rs"]
mod exit;
#[path = "../log.rs"]
mod log;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2_client_credentials::{self as oauth2, ClientSecretBasic, EndpointUri};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use tokio::{
    task::JoinSet,
    time::{Sleep, sleep},
};
use tower::{
    ServiceBuilder, ServiceExt,
    load_shed::error::Overloaded,
    retry::{Policy, RetryLayer},
    util::BoxCloneSyncService,
};
use tower_http::trace::TraceLayer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Origins, TokenEndpoint, TokenError, TokenSource, replay,
};

type Body = Full<Bytes>;
type Http = Client<HttpConnector, Body>;

/// The whole stack, as a type that can be named.
type Stack = BoxCloneSyncService<Request<Body>, Response<()>, BoxError>;

/// What is written first is outermost.
fn stack(http: Http, source: TokenSource, api: Origins, attempts: Arc<AtomicU64>) -> Stack {
    let layer = ClientCredentialsLayer::new(source, api).replay(replay::Cloned::new());
    let stack = ServiceBuilder::new()
        .map_response(|answer: Response<_>| answer.map(drop))
        // The caller's patience, the wait for a token included.
        .timeout(Duration::from_secs(5))
        // A queue of so many, and whoever finds it full is turned away.
        .load_shed()
        .buffer(500)
        // Every attempt gets the newest token.
        .layer(RetryLayer::new(WhileThereIsNoToken { times: 5 }))
        .layer(layer)
        // A span for each attempt, which has no token in it.
        .layer(
            TraceLayer::new_for_http().on_request(move |_: &Request<_>, _: &_| {
                attempts.fetch_add(1, Ordering::Relaxed);
            }),
        )
        // What the API was promised.
        .concurrency_limit(100)
        .service(http);
    BoxCloneSyncService::new(stack)
}

/// Waits with the next attempt until there may be a token. An error that stays is final, and so is one of the API: whether that is
/// worth another attempt is for each program to say.
#[derive(Clone, Debug)]
struct WhileThereIsNoToken {
    times: u32,
}

impl<B> Policy<Request<Body>, Response<B>, BoxError> for WhileThereIsNoToken {
    type Future = Sleep;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<B>, BoxError>,
    ) -> Option<Sleep> {
        let error = TokenError::find(&**result.as_ref().err()?)?;
        self.times = self.times.checked_sub(1).filter(|_| error.is_transient())?;
        Some(sleep(
            error.retry_in().unwrap_or(Duration::from_millis(100)),
        ))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let server = AuthorizationServer::builder()
        .client("orders", "s3cret")
        .build();
    let resource = ResourceServer::new(&server);
    let (tokens, api) = (server.serve().await?, resource.serve().await?);

    let http = Client::builder(TokioExecutor::new()).build_http();
    let endpoint = TokenEndpoint::new(
        http.clone(),
        EndpointUri::new(&tokens.token_endpoint())?,
        oauth2::Client::new("orders", ClientSecretBasic::new("s3cret"))?,
    );
    let attempts = Arc::<AtomicU64>::default();
    let stack = stack(
        http,
        TokenSource::new(endpoint),
        Origins::new([api.origin()])?,
        attempts.clone(),
    );
    let show = async |title: &str, count: usize| -> Result<(), BoxError> {
        let (begun, before) = (Instant::now(), attempts.load(Ordering::Relaxed));
        let (served, shed) = burst(&stack, &api.origin(), count).await?;
        println!(
            "{title:<46} {served:>4} served, {shed:>4} turned away, {:>4} attempts, {:>2} tokens in all, {:>4} ms",
            attempts.load(Ordering::Relaxed) - before,
            server.issued(),
            begun.elapsed().as_millis(),
        );
        Ok(())
    };

    server.set_outage(Some(Answer::body(503, "")));
    let ends = async {
        sleep(Duration::from_millis(500)).await;
        server.set_outage(None);
        Ok::<_, BoxError>(())
    };
    tokio::try_join!(
        show("400 at once, no token, and nobody to ask yet", 400),
        ends
    )?;
    show("400 at once", 400).await?;
    server.revoke_all();
    show("400 at once, whose token was revoked", 400).await?;
    resource.set_latency(Duration::from_millis(100));
    show("800 at once, at an API that takes 100 ms", 800).await?;
    resource.set_latency(Duration::from_secs(60));
    show("10 at once, at an API that hangs", 10).await?;
    Ok(())
}

/// How many of `count` requests at once were served, and how many were turned away at the door.
async fn burst(stack: &Stack, api: &str, count: usize) -> Result<(u32, u32), BoxError> {
    let mut callers = JoinSet::new();
    for _ in 0..count {
        let request = Request::get(api).body(Body::default())?;
        callers.spawn(stack.clone().oneshot(request));
    }
    let (mut served, mut shed) = (0, 0);
    while let Some(result) = callers.join_next().await {
        match result? {
            Ok(answer) if answer.status().is_success() => served += 1,
            Err(error) if error.is::<Overloaded>() => shed += 1,
            Ok(_) | Err(_) => {}
        }
    }
    Ok((served, shed))
}
