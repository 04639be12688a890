//! Where the client's credentials come from.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use oauth2_client_credentials::Client;

/// A client's credential, with a version that grows when it is replaced.
///
/// A handle: clones share it. The [`TokenEndpoint`](crate::TokenEndpoint) reads it for every token request. Give it to the
/// [`TokenSource`](crate::TokenSourceBuilder::credential) too, and a new version ends the pause after a refused old one.
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

    /// From now on token requests are made with `client`.
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

    pub(crate) fn current(&self) -> (Client, u64) {
        let current = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        (current.client, current.version)
    }
}

impl From<Client> for Credential {
    fn from(client: Client) -> Self {
        Self::new(client)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (client, version) = self.current();
        f.debug_struct("Credential")
            .field("client_id", &client.id())
            .field("version", &version)
            .finish()
    }
}
