//! `Timeout`: whose time it counts.

use tokio::time::{Instant, sleep};
use tower::{
    Layer, ServiceBuilder,
    timeout::{TimeoutLayer, error::Elapsed},
};
use tower_oauth2_client_credentials::replay;

use super::*;

#[tokio::test(start_paused = true)]
async fn timeout_above_ends_the_waiting_and_not_the_token_request() {
    let (server, resource) = slow_tokens(seconds(5));
    let service = ServiceBuilder::new()
        .timeout(seconds(1))
        .layer(ours(&server))
        .service(resource.clone());

    let error = send(&service).await.unwrap_err();
    assert!(error.is::<Elapsed>(), "{error}");
    assert!(
        TokenError::find(&*error).is_none(),
        "the caller gave up, and no more"
    );
    sleep(seconds(4)).await;

    assert_eq!(send(&service).await.unwrap(), 200);
    assert_eq!((server.token_requests(), resource.requests()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn timeout_above_counts_both_sends_of_a_healed_request() {
    let error = healed_with(Order::Above).await.unwrap_err();
    assert!(error.is::<Elapsed>(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn timeout_below_is_for_each_attempt() {
    assert_eq!(healed_with(Order::Below).await.unwrap(), 200);
}

enum Order {
    Above,
    Below,
}

/// A request of which each attempt takes 600 ms, and which needs two, with a timeout of a second.
async fn healed_with(order: Order) -> Result<u16, BoxError> {
    let (server, resource) = short_lived();
    resource.set_latency(millis(600));
    let source = source(&server).build();
    source.token().await.unwrap();
    server.revoke_all();
    let layer = layer_of(&source).replay(replay::Cloned::new());
    let timeout = TimeoutLayer::new(seconds(1));
    match order {
        Order::Above => send(&timeout.layer(layer.layer(resource))).await,
        Order::Below => send(&layer.layer(timeout.layer(resource))).await,
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_below_does_not_count_the_wait_for_a_token() {
    let (server, resource) = slow_tokens(seconds(5));
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .timeout(seconds(1))
        .service(resource.clone());

    let begun = Instant::now();
    assert_eq!(send(&service).await.unwrap(), 200);
    assert_eq!(begun.elapsed(), seconds(5));

    resource.set_latency(seconds(2));
    let error = send(&service).await.unwrap_err();
    assert!(error.is::<Elapsed>(), "{error}");
    assert_eq!(begun.elapsed(), seconds(6), "the resource had its second");
}

/// Then only the source's own wait budget ends a caller's patience.
#[tokio::test(start_paused = true)]
async fn timeout_below_alone_leaves_the_wait_to_the_budget() {
    let (server, resource) = short_lived();
    server.set_outage(Some(Answer::hang()));
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .timeout(seconds(1))
        .service(resource);

    let begun = Instant::now();
    let error = token_error(send(&service).await.unwrap_err());

    assert_eq!(error.kind(), TokenErrorKind::Timeout);
    assert_eq!(begun.elapsed(), seconds(10));
}
