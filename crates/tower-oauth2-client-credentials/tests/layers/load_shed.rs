//! `LoadShed`: who is turned away.

use tokio::time::Instant;
use tower::{ServiceBuilder, load_shed::error::Overloaded};

use super::*;

/// Nobody who waits for a token holds a permit, so that all look welcome; those who have it then wait their turn.
#[tokio::test(start_paused = true)]
async fn load_shed_above_sheds_nobody_who_waits_for_a_token() {
    let (server, resource) = slow_tokens(seconds(1));
    resource.set_latency(seconds(1));
    let service = ServiceBuilder::new()
        .load_shed()
        .layer(ours(&server))
        .concurrency_limit(1)
        .service(resource);

    let begun = Instant::now();
    assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (10, 0));
    assert_eq!(begun.elapsed(), seconds(11), "one after another");

    // With a token it does what it is there for.
    assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (1, 9));
}

#[tokio::test(start_paused = true)]
async fn load_shed_below_sheds_those_who_waited_too() {
    let (server, resource) = slow_tokens(seconds(1));
    resource.set_latency(seconds(1));
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .load_shed()
        .concurrency_limit(1)
        .service(resource);

    let begun = Instant::now();
    assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (1, 9));
    assert_eq!(
        begun.elapsed(),
        seconds(2),
        "after they had waited for the token"
    );

    assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (1, 9));
}

#[tokio::test(start_paused = true)]
async fn load_shed_and_a_limit_above_bound_how_many_wait_for_a_token() {
    let (server, resource) = slow_tokens(seconds(1));
    let service = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(3)
        .layer(ours(&server))
        .service(resource.clone());

    let begun = Instant::now();
    assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (3, 7));
    assert_eq!(begun.elapsed(), seconds(1));
    assert_eq!(resource.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn load_shed_above_a_buffer_sheds_what_the_queue_cannot_hold() {
    let (server, resource) = slow_tokens(seconds(1));
    resource.set_latency(seconds(1));
    let service = ServiceBuilder::new()
        .load_shed()
        .buffer(3)
        .layer(ours(&server))
        .concurrency_limit(1)
        .service(resource);

    // Cold and warm: who waits for a token has left the queue.
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (3, 7));
        assert!(begun.elapsed() >= seconds(3), "one after another");
    }
}

#[tokio::test(start_paused = true)]
async fn load_shed_below_a_buffer_lets_nothing_queue() {
    let (server, resource) = slow_tokens(Duration::ZERO);
    resource.set_latency(seconds(1));
    let source = source(&server).build();
    source.token().await.unwrap();
    let service = ServiceBuilder::new()
        .buffer(10)
        .load_shed()
        .layer(layer_of(&source))
        .concurrency_limit(1)
        .service(resource);

    assert_eq!(count::<Overloaded>(&burst(&service, 10).await), (1, 9));
}
