//! The connection: made when it is needed, by a task that no impatient caller ends, and given up when it does not answer.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use rustls::{
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::{runtime::Handle, sync::OnceCell};

use super::error::RedisStoreError;

/// How long connecting may take, TLS and password included.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A way to a server.
#[derive(Clone)]
pub(super) enum Link {
    /// We connect.
    Ours(Arc<Ours>),
    /// Somebody else did.
    Given(Arc<dyn Fn() -> Box<dyn ConnectionLike + Send> + Send + Sync>),
}

pub(super) struct Ours {
    client: Client,
    /// Replaced when it is lost. Everybody who has it uses the same, or waits for it.
    line: Mutex<Arc<Line>>,
}

type Line = OnceCell<MultiplexedConnection>;

impl Link {
    pub(super) fn new(url: &str, root: Option<&[u8]>) -> Result<Self, RedisStoreError> {
        let client = match root {
            None => Client::open(url).map_err(|_| RedisStoreError::bad_url())?,
            Some(pem) => {
                Client::open(url).map_err(|_| RedisStoreError::bad_url())?;
                // A text without a certificate would be taken for no roots at all.
                if !matches!(CertificateDer::pem_slice_iter(pem).next(), Some(Ok(_))) {
                    return Err(RedisStoreError::bad_certificate());
                }
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert: Some(pem.to_vec()),
                };
                Client::build_with_tls(url, certificates)
                    .map_err(|_| RedisStoreError::bad_certificate())?
            }
        };
        Ok(Self::Ours(Arc::new(Ours {
            client,
            line: Mutex::default(),
        })))
    }

    pub(super) fn of<C>(connection: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self::Given(Arc::new(move || Box::new(connection.clone())))
    }

    pub(super) async fn connect(&self) -> Result<(), RedisStoreError> {
        match self {
            Self::Ours(ours) => ours.connected(&ours.line()).await.map(drop),
            Self::Given(_) => Ok(()),
        }
    }

    pub(super) async fn send(&self, command: Cmd) -> Result<Value, RedisStoreError> {
        match self {
            Self::Ours(ours) => ours.send(&command).await,
            Self::Given(connection) => {
                let mut connection = connection();
                let answer = connection.req_packed_command(&command).await;
                answer.map_err(|error| RedisStoreError::of(&error))
            }
        }
    }
}

impl Ours {
    fn line(&self) -> Arc<Line> {
        Arc::clone(&self.line.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn connected(&self, line: &Arc<Line>) -> Result<MultiplexedConnection, RedisStoreError> {
        if let Some(connection) = line.get() {
            return Ok(connection.clone());
        }
        let (client, line) = (self.client.clone(), Arc::clone(line));
        let connecting = async move {
            let connection = line.get_or_try_init(|| connect(&client)).await;
            connection
                .cloned()
                .map_err(|error| RedisStoreError::of(&error))
        };
        let runtime = Handle::try_current().map_err(|_| RedisStoreError::no_runtime())?;
        runtime
            .spawn(connecting)
            .await
            .map_err(|_| RedisStoreError::gone())?
    }

    async fn send(&self, command: &Cmd) -> Result<Value, RedisStoreError> {
        let line = self.line();
        let mut connection = self.connected(&line).await?;
        let mut unanswered = Unanswered {
            link: self,
            line: Some(line),
        };
        let answer = connection.req_packed_command(command).await;
        let is_lost =
            |error: &redis::RedisError| error.is_io_error() || error.is_unrecoverable_error();
        if !answer.as_ref().is_err_and(is_lost) {
            unanswered.line = None;
        }
        answer.map_err(|error| RedisStoreError::of(&error))
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, redis::RedisError> {
    if CryptoProvider::get_default().is_none() {
        // redis takes the process's, and has none of its own. Another thread may be quicker: then its one is there.
        let _ = ring::default_provider().install_default();
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_LIMIT))
        // How long an answer may take is the layer's to say.
        .set_response_timeout(None);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// A command without an answer. Dropped as that, its connection is not used any more: a network that swallows everything says
/// nothing, and the next connection may get through.
struct Unanswered<'a> {
    link: &'a Ours,
    line: Option<Arc<Line>>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let Some(lost) = &self.line else { return };
        let mut line = self
            .link
            .line
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&line, lost) {
            *line = Arc::default();
        }
    }
}
