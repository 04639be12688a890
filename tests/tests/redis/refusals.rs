//! A Redis that answers, and refuses: each of its reasons is a miss and an event that says what to do, and no request fails.

use tests::{OidcProvider, Redis};
use tower_oauth2_client_credentials::{BoxError, TokenSource};
use tower_oauth2_client_credentials_redis::RedisStore;

use crate::replica::{Setup, admin};

/// What its owner tells it.
type Orders = &'static [(&'static str, &'static [&'static str])];

/// A reason, what its owner tells it so that it has one, what the event says, and what undoes it.
const REFUSALS: [(&str, Orders, &str, Orders); 6] = [
    (
        "a read-only replica",
        &[("REPLICAOF", &["127.0.0.1", "1"])],
        "READONLY; give the address of the primary",
        &[("REPLICAOF", &["NO", "ONE"])],
    ),
    (
        "a replica that has lost its primary",
        &[
            ("CONFIG", &["SET", "replica-serve-stale-data", "no"]),
            ("REPLICAOF", &["127.0.0.1", "1"]),
        ],
        "MASTERDOWN",
        &[
            ("REPLICAOF", &["NO", "ONE"]),
            ("CONFIG", &["SET", "replica-serve-stale-data", "yes"]),
        ],
    ),
    (
        "no memory, and nothing to evict",
        &[("CONFIG", &["SET", "maxmemory", "1"])],
        "OOM; give it more memory",
        &[("CONFIG", &["SET", "maxmemory", "0"])],
    ),
    (
        "no scripts for this user",
        &[("ACL", &["SETUSER", "fleet", "-eval"])],
        "NOPERM; let its user run",
        &[("ACL", &["SETUSER", "fleet", "+eval"])],
    ),
    (
        "other names for this user",
        &[("ACL", &["SETUSER", "fleet", "resetkeys", "~other:*"])],
        "NOPERM; let its user run",
        &[("ACL", &["SETUSER", "fleet", "resetkeys", "~oauth2-token:*"])],
    ),
    (
        "too few replicas of its own",
        &[("CONFIG", &["SET", "min-replicas-to-write", "1"])],
        "NOREPLICAS",
        &[("CONFIG", &["SET", "min-replicas-to-write", "0"])],
    ),
];

fn tell(redis: &Redis, orders: Orders) -> Result<(), BoxError> {
    let mut admin = admin(redis)?;
    for (order, arguments) in orders {
        let _: redis::Value = redis::cmd(order).arg(*arguments).query(&mut admin)?;
    }
    Ok(())
}

async fn asked(provider: &OidcProvider) -> Result<u64, BoxError> {
    Ok(provider.stats().await?.token_requests())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_is_a_miss_and_an_event() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let endpoint = provider.token_endpoint()?;
    for (reason, refuse, says, relent) in REFUSALS {
        tell(&redis, &[("FLUSHALL", &[])])?;
        let setup = Setup::new(&redis, &endpoint)?;
        let replica = setup.replica().await?;
        tell(&redis, refuse)?;
        let before = asked(&provider).await?;
        replica.token().await?;
        assert_eq!(asked(&provider).await? - before, 1, "{reason}");
        let shown = setup.log.all();
        println!("{reason}: {} events", setup.log.count("StoreFailed"));
        assert!(
            shown.contains("StoreFailed") && shown.contains(says),
            "{reason}: {shown}"
        );

        tell(&redis, relent)?;
        setup.replica().await?.token().await?;
        setup.replica().await?.token().await?;
        assert_eq!(
            asked(&provider).await? - before,
            2,
            "{reason}: shared again"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_wrong_or_was_changed_fails_no_request() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let wrong = format!("rediss://fleet:canary@localhost:{}", redis.port());
    let wrong = RedisStore::with_root_certificate(&wrong, &setup.root)?;
    let replica: TokenSource = setup.source(wrong)?;
    replica.token().await?;
    let shown = setup.log.all();
    assert!(
        shown.contains("password") && !shown.contains("canary"),
        "{shown}"
    );

    // Redis ends the connections of a user that is removed.
    let replica = setup.replica().await?;
    tell(&redis, &[("ACL", &["DELUSER", "fleet"])])?;
    let failures = setup.log.count("StoreFailed");
    replica.token().await?;
    assert_ne!(setup.log.count("StoreFailed"), failures);
    assert_eq!(asked(&provider).await?, 2);
    Ok(())
}
