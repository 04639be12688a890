//! One OAuth 2.0 client-credentials token for a whole fleet: a tower layer between a
//! [`TokenSource`](tower_oauth2_client_credentials::TokenSource) and its token service, which shares tokens through Redis or Valkey.
//!
//! ```text
//! TokenSource      its own schedule, in each replica
//!      │  tower Service<Fetch>
//!      ▼
//! SharedCache ──── Redis: the token, sealed, until it ends; a lease while one replica fetches
//!      │  tower Service<Fetch>
//!      ▼
//! TokenEndpoint
//! ```
//!
//! One needs it where token requests are counted: billed, or capped for a tenant. A fleet without it is told apart by the schedule
//! well enough.
//!
//! # Example
//!
#![cfg_attr(feature = "redis", doc = "```no_run")]
#![cfg_attr(not(feature = "redis"), doc = "```text")]
//! use tower::Layer;
//! use tower_oauth2_client_credentials::{
//!     BoxError, Schedule, TokenEndpoint, TokenSource,
//!     oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri},
//! };
//! use tower_oauth2_client_credentials_redis::{RedisStore, Sealing, SealingKey, SharedCacheLayer};
//!
//! # fn http_client() -> oauth2_client_credentials_testkit::AuthorizationServer { oauth2_client_credentials_testkit::AuthorizationServer::new() }
//! # fn from_your_vault(_: &str) -> [u8; 32] { [7; 32] }
//! # async fn source() -> Result<TokenSource, BoxError> {
//! let client = Client::new("orders", ClientSecretBasic::new(std::env::var("CLIENT_SECRET")?))?;
//! let endpoint = TokenEndpoint::new(http_client(), EndpointUri::new("https://as.example.com/token")?, client);
//!
//! let store = RedisStore::new("rediss://orders:password@redis.example.com")?;
//! // Not needed: saves the first token request of a replica that starts faster than its connection. Its failure is nobody's.
//! let _ = store.connect().await;
//! let sealing = Sealing::new([SealingKey::new("2026-01", &from_your_vault("token-sealing/2026-01"))?])?;
//!
//! let shared = SharedCacheLayer::new(store, endpoint.identity(), sealing);
//! let source = TokenSource::builder(shared.layer(endpoint)).schedule(Schedule::builder().first_early(false).build()?).build();
//! # Ok(source)
//! # }
//! ```
//!
//! # What it does
//!
//! - One replica fetches, under a lease; the others wait for the token, 4 s at most, and then fetch for themselves. The lease of a
//!   replica that dies ends within 2 s, and one of those who wait takes it over. A token that comes past its lease does not replace
//!   what is there by then.
//! - A renewal fetches a new token while all others still get the old one. A token that a resource server refused is removed, that
//!   very one, and another is fetched; the other replicas find out by refusals of their own, and take the new one.
//! - A store that is away is as good as empty: each operation has 250 ms, after five failures in a row it is left alone for 1 s,
//!   doubling to 30 s. No request fails that could have had a token without it.
//! - Values are sealed with XChaCha20-Poly1305, the name as associated data; names are a keyed hash of the identity and the
//!   [`TokenRequest`](tower_oauth2_client_credentials::oauth2_client_credentials::TokenRequest). No token, secret or client id can be
//!   read in the store.
//!
//! The clocks of the replicas should agree to within seconds, as NTP has them: a token ends when the replica's clock or the store
//! says so, whichever is first.
//!
//! # Features
//!
//! - `redis` (default): `RedisStore`. Without it the layer takes a [`Store`] of your own.

mod breaker;
mod cell;
mod event;
mod guarded;
mod handed;
mod layer;
mod lease;
mod names;
#[cfg(feature = "redis")]
mod redis_store;
mod sealing;
mod service;
mod sharing;
mod store;
mod value;

#[cfg(feature = "redis")]
pub use self::redis_store::{RedisStore, RedisStoreError};
pub use self::{
    event::{CacheEvent, CacheObserver},
    layer::SharedCacheLayer,
    sealing::{Sealing, SealingError, SealingKey, Unreadable},
    service::SharedCache,
    store::{Entry, Put, Store, StoreFuture},
};

/// How much of a value a [`Store`] has to hand out, in bytes; no token takes more.
pub const MAX_VALUE: usize = 128 * 1024;
