//! Each replica's own schedule, for a token that another one fetched.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::{Fleet, IDENTITY, sealing, shown};
use tokio::time::sleep;
use tower::Layer;
use tower_oauth2_client_credentials::{Fetch, TokenSource};

fn source(fleet: &Fleet) -> TokenSource {
    let server = fleet.server.clone();
    let service = tower::service_fn(move |_: Fetch| server.clone().answer());
    let shared = fleet.layer(IDENTITY, sealing()).layer(service);
    TokenSource::builder(shared).clock(fleet.clock).build()
}

async fn token(source: &TokenSource) -> String {
    shown(source.token().await.unwrap().response())
}

/// Of an hour, a token is renewed 12 to 18 minutes before its end; not that part of what was left when a replica started.
#[tokio::test(start_paused = true)]
async fn a_replica_that_starts_late_renews_by_the_age_of_the_token() {
    let fleet = Fleet::new();
    assert_eq!(fleet.replica().token().await, "t1");
    sleep(Duration::from_secs(2_000)).await;
    let late = source(&fleet);
    assert_eq!(token(&late).await, "t1");
    let health = late.health();
    assert!(health.left().unwrap() <= Duration::from_secs(1_600));

    sleep(Duration::from_secs(500)).await;
    token(&late).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        token(&late).await,
        "t1",
        "the first token of this replica, not of the fleet"
    );
    sleep(Duration::from_secs(390)).await;
    token(&late).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(token(&late).await, "t2");
    assert_eq!(fleet.server.asked(), 2);
}
