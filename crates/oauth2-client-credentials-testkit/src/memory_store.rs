//! What a fleet shares, in memory.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, sleep};
use tower_oauth2_client_credentials_redis::{Entry, Put, Store, StoreFuture};

/// The store of a fleet without a Redis: what is written ends by tokio's clock, and it fails as it is told to.
///
/// A handle: clones share one store.
///
/// ```
/// use oauth2_client_credentials_testkit::MemoryStore;
/// use tower_oauth2_client_credentials_redis::{Sealing, SharedCacheLayer};
///
/// let store = MemoryStore::new();
/// let layer = SharedCacheLayer::new(store.clone(), "https://as.example.com/token\nsvc", Sealing::unsealed());
/// assert_eq!(store.operations(), 0);
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

/// How a store is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreOutage {
    /// It says so at once.
    Refuses,
    /// It never answers.
    Hangs,
    /// It does what it is told, and answers after this time.
    Slow(Duration),
    /// It says what was, but takes nothing.
    ReadOnly,
}

#[derive(Default)]
struct State {
    values: HashMap<String, Value>,
    outage: Option<StoreOutage>,
    operations: u64,
    puts: u64,
}

struct Value {
    bytes: Bytes,
    /// None: it has no end.
    end: Option<Instant>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on it fails in this way; `None`: it works.
    pub fn set_outage(&self, outage: Option<StoreOutage>) {
        self.state().outage = outage;
    }

    /// Forgets everything.
    pub fn flush(&self) {
        self.state().values.clear();
    }

    /// Puts these bytes, without an end, in the place of every value and lease.
    pub fn fill_with(&self, garbage: &[u8]) {
        for value in self.state().values.values_mut() {
            value.bytes = Bytes::copy_from_slice(garbage);
            value.end = None;
        }
    }

    /// All names with their values, as somebody sees them who can read the store.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, Bytes)> {
        let state = self.state();
        let living = state.values.iter().filter(|(_, value)| value.is_alive());
        living
            .map(|(name, value)| (name.clone(), value.bytes.clone()))
            .collect()
    }

    /// How often it was asked for anything.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// How many tokens were written.
    #[must_use]
    pub fn puts(&self) -> u64 {
        self.state().puts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step<'a, T: Send + 'a>(
        &'a self,
        writes: bool,
        step: impl FnOnce(&mut State) -> T + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let outage = {
                let mut state = self.state();
                state.operations += 1;
                state.outage
            };
            match outage {
                Some(StoreOutage::Refuses) => return Err("the store is told to refuse".into()),
                Some(StoreOutage::ReadOnly) if writes => {
                    return Err("the store is told to be read only".into());
                }
                Some(StoreOutage::Hangs) => pending().await,
                Some(StoreOutage::Slow(delay)) => sleep(delay).await,
                Some(StoreOutage::ReadOnly) | None => {}
            }
            Ok(step(&mut self.state()))
        })
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Entry>> {
        self.step(false, move |state| {
            let value = state.living(name)?;
            let left = value.end.map(|end| end - Instant::now());
            Some(Entry::new(value.bytes.clone(), left))
        })
    }

    fn acquire<'a>(
        &'a self,
        lease: &'a str,
        holder: &'a str,
        ttl: Duration,
    ) -> StoreFuture<'a, bool> {
        self.step(true, move |state| {
            let is_held = state.living(lease).is_some_and(|lease| lease.end.is_some());
            if !is_held {
                state.write(lease, holder.as_bytes(), ttl);
            }
            !is_held
        })
    }

    fn extend<'a>(
        &'a self,
        lease: &'a str,
        holder: &'a str,
        ttl: Duration,
    ) -> StoreFuture<'a, bool> {
        self.step(true, move |state| {
            let is_ours = state.has(lease, holder.as_bytes());
            if is_ours {
                state.write(lease, holder.as_bytes(), ttl);
            }
            is_ours
        })
    }

    fn release<'a>(&'a self, lease: &'a str, holder: &'a str) -> StoreFuture<'a, bool> {
        self.remove(lease, holder.as_bytes())
    }

    fn put<'a>(&'a self, put: Put<'a>) -> StoreFuture<'a, bool> {
        self.step(true, move |state| {
            let is_ours = state.has(put.lease(), put.holder().as_bytes());
            let seen = state.living(put.name()).map(|value| &value.bytes[..]);
            if !is_ours && (state.living(put.lease()).is_some() || seen != put.over()) {
                return false;
            }
            state.write(put.name(), put.value(), put.ttl());
            state.puts += 1;
            if is_ours {
                state.values.remove(put.lease());
            }
            true
        })
    }

    fn remove<'a>(&'a self, name: &'a str, value: &'a [u8]) -> StoreFuture<'a, bool> {
        self.step(true, move |state| {
            let is_it = state.has(name, value);
            if is_it {
                state.values.remove(name);
            }
            is_it
        })
    }
}

impl State {
    fn living(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| value.is_alive())
    }

    fn has(&self, name: &str, bytes: &[u8]) -> bool {
        self.living(name).is_some_and(|value| value.bytes == bytes)
    }

    fn write(&mut self, name: &str, bytes: &[u8], ttl: Duration) {
        let value = Value {
            bytes: Bytes::copy_from_slice(bytes),
            end: Instant::now().checked_add(ttl),
        };
        self.values.insert(name.to_owned(), value);
    }
}

impl Value {
    fn is_alive(&self) -> bool {
        self.end.is_none_or(|end| Instant::now() < end)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryStore")
            .field("outage", &state.outage)
            .field("operations", &state.operations)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_one_holders_until_it_ends() {
        let store = MemoryStore::new();
        assert!(store.acquire("l", "a", TTL).await.unwrap());
        assert!(!store.acquire("l", "b", TTL).await.unwrap());
        assert!(!store.release("l", "b").await.unwrap());
        sleep(TTL).await;
        assert!(store.acquire("l", "b", TTL).await.unwrap());
        assert!(!store.extend("l", "a", TTL).await.unwrap());
        assert!(store.release("l", "b").await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_away_as_it_is_told() {
        let store = MemoryStore::new();
        assert!(store.acquire("l", "a", TTL).await.unwrap());
        store.set_outage(Some(StoreOutage::Refuses));
        assert!(store.get("l").await.is_err());
        store.set_outage(Some(StoreOutage::ReadOnly));
        assert!(store.get("l").await.unwrap().is_some());
        assert!(store.release("l", "a").await.is_err());
        store.set_outage(Some(StoreOutage::Hangs));
        assert!(tokio::time::timeout(TTL, store.get("l")).await.is_err());
        store.set_outage(None);
        assert!(store.get("l").await.unwrap().is_none(), "it has ended");
        assert_eq!(store.operations(), 6);
    }
}
