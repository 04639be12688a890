//! No public type shows a secret: not in its `Debug`, and no error in its text or in that of its causes.
//!
//! The types are those of the reviewed listing of the public API: one that is new has to be shown here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "redis")]

#[path = "../../oauth2-client-credentials/tests/leaks/shown.rs"]
mod shown;

use std::{future::ready, time::Duration};

use oauth2_client_credentials_testkit::MemoryStore;
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, Fetch, InsteadOf, TokenDigest,
    oauth2_client_credentials::{SecretString, TokenRequest, TokenResponse},
};
use tower_oauth2_client_credentials_redis::{
    CacheEvent, CacheObserver, Entry, Put, RedisStore, Sealing, SealingKey, SharedCache,
    SharedCacheLayer, Store, StoreFuture, Unreadable,
};

use crate::shown::Shown;

const TOKEN: &str = "canary-token-9d2e";

/// What a user might do with all that passes: show it.
#[derive(Clone, Debug)]
struct Watched {
    store: MemoryStore,
    shown: Shown,
}

impl Store for Watched {
    fn get<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move {
            let entry = self.store.get(name).await?;
            if let Some(entry) = &entry {
                self.shown.debug(entry);
            }
            Ok(entry)
        })
    }

    fn put<'a>(&'a self, put: Put<'a>) -> StoreFuture<'a, bool> {
        self.shown.debug(&put);
        self.store.put(put)
    }

    fn remove<'a>(&'a self, name: &'a str, value: &'a [u8]) -> StoreFuture<'a, bool> {
        self.store.remove(name, value)
    }

    fn acquire<'a>(
        &'a self,
        name: &'a str,
        holder: &'a str,
        limit: Duration,
    ) -> StoreFuture<'a, bool> {
        self.store.acquire(name, holder, limit)
    }

    fn extend<'a>(
        &'a self,
        name: &'a str,
        holder: &'a str,
        limit: Duration,
    ) -> StoreFuture<'a, bool> {
        self.store.extend(name, holder, limit)
    }

    fn release<'a>(&'a self, name: &'a str, holder: &'a str) -> StoreFuture<'a, bool> {
        self.store.release(name, holder)
    }
}

impl CacheObserver for Watched {
    fn observe(&self, event: &CacheEvent<'_>) {
        self.shown.debug(event);
    }
}

fn key() -> SealingKey {
    SealingKey::new("k1", b"canary-key-canary-key-canary-key").unwrap()
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let shown = Shown::default();
    shown.debug(&key());
    shown.debug(&Sealing::new([key()]).unwrap());
    shown.debug(&Unreadable::Forged);
    shown.error(&Sealing::new([key(), key()]).unwrap_err());
    shown.debug(&RedisStore::new("redis://user:canary-password@127.0.0.1:1").unwrap());
    for wrong in ["canary", "http://user:canary@localhost"] {
        shown.error(&RedisStore::new(wrong).unwrap_err());
    }
    let gone = RedisStore::new("redis://user:canary-password@127.0.0.1:1").unwrap();
    shown.error(&gone.connect().await.unwrap_err());
    // Also where tokens are stored as they are, which has to be asked for by name.
    for sealing in [Sealing::new([key()]).unwrap(), Sealing::unsealed()] {
        through_a_cache(&shown, sealing).await;
    }
    shown.assert_complete_and_clean(include_str!(
        "../../../docs/api/tower-oauth2-client-credentials-redis.txt"
    ));
}

/// A token that is minted, shared, and refused.
async fn through_a_cache(shown: &Shown, sealing: Sealing) {
    let store = Watched {
        store: MemoryStore::new(),
        shown: shown.clone(),
    };
    let layer = SharedCacheLayer::new(store.clone(), "https://as.example.com\nsvc", sealing);
    let layer = layer.observer(store);
    shown.debug(&layer);
    let service = tower::service_fn(|_: Fetch| {
        let token = TokenResponse::builder(TOKEN).expires_in(Duration::from_secs(3_600));
        ready(token.build().map_err(BoxError::from))
    });
    let cache: SharedCache<_> = layer.layer(service);
    shown.debug(&cache);
    let refused = InsteadOf::Rejection(TokenDigest::of(&SecretString::from(TOKEN)));
    let fetch = || Fetch::new(TokenRequest::new());
    for fetch in [fetch(), fetch(), fetch().with_instead_of(refused)] {
        cache.clone().oneshot(fetch).await.unwrap();
    }
}
