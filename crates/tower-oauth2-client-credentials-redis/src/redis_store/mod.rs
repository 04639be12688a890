//! Redis or Valkey.

mod error;
mod link;
mod scripts;

use std::{fmt, time::Duration};

use redis::{Cmd, FromRedisValue, Value, aio::ConnectionLike};

pub use self::error::RedisStoreError;
use self::{link::Link, scripts::Script};
use crate::{
    MAX_VALUE,
    store::{Entry, Put, Store, StoreFuture},
};

/// A Redis or a Valkey, version 6 or later, that a fleet shares.
///
/// One connection for all operations, made when it is first needed and anew when it is lost. A clone is the same connection.
///
/// The user of the server needs no more than this (and `+select`, for another database than 0): `+eval +get +getrange +exists +set +del +pttl +pexpire`, and the keys
/// `~oauth2-token:*` (or what the [namespace](crate::SharedCacheLayer::namespace) is).
///
/// ```
/// use tower_oauth2_client_credentials_redis::RedisStore;
///
/// let store = RedisStore::new("rediss://orders:password@redis.example.com:6380/0")?;
/// # Ok::<(), tower_oauth2_client_credentials_redis::RedisStoreError>(())
/// ```
#[derive(Clone)]
pub struct RedisStore {
    link: Link,
}

impl RedisStore {
    /// The server at `redis://`, or with TLS `rediss://[user:password@]host[:port][/database]`, whose certificate is compared
    /// with the system's roots. Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// The URL is none of Redis.
    pub fn new(url: &str) -> Result<Self, RedisStoreError> {
        Ok(Self {
            link: Link::new(url, None)?,
        })
    }

    /// The same for a server whose certificate is from an authority of your own, and no other: its certificate, as PEM.
    ///
    /// # Errors
    ///
    /// The URL is none of Redis with TLS, or that is no certificate.
    pub fn with_root_certificate(url: &str, pem: &[u8]) -> Result<Self, RedisStoreError> {
        Ok(Self {
            link: Link::new(url, Some(pem))?,
        })
    }

    /// A connection that you have: redis's `ConnectionManager`, `MultiplexedConnection` or another. It is cloned for each
    /// operation, and has to come back by itself when it is lost.
    pub fn from_connection<C>(connection: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self {
            link: Link::of(connection),
        }
    }

    /// Connects, if it is not connected yet, and waits for that, 5 s at most.
    ///
    /// Nobody has to: operations do it themselves. But each has 250 ms, and a first connection may take longer.
    ///
    /// # Errors
    ///
    /// There is no connection. It is tried again when one is needed.
    pub async fn connect(&self) -> Result<(), RedisStoreError> {
        self.link.connect().await
    }

    async fn run<T: FromRedisValue>(&self, command: Cmd) -> Result<T, RedisStoreError> {
        let value: Value = self.link.send(command).await?;
        let value = value
            .extract_error()
            .map_err(|error| RedisStoreError::of(&error))?;
        T::from_redis_value(value).map_err(|_| RedisStoreError::unexpected())
    }

    fn runs<T>(&self, command: Cmd) -> StoreFuture<'_, T>
    where
        T: FromRedisValue + Send,
    {
        Box::pin(async move { Ok(self.run(command).await?) })
    }
}

impl Store for RedisStore {
    fn get<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move {
            let last = (MAX_VALUE - 1).to_string();
            let command = scripts::GET.on(&[name], &[last.as_bytes()]);
            let found: Option<(Vec<u8>, i64)> = self.run(command).await?;
            Ok(found.map(|(value, left)| {
                let left = u64::try_from(left).ok().map(Duration::from_millis);
                Entry::new(value, left)
            }))
        })
    }

    fn acquire<'a>(
        &'a self,
        lease: &'a str,
        holder: &'a str,
        ttl: Duration,
    ) -> StoreFuture<'a, bool> {
        let ttl = millis(ttl);
        self.runs(scripts::ACQUIRE.on(&[lease], &[holder.as_bytes(), ttl.as_bytes()]))
    }

    fn extend<'a>(
        &'a self,
        lease: &'a str,
        holder: &'a str,
        ttl: Duration,
    ) -> StoreFuture<'a, bool> {
        let ttl = millis(ttl);
        self.runs(scripts::EXTEND.on(&[lease], &[holder.as_bytes(), ttl.as_bytes()]))
    }

    fn release<'a>(&'a self, lease: &'a str, holder: &'a str) -> StoreFuture<'a, bool> {
        self.runs(scripts::REMOVE.on(&[lease], &[holder.as_bytes()]))
    }

    fn put<'a>(&'a self, put: Put<'a>) -> StoreFuture<'a, bool> {
        let ttl = millis(put.ttl());
        let mut values = vec![put.holder().as_bytes(), put.value(), ttl.as_bytes()];
        values.extend(put.over());
        self.runs(scripts::PUT.on(&[put.name(), put.lease()], &values))
    }

    fn remove<'a>(&'a self, name: &'a str, value: &'a [u8]) -> StoreFuture<'a, bool> {
        self.runs(scripts::REMOVE.on(&[name], &[value]))
    }
}

/// Redis has no zero, and no more than this.
fn millis(duration: Duration) -> String {
    const LONGEST: u128 = 100 * 365 * 24 * 60 * 60 * 1_000;
    duration.as_millis().clamp(1, LONGEST).to_string()
}

impl Script {
    fn on(&self, keys: &[&str], values: &[&[u8]]) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.text()).arg(keys.len()).arg(keys);
        for value in values {
            command.arg(*value);
        }
        command
    }
}

impl fmt::Debug for RedisStore {
    /// Shows no address: a password may be in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}
