//! A store that somebody else writes to, and replicas whose clocks are wrong: nobody gets a token that is not theirs, none lives longer
//! than it should, and no request fails.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use oauth2_client_credentials_testkit::AuthorizationServer;
use support::{Fleet, HOUR, IDENTITY, WrongClock, first, key, sealing, shown};
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};
use tower_oauth2_client_credentials::{
    Clock, Fetch, TokenEndpoint,
    oauth2_client_credentials::{Client, EndpointUri, TlsClientAuth, TokenResponse},
};
use tower_oauth2_client_credentials_redis::{
    CacheEvent, CacheObserver, Entry, Put, Sealing, SharedCacheLayer, Store, StoreFuture,
};

const FIVE_MINUTES: i64 = 300;

/// The one value that is there, with its name.
fn only(fleet: &Fleet) -> (String, Vec<u8>) {
    let mut entries = fleet.store.entries();
    assert_eq!(entries.len(), 1);
    let (name, value) = entries.pop().unwrap();
    (name, value.to_vec())
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_garbage_is_a_miss_and_an_event_that_says_which() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    let (_, sealed) = only(&fleet);
    let of_another_id = Fleet::new();
    let other = of_another_id.layer(IDENTITY, Sealing::new([key("k2", 1)]).unwrap());
    of_another_id.replica_of(other).token().await;
    let plain = Fleet::new();
    let unsealed = plain.layer(IDENTITY, Sealing::unsealed());
    plain.replica_of(unsealed).token().await;
    let mut flipped = sealed.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (what, value, why) in [
        ("another key's id", only(&of_another_id).1, "UnknownKey"),
        ("one that is not sealed", only(&plain).1, "OtherMode"),
        ("truncated", sealed[..sealed.len() - 1].to_vec(), "Forged"),
        ("truncated to its head", sealed[..4].to_vec(), "Forged"),
        ("one bit", flipped, "Forged"),
        ("enormous", vec![1; 8 * 1024 * 1024], "UnknownKey"),
        ("something after it", [&sealed[..], b"x"].concat(), "Forged"),
    ] {
        let fleet = Fleet::new();
        fleet.replica().token().await;
        fleet.store.fill_with(&value);
        fleet.log.take();
        assert_eq!(fleet.replica().token().await, "t2", "{what}");
        let expected = [format!("Unreadable {why}"), "Minted true true".to_owned()];
        assert_eq!(fleet.log.take(), expected, "{what}");
        assert_eq!(fleet.replica().token().await, "t2", "{what}: replaced");
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_token_that_is_put_back_renews_nobodys_and_ends_with_a_refusal() {
    let fleet = Fleet::new();
    let held = fleet.replica();
    held.token().await;
    let (_, old) = only(&fleet);
    sleep(HOUR / 2).await;
    assert_eq!(held.renewed("t1").await, "t2");
    fleet.store.fill_with(&old);
    assert_eq!(held.renewed("t2").await, "t3", "t1 ends before t2 does");

    fleet.store.fill_with(&old);
    let late = fleet.replica();
    let token = late.fetch(first()).await.unwrap();
    assert_eq!(
        shown(&token),
        "t1",
        "it is a token of this client, and works"
    );
    let left = HOUR / 2 - Duration::from_millis(200);
    let end = token.expires_at().unwrap();
    assert!(
        end <= fleet.clock.wall() + left,
        "and lives no longer than it did"
    );
    assert_eq!(late.instead_of_refused("t1").await, "t4");
    assert_eq!(fleet.log.count("Removed"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_removes_no_other_token_than_the_refused_one() {
    let fleet = Fleet::new();
    let (one, two) = (fleet.replica(), fleet.replica());
    one.token().await;
    two.token().await;
    sleep(HOUR / 2).await;
    assert_eq!(one.renewed("t1").await, "t2");
    let (_, new) = only(&fleet);
    // Refused late: what is there by now is another.
    assert_eq!(two.instead_of_refused("t1").await, "t2");
    assert_eq!(only(&fleet).1, new);
    assert_eq!(fleet.log.count("Removed"), 0);
    // Whoever compares what it saw before somebody else wrote removes nothing.
    let (name, _) = only(&fleet);
    assert!(!fleet.store.remove(&name, b"what it saw").await.unwrap());
    assert_eq!(only(&fleet).1, new);
}

#[tokio::test(start_paused = true)]
async fn a_late_writer_is_fenced_at_each_moment() {
    // When the one that stood still comes back: another holds the lease; another has written; and that was removed again.
    for (moment, fenced) in [("minting", 1), ("written", 1), ("refused", 0)] {
        let fleet = Fleet::new();
        fleet
            .server
            .set(|server| server.takes = Duration::from_secs(3));
        let late = tokio::spawn(fleet.replica().fetch(first()));
        sleep(Duration::from_millis(100)).await;
        fleet.store.flush();
        let takes = if moment == "minting" { 3_500 } else { 100 };
        fleet
            .server
            .set(|server| server.takes = Duration::from_millis(takes));
        let other = fleet.replica();
        let minting = tokio::spawn({
            let other = other.clone();
            async move { other.token().await }
        });
        if moment != "minting" {
            sleep(Duration::from_millis(500)).await;
        }
        if moment == "refused" {
            fleet.server.set(|server| server.fails = true);
            let refused = first().with_instead_of(
                tower_oauth2_client_credentials::InsteadOf::Rejection(support::digest("t2")),
            );
            other.fetch(refused).await.unwrap_err();
            fleet.server.set(|server| server.fails = false);
        }
        assert_eq!(shown(&late.await.unwrap().unwrap()), "t1", "{moment}");
        assert_eq!(minting.await.unwrap(), "t2", "{moment}");
        assert_eq!(fleet.log.count("Fenced"), fenced, "{moment}");
        // Nothing is there, and t1 was never refused: then it does.
        let stands = if moment == "refused" { "t1" } else { "t2" };
        assert_eq!(fleet.replica().token().await, stands, "{moment}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_clock_that_is_wrong_makes_a_token_live_longer_for_anybody() {
    for wrong in [FIVE_MINUTES, -FIVE_MINUTES] {
        for wrong_one_mints in [true, false] {
            let fleet = Fleet::new();
            let clock = WrongClock(fleet.clock, wrong);
            let off = fleet.replica_of(fleet.layer(IDENTITY, sealing()).clock(clock));
            let right = fleet.replica();
            let (mints, reads) = if wrong_one_mints {
                (off, right)
            } else {
                (right, off)
            };
            let reader_is_off = if wrong_one_mints { 0 } else { wrong };
            mints.token().await;
            sleep(HOUR / 2).await;
            let token = reads.fetch(first()).await.unwrap();
            assert_eq!(shown(&token), "t1", "{wrong}: there is time enough left");
            let by_its_clock = WrongClock(fleet.clock, reader_is_off).wall();
            let left = token.expires_at().unwrap().duration_since(by_its_clock);
            assert!(left.unwrap() <= HOUR / 2, "{wrong} {wrong_one_mints}");
            assert_eq!(token.expires_in(), Some(HOUR));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_shorter_than_the_clocks_are_apart_cost_requests_and_fail_none() {
    let fleet = Fleet::new();
    fleet
        .server
        .set(|server| server.lifetime = Some(Duration::from_secs(60)));
    let ahead = WrongClock(fleet.clock, FIVE_MINUTES);
    let ahead = fleet.replica_of(fleet.layer(IDENTITY, sealing()).clock(ahead));
    let behind = WrongClock(fleet.clock, -FIVE_MINUTES);
    let behind = fleet.replica_of(fleet.layer(IDENTITY, sealing()).clock(behind));
    for minute in 1..=10 {
        for replica in [&ahead, &behind, &fleet.replica()] {
            let token = replica.fetch(first()).await.unwrap();
            assert!(token.expires_in().unwrap() <= Duration::from_secs(60));
        }
        assert!(fleet.server.asked() <= 3 * minute, "{minute}");
        sleep(Duration::from_secs(60)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_bound_token_is_shared_only_under_the_key_that_it_is_bound_to() {
    let fleet = Fleet::new();
    fleet.server.set(|server| server.token_type = "DPoP");
    // An identity of the user's own, which does not say which key.
    assert_eq!(fleet.replica().token().await, "t1");
    assert!(fleet.store.entries().is_empty());
    assert_eq!(fleet.replica().token().await, "t2");
    let bound = |key: &str| {
        let identity = format!("{IDENTITY}\njkt {key}");
        fleet.replica_of(fleet.layer(&identity, sealing()))
    };
    assert_eq!(bound("a").token().await, "t3");
    assert_eq!(bound("a").token().await, "t3", "the key is shared");
    assert_eq!(bound("b").token().await, "t4", "it is not");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_an_unknown_certificate_is_shared_with_nobody() {
    let fleet = Fleet::new();
    let client = Client::new("svc", TlsClientAuth).unwrap();
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(AuthorizationServer::new(), uri, client);
    let replica = |identity: String| fleet.replica_of(fleet.layer(&identity, sealing()));
    assert_eq!(replica(endpoint.identity()).token().await, "t1");
    assert_eq!(replica(endpoint.identity()).token().await, "t2");
    assert!(fleet.store.entries().is_empty());
    let told = endpoint.certificate_thumbprint("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2");
    assert_eq!(replica(told.identity()).token().await, "t3");
    assert_eq!(replica(told.identity()).token().await, "t3");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_writes_in_between_is_seen() {
    let fleet = Fleet::new();
    fleet.replica().token().await;
    let (name, value) = only(&fleet);
    let lease = name.replace(":token", ":lease");
    assert!(fleet.store.acquire(&lease, "holder", HOUR).await.unwrap());
    // A replica that waits for a holder which never writes goes on alone, and does not replace what the holder may write.
    sleep(HOUR - Duration::from_secs(10)).await;
    assert_eq!(fleet.replica().token().await, "t2");
    assert_eq!(fleet.log.count("Fenced"), 1);
    assert_eq!(only_token(&fleet, &name), Some(value));
}

fn only_token(fleet: &Fleet, name: &str) -> Option<Vec<u8>> {
    let entries = fleet.store.entries();
    let mut values = entries.into_iter().filter(|(found, _)| found == name);
    values.next().map(|(_, value)| value.to_vec())
}

/// A store of the user's that fails with what its server said.
#[derive(Debug)]
struct Talkative(usize);

impl Talkative {
    fn says<T>(&self) -> StoreFuture<'_, T> {
        let said: Box<dyn Error + Send + Sync> = "\u{e4}".repeat(self.0).into();
        Box::pin(async move { Err(said) })
    }
}

impl Store for Talkative {
    fn get<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Entry>> {
        self.says()
    }

    fn acquire<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, bool> {
        self.says()
    }

    fn extend<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, bool> {
        self.says()
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> StoreFuture<'a, bool> {
        self.says()
    }

    fn put<'a>(&'a self, _: Put<'a>) -> StoreFuture<'a, bool> {
        self.says()
    }

    fn remove<'a>(&'a self, _: &'a str, _: &'a [u8]) -> StoreFuture<'a, bool> {
        self.says()
    }
}

/// What the events of a store that failed said.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl CacheObserver for Told {
    fn observe(&self, event: &CacheEvent<'_>) {
        if let CacheEvent::StoreFailed { error, .. } = event {
            self.0.lock().unwrap().push(error.to_string());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_store_says_is_told_and_not_at_length() {
    for (says, told, end) in [(2_000, 2_000, '\u{e4}'), (100_000, 1_001, '…')] {
        let heard = Told::default();
        let layer = SharedCacheLayer::new(Talkative(says), IDENTITY, sealing());
        let service = layer
            .observer(heard.clone())
            .layer(service_fn(|_: Fetch| async { TokenResponse::new("t1") }));
        service.oneshot(first()).await.unwrap();
        let heard = heard.0.lock().unwrap();
        assert_eq!(heard[0].chars().count(), told);
        assert!(heard[0].ends_with(end));
    }
}
