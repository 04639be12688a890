//! Where the client's credentials come from.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use oauth2_client_credentials::Client;

/// A client's credential, with a version that grows when it is replaced.
///
/// A handle: clones share it. The [`TokenEndpoint`](crate::TokenEndpoint) reads it for every token request, and a new version ends
/// the pause after a refused old one.
///
/// ```
/// use oauth2_client_credentials::{Client, ClientSecretBasic};
/// use tower_oauth2_client_credentials::Credential;
///
/// let credential = Credential::new(Client::new("svc", ClientSecretBasic::new("old"))?);
/// assert_eq!(credential.version(), 1);
/// credential.replace(Client::new("svc", ClientSecretBasic::new("new"))?);
/// assert_eq!(credential.version(), 2);
/// # Ok::<(), oauth2_client_credentials::ClientError>(())
/// ```
#[derive(Clone)]
pub struct Credential {
    current: Arc<RwLock<Versioned>>,
}

#[derive(Clone)]
struct Versioned {
    client: Client,
    version: u64,
}

impl Credential {
    /// A credential that stays as it is until somebody calls [`replace`](Self::replace).
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            current: Arc::new(RwLock::new(Versioned { client, version: 1 })),
        }
    }

    /// From now on token requests are made with `client`. Ends the pause after a failure, so call it only with one that differs.
    pub fn replace(&self, client: Client) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let version = current.version + 1;
        *current = Versioned { client, version };
    }

    /// How many credentials there were, this one included.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .version
    }

    /// The client, and a note of which credential it is.
    pub(crate) fn current(&self) -> (Client, Tried) {
        let Versioned { client, version } = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let credential = self.clone();
        (
            client,
            Tried {
                credential,
                version,
            },
        )
    }
}

/// Which credential a token request was made with.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    credential: Credential,
    version: u64,
}

impl Tried {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether there is another one by now.
    pub(crate) fn is_outdated(&self) -> bool {
        self.credential.version() != self.version
    }
}

impl From<Client> for Credential {
    fn from(client: Client) -> Self {
        Self::new(client)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (client, tried) = self.current();
        f.debug_struct("Credential")
            .field("client_id", &client.id())
            .field("version", &tried.version)
            .finish()
    }
}
