//! Whatever the store does, it is as good as empty: no request fails for it, and none waits for long.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use oauth2_client_credentials_testkit::StoreOutage;
use support::{Fleet, HOUR, IDENTITY, first, key, sealing, shown};
use tokio::time::{Instant, sleep};
use tower_oauth2_client_credentials::Clock;
use tower_oauth2_client_credentials_redis::Sealing;

const OUTAGES: [StoreOutage; 4] = [
    StoreOutage::Refuses,
    StoreOutage::Hangs,
    StoreOutage::Slow(Duration::from_secs(2)),
    StoreOutage::ReadOnly,
];

#[tokio::test(start_paused = true)]
async fn every_failure_is_a_miss_and_an_event() {
    for outage in OUTAGES {
        let fleet = Fleet::new();
        fleet.store.set_outage(Some(outage));
        let begun = Instant::now();
        assert_eq!(fleet.replica().token().await, "t1", "{outage:?}");
        // 100 ms are the server's.
        assert!(begun.elapsed() <= Duration::from_millis(350), "{outage:?}");
        // A lease that may have been acquired is given back, in vain as well.
        sleep(Duration::from_secs(1)).await;
        let told = fleet.log.count("StoreFailed");
        let expected = if outage == StoreOutage::ReadOnly {
            2
        } else {
            1
        };
        assert_eq!(told, expected, "{outage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_comes_while_the_store_is_gone_is_handed_out_all_the_same() {
    for outage in OUTAGES {
        let fleet = Fleet::new();
        fleet
            .server
            .set(|server| server.takes = Duration::from_millis(300));
        let fetching = tokio::spawn(fleet.replica().fetch(first()));
        sleep(Duration::from_millis(100)).await;
        fleet.store.set_outage(Some(outage));
        let begun = Instant::now();
        assert_eq!(shown(&fetching.await.unwrap().unwrap()), "t1", "{outage:?}");
        assert!(begun.elapsed() < Duration::from_millis(750), "{outage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_does_not_wait_for_a_store_that_is_gone() {
    for outage in OUTAGES {
        let fleet = Fleet::new();
        fleet
            .server
            .set(|server| server.takes = Duration::from_secs(3));
        let fetching = tokio::spawn(fleet.replica().fetch(first()));
        sleep(Duration::from_millis(100)).await;
        let waiting = tokio::spawn(fleet.replica().fetch(first()));
        sleep(Duration::from_millis(100)).await;
        fleet
            .server
            .set(|server| server.takes = Duration::from_millis(100));
        fleet.store.set_outage(Some(outage));
        let begun = Instant::now();
        assert_eq!(shown(&waiting.await.unwrap().unwrap()), "t2", "{outage:?}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{outage:?}");
        fetching.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_left_alone_and_found_again() {
    let fleet = Fleet::new();
    fleet.store.set_outage(Some(StoreOutage::Hangs));
    let replica = fleet.replica();
    for _ in 0..5 {
        replica.token().await;
    }
    assert_eq!(fleet.log.count("BreakerOpened"), 1);
    let operations = fleet.store.operations();
    // It is left alone for half a second at least.
    for _ in 0..4 {
        let begun = Instant::now();
        replica.token().await;
        assert_eq!(
            begun.elapsed(),
            Duration::from_millis(100),
            "the server's alone"
        );
    }
    assert_eq!(fleet.store.operations(), operations);
    fleet.store.set_outage(None);
    sleep(Duration::from_secs(60)).await;
    let asked = fleet.server.asked();
    replica.token().await;
    replica.token().await;
    assert_eq!(fleet.server.asked(), asked + 1);
    assert_eq!(fleet.log.count("BreakerClosed"), 1);
}

#[tokio::test(start_paused = true)]
async fn garbage_is_a_miss_an_event_and_replaced() {
    for garbage in [
        &b""[..],
        b"garbage",
        b"\x01",
        b"\x01\x02k1",
        b"\x00{}",
        &[0xff; 200_000],
    ] {
        let fleet = Fleet::new();
        fleet.replica().token().await;
        fleet.store.fill_with(garbage);
        let begun = Instant::now();
        assert_eq!(fleet.replica().token().await, "t2");
        assert!(begun.elapsed() < Duration::from_secs(1));
        let log = fleet.log.take();
        let unreadable = |shown: &&String| shown.starts_with("Unreadable");
        assert_eq!(log.iter().filter(unreadable).count(), 1, "{log:?}");
        assert_eq!(fleet.replica().token().await, "t2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_garbage_holds_nobody_up() {
    let fleet = Fleet::new();
    fleet.server.set(|server| server.takes = HOUR);
    let hanging = tokio::spawn(fleet.replica().fetch(first()));
    sleep(Duration::from_millis(100)).await;
    fleet.store.fill_with(b"garbage");
    fleet
        .server
        .set(|server| server.takes = Duration::from_millis(100));
    let begun = Instant::now();
    assert_eq!(fleet.replica().token().await, "t2");
    assert!(begun.elapsed() < Duration::from_secs(1));
    hanging.abort();
}

#[tokio::test(start_paused = true)]
async fn one_name_put_in_the_place_of_another_is_not_taken() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    let (_, sealed) = fleet.store.entries().pop().unwrap();
    let other = fleet.replica_of(fleet.layer("another client", sealing()));
    other.token().await;
    // Whoever can write the store gives one client the token of the other.
    fleet.store.fill_with(&sealed);
    assert_eq!(other.token().await, "t3");
    assert_eq!(fleet.log.count("Unreadable Forged"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_servers_failure_is_told_as_it_is_and_the_next_one_tries() {
    let fleet = Fleet::new();
    fleet.server.set(|server| server.fails = true);
    let error = fleet.replica().fetch(first()).await.unwrap_err();
    assert_eq!(error.to_string(), "the server is told to fail");
    assert!(fleet.store.entries().is_empty(), "the lease was given back");
    fleet.server.set(|server| server.fails = false);
    assert_eq!(fleet.replica().token().await, "t2");
}

#[tokio::test(start_paused = true)]
async fn a_token_in_its_last_seconds_is_better_than_none() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    sleep(HOUR - Duration::from_secs(20)).await;
    fleet.server.set(|server| server.fails = true);
    let token = fleet.replica().fetch(first()).await.unwrap();
    assert_eq!(shown(&token), "t1");
    let left = Duration::from_millis(19_800);
    assert_eq!(token.expires_at(), Some(fleet.clock.wall() + left));
    sleep(Duration::from_secs(20)).await;
    fleet.replica().fetch(first()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_life_is_not_shared_and_one_of_unknown_life_not_for_long() {
    let fleet = Fleet::new();
    fleet
        .server
        .set(|server| server.lifetime = Some(Duration::ZERO));
    assert_eq!(fleet.replica().token().await, "t1");
    assert!(fleet.store.entries().is_empty());
    fleet.server.set(|server| server.lifetime = None);
    assert_eq!(fleet.replica().token().await, "t2");
    assert_eq!(fleet.replica().token().await, "t2");
    sleep(Duration::from_secs(300)).await;
    assert_eq!(fleet.replica().token().await, "t3");
}

#[tokio::test(start_paused = true)]
async fn nothing_in_the_store_can_be_read() {
    let fleet = Fleet::new();
    fleet.server.set(|server| server.takes = HOUR);
    let _leased = tokio::spawn(
        fleet
            .replica_of(fleet.layer("canary-other", sealing()))
            .fetch(first()),
    );
    fleet.server.set(|server| server.takes = Duration::ZERO);
    fleet.replica().token().await;
    sleep(Duration::from_millis(1)).await;
    let entries = fleet.store.entries();
    assert_eq!(entries.len(), 2, "a token, and a lease");
    for (name, value) in &entries {
        assert!(name.starts_with("oauth2-token:{"), "{name}");
        assert!(!name.contains("canary"), "{name}");
        assert!(!value.windows(6).any(|part| part == b"canary"));
    }
    // The scan can find: without a seal the token is there.
    let plain = Fleet::new();
    plain
        .replica_of(plain.layer(IDENTITY, Sealing::unsealed()))
        .token()
        .await;
    let entries = plain.store.entries();
    assert!(entries[0].1.windows(6).any(|part| part == b"canary"));
    assert!(!entries[0].0.contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_in_debug() {
    let fleet = Fleet::new();
    let layer = fleet.layer(IDENTITY, Sealing::new([key("k1", 200)]).unwrap());
    let replica = fleet.replica_of(layer.clone());
    replica.token().await;
    let shown = format!("{layer:?} {:?} {:?}", fleet.store, fleet.log.take());
    assert!(
        !shown.contains("canary") && !shown.contains("200"),
        "{shown}"
    );
}
