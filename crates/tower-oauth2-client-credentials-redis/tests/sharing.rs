//! One replica fetches, the others get the token: at the start, on a renewal, after a refusal, and when the one that fetches dies.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::{Fleet, HOUR, IDENTITY, first, key, sealing, shown};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tower_oauth2_client_credentials::{Clock, Fetch, oauth2_client_credentials::TokenRequest};
use tower_oauth2_client_credentials_redis::Sealing;

#[tokio::test(start_paused = true)]
async fn fifty_at_once_make_one_token_request() {
    let fleet = Fleet::new();
    let mut replicas: JoinSet<_> = (0..50)
        .map(|_| fleet.replica())
        .map(|replica| async move { replica.token().await })
        .collect();
    while let Some(token) = replicas.join_next().await {
        assert_eq!(token.unwrap(), "t1");
    }
    assert_eq!(fleet.server.asked(), 1);
    assert_eq!(fleet.log.count("Waited"), 49);
    assert_eq!(fleet.replica().token().await, "t1");
    assert_eq!(fleet.log.count("Hit"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_life_comes_with_the_token() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    sleep(Duration::from_secs(600)).await;
    let token = fleet.replica().fetch(first()).await.unwrap();
    // The server took 100 ms, which count from the sending.
    let left = HOUR - Duration::from_secs(600) - Duration::from_millis(100);
    assert_eq!(token.expires_in(), Some(HOUR), "its whole life");
    assert_eq!(token.expires_at(), Some(fleet.clock.wall() + left));
    sleep(Duration::from_secs(2_985)).await;
    assert_eq!(
        fleet.replica().token().await,
        "t2",
        "the last seconds are not shared"
    );
}

#[tokio::test(start_paused = true)]
async fn a_renewal_fetches_once_while_others_get_the_old_one() {
    let fleet = Fleet::new();
    let (one, two) = (fleet.replica(), fleet.replica());
    assert_eq!(
        (one.token().await, two.token().await),
        ("t1".into(), "t1".into())
    );
    sleep(HOUR / 2).await;
    fleet
        .server
        .set(|server| server.takes = Duration::from_secs(1));
    let renewing = tokio::spawn({
        let one = one.clone();
        async move { one.renewed("t1").await }
    });
    sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    assert_eq!(fleet.replica().token().await, "t1");
    assert!(begun.elapsed().is_zero(), "nobody waits for a renewal");
    assert_eq!(two.renewed("t1").await, "t2");
    assert_eq!(renewing.await.unwrap(), "t2");
    assert_eq!(fleet.server.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_goes_and_no_other() {
    let fleet = Fleet::new();
    let (one, two) = (fleet.replica(), fleet.replica());
    one.token().await;
    two.token().await;
    assert_eq!(one.instead_of_refused("t1").await, "t2");
    assert_eq!(fleet.log.count("Removed"), 1);
    assert_eq!(
        two.instead_of_refused("t1").await,
        "t2",
        "by its own refusal"
    );
    assert_eq!(fleet.log.count("Removed"), 1);
    assert_eq!(fleet.server.asked(), 2);
    assert_eq!(fleet.replica().token().await, "t2");
}

#[tokio::test(start_paused = true)]
async fn many_refusals_of_one_token_make_one_token_request() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    let mut replicas: JoinSet<_> = (0..50)
        .map(|_| fleet.replica())
        .map(|replica| async move { replica.instead_of_refused("t1").await })
        .collect();
    while let Some(token) = replicas.join_next().await {
        assert_eq!(token.unwrap(), "t2");
    }
    assert_eq!(fleet.server.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_sooner_renews_none() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    let one = fleet.replica();
    fleet.store.set_outage(Some(
        oauth2_client_credentials_testkit::StoreOutage::Refuses,
    ));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(one.token().await, "t2", "without the store");
    fleet.store.set_outage(None);
    assert_eq!(one.renewed("t2").await, "t3", "t1 is there, and worse");
}

#[tokio::test(start_paused = true)]
async fn who_holds_the_lease_and_dies_is_replaced_by_one() {
    let fleet = Fleet::new();
    fleet.server.set(|server| server.takes = HOUR);
    let dying = tokio::spawn(fleet.replica().fetch(first()));
    sleep(Duration::from_millis(700)).await;
    // A process that is killed gives nothing back: neither does one whose store is away when it ends.
    fleet.store.set_outage(Some(
        oauth2_client_credentials_testkit::StoreOutage::Refuses,
    ));
    dying.abort();
    sleep(Duration::from_millis(1)).await;
    fleet.store.set_outage(None);
    fleet
        .server
        .set(|server| server.takes = Duration::from_millis(100));
    let begun = Instant::now();
    let mut replicas: JoinSet<_> = (0..20)
        .map(|_| fleet.replica())
        .map(|replica| async move { replica.token().await })
        .collect();
    while let Some(token) = replicas.join_next().await {
        assert_eq!(token.unwrap(), "t2");
    }
    assert_eq!(fleet.server.asked(), 2);
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_is_given_up_gives_its_lease_back() {
    let fleet = Fleet::new();
    fleet.server.set(|server| server.takes = HOUR);
    let given_up = fleet.replica().fetch(first());
    timeout(Duration::from_millis(100), given_up)
        .await
        .unwrap_err();
    fleet.server.set(|server| server.takes = Duration::ZERO);
    let begun = Instant::now();
    assert_eq!(fleet.replica().token().await, "t2");
    assert!(begun.elapsed() < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_fetches_alone() {
    let fleet = Fleet::new();
    fleet
        .server
        .set(|server| server.takes = Duration::from_secs(30));
    let slow = tokio::spawn(fleet.replica().fetch(first()));
    sleep(Duration::from_millis(10)).await;
    fleet
        .server
        .set(|server| server.takes = Duration::from_millis(100));
    let begun = Instant::now();
    assert_eq!(fleet.replica().token().await, "t2");
    let waited = begun.elapsed();
    assert!(
        waited > Duration::from_secs(4) && waited < Duration::from_secs(5),
        "{waited:?}"
    );
    assert_eq!(shown(&slow.await.unwrap().unwrap()), "t1");
    assert_eq!(fleet.server.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_writer_replaces_nothing() {
    let fleet = Fleet::new();
    fleet
        .server
        .set(|server| server.takes = Duration::from_secs(10));
    let late = tokio::spawn(fleet.replica().fetch(first()));
    sleep(Duration::from_millis(100)).await;
    // As if it had stood still for longer than its lease lasts.
    fleet.store.flush();
    fleet
        .server
        .set(|server| server.takes = Duration::from_millis(100));
    assert_eq!(fleet.replica().token().await, "t2");
    assert_eq!(
        shown(&late.await.unwrap().unwrap()),
        "t1",
        "it has a token all the same"
    );
    assert_eq!(fleet.log.count("Fenced"), 1);
    assert_eq!(fleet.replica().token().await, "t2");
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_loses_no_token() {
    let fleet = Fleet::new();
    fleet
        .server
        .set(|server| server.takes = Duration::from_secs(1));
    let one = tokio::spawn(fleet.replica().fetch(first()));
    sleep(Duration::from_millis(100)).await;
    fleet.store.flush();
    one.await.unwrap().unwrap();
    assert_eq!(fleet.replica().token().await, "t1");
    assert_eq!(fleet.server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn other_requests_clients_and_keys_have_other_tokens() {
    let fleet = Fleet::new();
    assert_eq!(fleet.replica().token().await, "t1");
    let scoped = TokenRequest::builder().scope("read").build().unwrap();
    let scoped = fleet.replica().fetch(Fetch::new(scoped)).await.unwrap();
    assert_eq!(shown(&scoped), "t2");
    // Of tokens that are bound to a key or a certificate the identity has the thumbprint.
    let bound = format!("{IDENTITY}\njkt another");
    let bound = fleet.replica_of(fleet.layer(&bound, sealing()));
    assert_eq!(bound.token().await, "t3");
    let other = Sealing::new([key("k1", 9)]).unwrap();
    assert_eq!(
        fleet.replica_of(fleet.layer(IDENTITY, other)).token().await,
        "t4"
    );
    let other = fleet.layer(IDENTITY, sealing()).namespace("staging");
    assert_eq!(fleet.replica_of(other).token().await, "t5");
    assert_eq!(fleet.replica().token().await, "t1");
}

#[tokio::test(start_paused = true)]
async fn keys_are_changed_without_one_more_token_request() {
    let fleet = Fleet::new();
    let (old, new) = (key("old", 1), key("new", 2));
    let step = |keys: Vec<_>| fleet.layer(IDENTITY, Sealing::new(keys).unwrap());
    let before = fleet.replica_of(step(vec![old.clone()]));
    assert_eq!(before.token().await, "t1");
    for keys in [
        vec![old.clone(), new.clone()],
        vec![new.clone(), old.clone()],
    ] {
        let replica = fleet.replica_of(step(keys));
        assert_eq!(replica.token().await, "t1");
    }
    // Half of the fleet seals with the new key, half with the old one.
    let ahead = fleet.replica_of(step(vec![new.clone(), old.clone()]));
    let behind = fleet.replica_of(step(vec![old, new.clone()]));
    assert_eq!(
        (ahead.token().await, behind.token().await),
        ("t1".into(), "t1".into())
    );
    sleep(HOUR * 3 / 4).await;
    assert_eq!(ahead.renewed("t1").await, "t2");
    assert_eq!(behind.renewed("t1").await, "t2");
    sleep(HOUR * 3 / 4).await;
    assert_eq!(behind.renewed("t2").await, "t3");
    assert_eq!(ahead.renewed("t2").await, "t3");
    sleep(HOUR * 3 / 4).await;
    assert_eq!(ahead.renewed("t3").await, "t4");
    assert_eq!(fleet.replica_of(step(vec![new])).token().await, "t4");
    assert_eq!(fleet.server.asked(), 4);
}
