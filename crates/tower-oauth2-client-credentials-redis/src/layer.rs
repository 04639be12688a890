//! The layer: what a user says.

use std::{sync::Arc, time::Duration};

use tower_layer::Layer;
use tower_oauth2_client_credentials::{Clock, SystemClock};

use crate::{
    cell::Settings, event::CacheObserver, guarded::Guarded, handed::Handed, sealing::Sealing,
    service::SharedCache, store::Store,
};

/// Has a fleet share one token: puts a [`SharedCache`] around a token service.
///
/// ```
/// # use oauth2_client_credentials_testkit::{AuthorizationServer, MemoryStore};
/// use tower::Layer;
/// use tower_oauth2_client_credentials::{
///     TokenEndpoint, TokenSource,
///     oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri},
/// };
/// use tower_oauth2_client_credentials_redis::{Sealing, SealingKey, SharedCacheLayer};
///
/// # fn http_client() -> AuthorizationServer { AuthorizationServer::new() }
/// # let store = MemoryStore::new();
/// let client = Client::new("svc", ClientSecretBasic::new("secret"))?;
/// let endpoint = TokenEndpoint::new(http_client(), EndpointUri::new("https://as.example.com/token")?, client);
/// let sealing = Sealing::new([SealingKey::new("2026-01", &[7; 32])?])?;
/// // The store: `RedisStore::new("rediss://user:password@redis.example.com")?`
/// let shared = SharedCacheLayer::new(store, endpoint.identity(), sealing);
/// let source = TokenSource::new(shared.layer(endpoint));
/// # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedCacheLayer {
    settings: Arc<Settings>,
}

/// How long an operation of the store may take.
const STORE_LIMIT: Duration = Duration::from_millis(250);

const NAMESPACE: &str = "oauth2-token";

impl SharedCacheLayer {
    /// Shares through `store` the tokens of the client that `identity` names, sealed with these keys.
    ///
    /// The identity is what sets one client's tokens apart from another's:
    /// [`TokenEndpoint::identity`](tower_oauth2_client_credentials::TokenEndpoint::identity), which has what they are bound to in it, so
    /// that replicas share a bound token only if they share its key. Whoever makes one up and gives two clients the same hands each the
    /// other's tokens. A DPoP token is shared only where the identity says which key it is bound to, as that of an endpoint does.
    #[must_use]
    pub fn new(store: impl Store + 'static, identity: impl Into<String>, sealing: Sealing) -> Self {
        let settings = Settings {
            store: Arc::new(Guarded::new(Arc::new(store), STORE_LIMIT)),
            identity: identity.into(),
            namespace: NAMESPACE.to_owned(),
            sealing,
            clock: Arc::new(SystemClock::new()),
            handed: Handed::default(),
        };
        Self {
            settings: Arc::new(settings),
        }
    }

    /// What names in the store begin with (default `oauth2-token`). Two fleets with two namespaces share nothing.
    #[must_use]
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        self.with(|settings| settings.namespace = namespace.into())
    }

    /// How long each operation of the store may take (default 250 ms) before the layer goes on without it.
    #[must_use]
    pub fn store_limit(self, limit: Duration) -> Self {
        self.with(|settings| {
            let mut store = settings.store.separate();
            store.set_limit(limit);
            settings.store = Arc::new(store);
        })
    }

    /// Tells `observer` what happens. There may be several.
    #[must_use]
    pub fn observer(self, observer: impl CacheObserver + 'static) -> Self {
        self.with(|settings| {
            let mut store = settings.store.separate();
            store.add(Arc::new(observer));
            settings.store = Arc::new(store);
        })
    }

    /// Takes the time of day, by which tokens end, from another clock than the machine's. For tests.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.with(|settings| settings.clock = Arc::new(clock))
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings =
            Arc::try_unwrap(self.settings).unwrap_or_else(|shared| shared.separate());
        change(&mut settings);
        Self {
            settings: Arc::new(settings),
        }
    }
}

impl<S> Layer<S> for SharedCacheLayer {
    type Service = SharedCache<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SharedCache::new(inner, Arc::clone(&self.settings))
    }
}
