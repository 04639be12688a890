//! One replica of the fleet, as a program would have it.

use std::{
    fs::File,
    future::pending,
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
};

use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri};
use tests::{Redis, http_client};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{BoxError, Fetch, TokenEndpoint, TokenSource};
use tower_oauth2_client_credentials_redis::{
    CacheEvent, CacheObserver, RedisStore, Sealing, SealingKey, SharedCacheLayer,
};

pub(crate) const SECRET: &str = "basic-secret";
pub(crate) const CLIENT: &str = "basic";

/// The names of what happened, counted by the tests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl CacheObserver for Log {
    fn observe(&self, event: &CacheEvent<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

impl Log {
    pub(crate) fn count(&self, name: &str) -> usize {
        let log = self.0.lock().unwrap();
        log.iter().filter(|event| event.starts_with(name)).count()
    }

    pub(crate) fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// A replica needs to be told no more than this.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) redis_port: u16,
    pub(crate) root: Vec<u8>,
    pub(crate) token_endpoint: String,
    pub(crate) sealing: Sealing,
    pub(crate) log: Log,
    /// Its token requests have no answer.
    pub(crate) is_stuck: bool,
    /// Once this folder exists, the first replica of all that has an answer makes a file in it, and is killed.
    pub(crate) kills_in: Option<PathBuf>,
}

impl Setup {
    pub(crate) fn new(redis: &Redis, token_endpoint: &EndpointUri) -> Result<Self, BoxError> {
        Ok(Self {
            redis_port: redis.port(),
            root: redis.root_certificate()?,
            token_endpoint: token_endpoint.uri().to_string(),
            sealing: sealing(&[("k1", 1)]),
            log: Log::default(),
            is_stuck: false,
            kills_in: None,
        })
    }

    pub(crate) fn store(&self) -> Result<RedisStore, BoxError> {
        let url = Redis::url("fleet", self.redis_port);
        Ok(RedisStore::with_root_certificate(&url, &self.root)?)
    }

    /// A replica with a connection of its own, which is there.
    pub(crate) async fn replica(&self) -> Result<TokenSource, BoxError> {
        let store = self.store()?;
        // Fifty that connect at once to a machine that has other work may need more than one limit's time.
        for _ in 0..3 {
            if store.connect().await.is_ok() {
                break;
            }
        }
        store.connect().await?;
        self.source(store)
    }

    pub(crate) fn source(&self, store: RedisStore) -> Result<TokenSource, BoxError> {
        let client = Client::new(CLIENT, ClientSecretBasic::new(SECRET))?;
        let uri = EndpointUri::new(&self.token_endpoint)?;
        let endpoint = TokenEndpoint::new(http_client(), uri, client);
        let shared = SharedCacheLayer::new(store, endpoint.identity(), self.sealing.clone())
            .observer(self.log.clone());
        if self.is_stuck {
            let silent = tower::service_fn(|_: Fetch| pending::<Result<_, BoxError>>());
            return Ok(TokenSource::new(shared.layer(silent)));
        }
        let Some(folder) = self.kills_in.clone() else {
            return Ok(TokenSource::new(shared.layer(endpoint)));
        };
        let mortal = tower::service_fn(move |fetch: Fetch| {
            let (endpoint, folder) = (endpoint.clone(), folder.clone());
            async move {
                let token = endpoint.oneshot(fetch).await;
                if File::create_new(folder.join("killed")).is_ok() {
                    kill_myself();
                }
                token
            }
        });
        Ok(TokenSource::new(shared.layer(mortal)))
    }
}

/// SIGKILL: there is no time to give anything back.
fn kill_myself() -> ! {
    let id = std::process::id().to_string();
    let _ = Command::new("kill").args(["-KILL", &id]).status();
    loop {
        std::thread::park();
    }
}

pub(crate) fn sealing(keys: &[(&str, u8)]) -> Sealing {
    let keys = keys
        .iter()
        .map(|(id, byte)| SealingKey::new(*id, &[*byte; 32]).unwrap());
    Sealing::new(keys).unwrap()
}

/// Tells tokens apart, in another process too.
pub(crate) fn mark(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

/// Redis's owner.
pub(crate) fn admin(redis: &Redis) -> Result<redis::Connection, BoxError> {
    // Another thread may have been quicker.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificates = redis::TlsCertificates {
        client_tls: None,
        root_cert: Some(redis.root_certificate()?),
    };
    let url = Redis::url("admin", redis.port());
    let client = redis::Client::build_with_tls(url, certificates)?;
    Ok(client.get_connection()?)
}

/// All names and values that Redis has.
pub(crate) fn contents(redis: &Redis) -> Result<Vec<(String, Vec<u8>)>, BoxError> {
    let mut admin = admin(redis)?;
    let names: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut admin)?;
    let mut contents = Vec::new();
    for name in names {
        let value: Option<Vec<u8>> = redis::cmd("GET").arg(&name).query(&mut admin)?;
        contents.extend(value.map(|value| (name, value)));
    }
    Ok(contents)
}
