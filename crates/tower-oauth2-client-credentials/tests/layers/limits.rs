//! `ConcurrencyLimit` and `RateLimit`: what counts as a request.

use oauth2_client_credentials::EndpointUri;
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_oauth2_client_credentials::{TokenEndpoint, replay};

use super::*;
use crate::support::{TokioClock, credential};

#[tokio::test(start_paused = true)]
async fn concurrency_limit_below_is_free_while_a_token_is_awaited() {
    let (server, resource) = slow_tokens(seconds(5));
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .concurrency_limit(1)
        .service(resource);

    let begun = Instant::now();
    let mut kept = service.clone();
    let cold = tokio::spawn(ready(&mut kept).await.call(request()));
    sleep(seconds(1)).await;
    let other = service.clone().oneshot(without_need());
    timeout(millis(1), other).await.expect("a permit").unwrap();

    assert_eq!(cold.await.unwrap().unwrap().status(), 200);
    assert_eq!(begun.elapsed(), seconds(5));
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn concurrency_limit_above_counts_who_waits_for_a_token() {
    let (server, resource) = slow_tokens(seconds(5));
    let service = ServiceBuilder::new()
        .concurrency_limit(2)
        .layer(ours(&server))
        .service(resource);

    let begun = Instant::now();
    let cold = tokio::spawn(burst_of(service.clone(), 2));
    sleep(seconds(1)).await;
    service.oneshot(without_need()).await.unwrap();

    assert_eq!(begun.elapsed(), seconds(5), "it waited for a permit");
    assert_eq!(cold.await.unwrap(), 2);
}

async fn burst_of<S, B>(service: S, size: usize) -> usize
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    count::<TokenError>(&burst(&service, size).await).0
}

/// The token endpoint of `server`, whose calls count for `limit`.
fn limited_source(
    server: &AuthorizationServer,
    limit: &GlobalConcurrencyLimitLayer,
) -> TokenSource {
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(limit.layer(server.clone()), uri, credential());
    let source = TokenSource::builder(endpoint).clock(TokioClock::new());
    source.draws(|| 0.5).build()
}

#[tokio::test(start_paused = true)]
async fn concurrency_limit_below_may_be_shared_with_the_token_side() {
    let (server, resource) = slow_tokens(millis(50));
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let mut service = ServiceBuilder::new()
        .layer(layer_of(&limited_source(&server, &limit)))
        .layer(limit)
        .service(resource);

    let begun = Instant::now();
    for _ in 0..3 {
        let answer = ready(&mut service).await.call(request());
        let answer = timeout(DEADLOCK, answer).await.expect("no deadlock");
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(begun.elapsed(), millis(50));
}

/// The permit that the token request needs is held by the request that waits for it, until one of them gives up.
#[tokio::test(start_paused = true)]
async fn concurrency_limit_above_starves_a_token_side_that_shares_it() {
    let (server, resource) = slow_tokens(millis(50));
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let service = ServiceBuilder::new()
        .layer(limit.clone())
        .layer(layer_of(&limited_source(&server, &limit)))
        .service(resource);

    let begun = Instant::now();
    let error = token_error(send(&service).await.unwrap_err());

    assert_eq!(error.kind(), TokenErrorKind::Timeout);
    assert_eq!(begun.elapsed(), seconds(10));
    assert_eq!(server.token_requests(), 0);
    sleep(seconds(1)).await;
    assert_eq!(server.token_requests(), 1, "once the caller had gone");
}

/// `RateLimit` is not `Clone`, so that it stands in a buffer. A request that is healed is one to a limit above us.
#[tokio::test(start_paused = true)]
async fn rate_limit_above_counts_requests() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.revoke_all();
    let service = ServiceBuilder::new()
        .buffer(8)
        .rate_limit(2, seconds(1))
        .layer(layer_of(&source).replay(replay::Cloned::new()))
        .service(resource.clone());

    let begun = Instant::now();
    for _ in 0..2 {
        assert_eq!(send(&service).await.unwrap(), 200);
    }
    assert_eq!((resource.requests(), begun.elapsed()), (3, Duration::ZERO));
}

/// … and two to one below us: whoever promised an API so many a second means this one.
#[tokio::test(start_paused = true)]
async fn rate_limit_below_counts_attempts() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.revoke_all();
    let service = ServiceBuilder::new()
        .layer(layer_of(&source).replay(replay::Cloned::new()))
        .buffer(8)
        .rate_limit(2, seconds(1))
        .service(resource.clone());

    let begun = Instant::now();
    for _ in 0..2 {
        assert_eq!(send(&service).await.unwrap(), 200);
    }
    assert_eq!((resource.requests(), begun.elapsed()), (3, seconds(1)));
}
