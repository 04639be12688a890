//! `Buffer`: a queue, and one task that takes out of it.

use tokio::{join, time::sleep};
use tower::{Layer, Service, ServiceBuilder, buffer::Buffer, limit::ConcurrencyLimitLayer};
use tower_oauth2_client_credentials::replay;

use super::*;

/// An error of `poll_ready` would end the task, and with it every handle.
#[tokio::test(start_paused = true)]
async fn buffer_above_outlives_a_token_endpoint_that_is_down() {
    let (server, resource) = short_lived();
    server.set_outage(Some(Answer::connect_error()));
    let service = Buffer::new(ours(&server).layer(resource.clone()), 4);

    for result in burst(&service, 20).await {
        let error = token_error(result.unwrap_err());
        assert_eq!(error.kind(), TokenErrorKind::Transient);
    }
    server.set_outage(None);
    sleep(seconds(1)).await;

    assert_eq!(send(&service).await.unwrap(), 200);
    assert_eq!(resource.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn buffer_above_gives_what_waited_in_it_the_newest_token() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    resource.set_latency(PAST_IT);
    let service = ServiceBuilder::new()
        .buffer(8)
        .layer(layer_of(&source))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(resource.clone());

    let two = burst(&service, 2).await;

    assert!(
        two.iter().all(|result| matches!(result, Ok(200))),
        "{two:?}"
    );
    assert_eq!(resource.tokens_seen(), [("t1".into(), 1), ("t2".into(), 1)]);
    assert_eq!(resource.refused(), 0);
}

/// The token is attached when the request goes into the queue, and nobody looks at it when it comes out.
#[tokio::test(start_paused = true)]
async fn buffer_below_sends_a_token_that_ended_in_the_queue() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    resource.set_latency(PAST_IT);
    let service = ServiceBuilder::new()
        .layer(layer_of(&source))
        .buffer(8)
        .layer(ConcurrencyLimitLayer::new(1))
        .service(resource.clone());

    let (first, second) = join!(send(&service), send(&service));

    assert_eq!((first.unwrap(), second.unwrap()), (200, 401));
    assert_eq!(resource.tokens_seen(), [("t1".into(), 2)]);
}

/// What heals it, where there must be a buffer below.
#[tokio::test(start_paused = true)]
async fn buffer_below_needs_a_replay_policy() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    resource.set_latency(PAST_IT);
    let service = ServiceBuilder::new()
        .layer(layer_of(&source).replay(replay::Cloned::new()))
        .buffer(8)
        .layer(ConcurrencyLimitLayer::new(1))
        .service(resource.clone());

    let (first, second) = join!(send(&service), async {
        // Whoever comes second is queued, and what is sent again has to go fast.
        sleep(seconds(1)).await;
        resource.set_latency(Duration::ZERO);
        send(&service).await
    });

    assert_eq!((first.unwrap(), second.unwrap()), (200, 200));
    assert_eq!(resource.tokens_seen(), [("t1".into(), 2), ("t2".into(), 1)]);
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn buffer_below_has_its_slot_back_while_a_token_is_awaited() {
    let (server, resource) = slow_tokens(seconds(5));
    let mut service = ServiceBuilder::new()
        .layer(ours(&server))
        .buffer(1)
        .service(resource.clone());

    let cold = tokio::spawn(ready(&mut service).await.call(request()));
    sleep(seconds(1)).await;
    let mut other = service.clone();
    let other = timeout(millis(1), async {
        ready(&mut other).await.call(without_need()).await
    });

    assert_eq!(
        other.await.expect("the slot is free").unwrap().status(),
        401
    );
    assert_eq!(cold.await.unwrap().unwrap().status(), 200);
}
