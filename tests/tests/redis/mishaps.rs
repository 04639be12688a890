//! Whatever happens to Redis, no request fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tests::{OidcProvider, Redis};
use tokio::{task::JoinSet, time::sleep};
use tower_oauth2_client_credentials::{BoxError, TokenSource};

use crate::{
    LIFETIME,
    proxy::Proxy,
    replica::{Setup, admin, contents},
};

/// A fleet under load, and what became of its requests.
pub(crate) struct Fleet {
    provider: OidcProvider,
    served: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    slowest_ms: Arc<AtomicU64>,
    tasks: JoinSet<()>,
}

pub(crate) const REPLICAS: u64 = 5;

impl Fleet {
    pub(crate) async fn start(provider: OidcProvider, setup: &Setup) -> Result<Self, BoxError> {
        let mut fleet = Self {
            provider,
            served: Arc::default(),
            failed: Arc::default(),
            slowest_ms: Arc::default(),
            tasks: JoinSet::new(),
        };
        for _ in 0..REPLICAS {
            let replica = setup.replica().await?;
            let (served, failed) = (Arc::clone(&fleet.served), Arc::clone(&fleet.failed));
            let slowest = Arc::clone(&fleet.slowest_ms);
            fleet.tasks.spawn(async move {
                loop {
                    request(&replica, &served, &failed, &slowest).await;
                    sleep(Duration::from_millis(20)).await;
                }
            });
        }
        Ok(fleet)
    }

    /// Lets it run for a while, and tells what was counted.
    pub(crate) async fn run(&self, what: &str, seconds: u64) -> Result<u64, BoxError> {
        let before = self.provider.stats().await?.token_requests();
        self.served.store(0, Ordering::Relaxed);
        self.slowest_ms.store(0, Ordering::Relaxed);
        sleep(Duration::from_secs(seconds)).await;
        let asked = self.provider.stats().await?.token_requests() - before;
        let (served, failed) = (&self.served, &self.failed);
        println!(
            "{what:24} {seconds:2} s: {:5} served, {} failed, slowest {:4} ms, {asked:3} token requests",
            served.load(Ordering::Relaxed),
            failed.load(Ordering::Relaxed),
            self.slowest_ms.load(Ordering::Relaxed),
        );
        assert_eq!(failed.load(Ordering::Relaxed), 0, "{what}");
        assert!(
            served.load(Ordering::Relaxed) > REPLICAS * seconds,
            "{what}"
        );
        Ok(asked)
    }
}

async fn request(
    source: &TokenSource,
    served: &AtomicU64,
    failed: &AtomicU64,
    slowest: &AtomicU64,
) {
    let begun = Instant::now();
    let count = match source.token().await {
        Ok(_) => served,
        Err(_) => failed,
    };
    count.fetch_add(1, Ordering::Relaxed);
    let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    slowest.fetch_max(took, Ordering::Relaxed);
}

pub(crate) fn provider() -> Result<OidcProvider, BoxError> {
    Ok(OidcProvider::builder().token_ttl(LIFETIME).start()?)
}

/// A token request a second for the whole fleet is the most where all is well.
pub(crate) const STEADY: u64 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn stopped_started_flushed_and_filled_with_garbage() -> Result<(), BoxError> {
    let (provider, mut redis) = (provider()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let fleet = Fleet::start(provider, &setup).await?;
    let asked = fleet.run("all is well", 5).await?;
    assert!(asked <= 5 * STEADY + 1, "{asked}");

    redis.stop();
    let alone = fleet.run("stopped", 5).await?;
    // One before it noticed, and each for itself from then on.
    assert!(alone >= REPLICAS, "{alone}");
    assert_ne!(setup.log.count("StoreFailed"), 0);

    redis.restart()?;
    fleet.run("started again", 8).await?;
    let asked = fleet.run("all is well again", 5).await?;
    assert!(asked <= 5 * STEADY + 1, "{asked}");

    for _ in 0..4 {
        let _: () = redis::cmd("FLUSHALL").query(&mut admin(&redis)?)?;
        sleep(Duration::from_millis(300)).await;
    }
    fleet.run("flushed, four times", 3).await?;

    let unreadable = setup.log.count("Unreadable");
    for (name, _) in contents(&redis)? {
        let mut admin = admin(&redis)?;
        let _: () = redis::cmd("DEL").arg(&name).query(&mut admin)?;
        let _: () = redis::cmd("RPUSH")
            .arg(&name)
            .arg("garbage")
            .query(&mut admin)?;
    }
    fleet.run("a list in its place", 3).await?;
    for (name, _) in contents(&redis)? {
        let garbage = vec![0xa5_u8; 300_000];
        let _: () = redis::cmd("SET")
            .arg(&name)
            .arg(garbage)
            .query(&mut admin(&redis)?)?;
    }
    fleet.run("garbage in its place", 3).await?;
    println!(
        "{} events of garbage",
        setup.log.count("Unreadable") - unreadable
    );
    assert_ne!(setup.log.count("Unreadable"), unreadable);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn slowed_and_cut_off() -> Result<(), BoxError> {
    let (provider, redis) = (provider()?, Redis::start()?);
    let proxy = Proxy::start(redis.port()).await?;
    let mut setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    setup.redis_port = proxy.port();
    let fleet = Fleet::start(provider, &setup).await?;
    fleet.run("through a proxy", 3).await?;

    let mut sleeper = admin(&redis)?;
    let sleeping = tokio::task::spawn_blocking(move || {
        for _ in 0..3 {
            let _: Result<(), _> = redis::cmd("DEBUG").arg("SLEEP").arg(2).query(&mut sleeper);
        }
    });
    fleet.run("2 s for each answer", 6).await?;
    sleeping.await?;

    let failures = setup.log.count("StoreFailed");
    proxy.cut(true);
    fleet.run("cut off", 6).await?;
    assert_ne!(setup.log.count("StoreFailed"), failures);
    proxy.cut(false);
    // The connections that were cut are dead for good: new ones are made.
    fleet.run("connected again", 10).await?;
    let asked = fleet.run("all is well again", 5).await?;
    assert!(asked <= 5 * STEADY + 1, "{asked}");
    Ok(())
}
