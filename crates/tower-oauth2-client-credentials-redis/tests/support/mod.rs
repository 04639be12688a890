//! What the tests of this crate share: replicas of a fleet, with one store and one token service of their own making.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use oauth2_client_credentials_testkit::MemoryStore;
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};
use tower_oauth2_client_credentials::{
    BoxError, Clock, Fetch, InsteadOf, TokenDigest,
    oauth2_client_credentials::{SecretString, TokenRequest, TokenResponse},
};
use tower_oauth2_client_credentials_redis::{
    CacheEvent, CacheObserver, Sealing, SealingKey, SharedCacheLayer,
};

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// Goes by tokio's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokioClock(Instant);

impl Clock for TokioClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + self.0.elapsed()
    }
}

/// A clock that is set wrong: by so many seconds, ahead or behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrongClock(pub(crate) TokioClock, pub(crate) i64);

impl Clock for WrongClock {
    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn wall(&self) -> SystemTime {
        let by = Duration::from_secs(self.1.unsigned_abs());
        match self.1 {
            0.. => self.0.wall() + by,
            _ => self.0.wall() - by,
        }
    }
}

/// Keeps the names of what happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl CacheObserver for Log {
    fn observe(&self, event: &CacheEvent<'_>) {
        let shown = match event {
            CacheEvent::Unreadable { why, .. } => format!("Unreadable {why:?}"),
            CacheEvent::Minted { leased, shared, .. } => format!("Minted {leased} {shared}"),
            other => {
                let shown = format!("{other:?}");
                shown.split([' ', '{']).next().unwrap().to_owned()
            }
        };
        self.0.lock().unwrap().push(shown);
    }
}

impl Log {
    pub(crate) fn count(&self, event: &str) -> usize {
        let log = self.0.lock().unwrap();
        log.iter().filter(|shown| *shown == event).count()
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The authorization server: `canary-t1`, `canary-t2`, …, and how it is to behave.
#[derive(Clone)]
pub(crate) struct Server(Arc<Mutex<Behaviour>>);

pub(crate) struct Behaviour {
    pub(crate) asked: u64,
    pub(crate) takes: Duration,
    pub(crate) fails: bool,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) token_type: &'static str,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Behaviour {
            asked: 0,
            takes: Duration::from_millis(100),
            fails: false,
            lifetime: Some(HOUR),
            token_type: "Bearer",
        })))
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.0.lock().unwrap());
    }

    pub(crate) fn asked(&self) -> u64 {
        self.0.lock().unwrap().asked
    }

    pub(crate) async fn answer(self) -> Result<TokenResponse, BoxError> {
        let (number, takes, fails, lifetime, token_type) = {
            let mut behaviour = self.0.lock().unwrap();
            behaviour.asked += 1;
            let Behaviour {
                asked,
                takes,
                fails,
                lifetime,
                token_type,
            } = *behaviour;
            (asked, takes, fails, lifetime, token_type)
        };
        sleep(takes).await;
        if fails {
            return Err("the server is told to fail".into());
        }
        let token =
            TokenResponse::builder(format!("canary-t{number}")).token_type(token_type.into());
        let token = match lifetime {
            Some(lifetime) => token.expires_in(lifetime),
            None => token,
        };
        Ok(token.build()?)
    }
}

pub(crate) fn key(id: &str, byte: u8) -> SealingKey {
    SealingKey::new(id, &[byte; 32]).unwrap()
}

pub(crate) fn sealing() -> Sealing {
    Sealing::new([key("k1", 1)]).unwrap()
}

pub(crate) const IDENTITY: &str = "https://as.example.com/token\ncanary-client";

/// A fleet with one store.
#[derive(Clone)]
pub(crate) struct Fleet {
    pub(crate) store: MemoryStore,
    pub(crate) server: Server,
    pub(crate) log: Log,
    pub(crate) clock: TokioClock,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            server: Server::new(),
            log: Log::default(),
            clock: TokioClock(Instant::now()),
        }
    }

    pub(crate) fn layer(&self, identity: &str, sealing: Sealing) -> SharedCacheLayer {
        SharedCacheLayer::new(self.store.clone(), identity, sealing)
            .clock(self.clock)
            .observer(self.log.clone())
    }

    /// One more replica.
    pub(crate) fn replica(&self) -> Replica {
        self.replica_of(self.layer(IDENTITY, sealing()))
    }

    pub(crate) fn replica_of(&self, layer: SharedCacheLayer) -> Replica {
        let server = self.server.clone();
        let service = tower::service_fn(move |_: Fetch| server.clone().answer());
        Replica(BoxCloneSyncService::new(layer.layer(service)))
    }
}

/// One process of the fleet.
#[derive(Clone)]
pub(crate) struct Replica(BoxCloneSyncService<Fetch, TokenResponse, BoxError>);

impl Replica {
    pub(crate) fn fetch(
        &self,
        fetch: Fetch,
    ) -> impl Future<Output = Result<TokenResponse, BoxError>> + Send + 'static {
        self.0.clone().oneshot(fetch)
    }

    pub(crate) async fn token(&self) -> String {
        shown(&self.fetch(first()).await.unwrap())
    }

    pub(crate) async fn renewed(&self, token: &str) -> String {
        let fetch = first().with_instead_of(InsteadOf::Renewal(digest(token)));
        shown(&self.fetch(fetch).await.unwrap())
    }

    pub(crate) async fn instead_of_refused(&self, token: &str) -> String {
        let fetch = first().with_instead_of(InsteadOf::Rejection(digest(token)));
        shown(&self.fetch(fetch).await.unwrap())
    }
}

pub(crate) fn first() -> Fetch {
    Fetch::new(TokenRequest::default())
}

pub(crate) fn digest(token: &str) -> TokenDigest {
    TokenDigest::of(&SecretString::from(format!("canary-{token}")))
}

/// A token without what makes it a canary.
pub(crate) fn shown(token: &TokenResponse) -> String {
    token
        .access_token()
        .expose()
        .trim_start_matches("canary-")
        .to_owned()
}
