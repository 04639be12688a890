//! Where the client's credentials come from.

mod ask;
mod current;
mod evidence;
mod file;
mod same;
mod service;
mod tried;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use oauth2_client_credentials::{Client, ClientAssertion, Material, SecretString};
use tokio::{runtime::Handle, time};
use tower_service::Service;

pub use self::evidence::Evidence;
use self::{
    ask::Asking,
    current::Current,
    file::{CredentialFile, secret_text},
    service::CredentialService,
};
pub(crate) use self::{evidence::Prover, tried::Tried};
use crate::error::{BoxError, TokenError, TokenErrorKind};

/// A client's credential, with a version that grows when it is replaced.
///
/// A handle: clones share it. The [`TokenEndpoint`](crate::TokenEndpoint) reads it for every token request, and once more when the
/// server does not accept the client; a new version ends the pause after a refused old one. There are three kinds:
///
/// - [`new`](Self::new): one that stays until somebody calls [`replace`](Self::replace).
/// - [`secret_file`](Self::secret_file), [`assertion_file`](Self::assertion_file), [`from_file`](Self::from_file): a file that
///   somebody else renews, such as a Kubernetes secret or a projected token.
/// - [`from_service`](Self::from_service): a service of yours that is asked, such as a vault.
///
/// The last two are read when the first token is asked for, not before: making one needs neither the file nor a runtime. Reading
/// needs a tokio runtime, as everything does that fetches a token. What was read keeps working while it cannot be read again;
/// [`last_error`](Self::last_error) tells why it could not.
///
/// ```
/// use oauth2_client_credentials::{Client, ClientSecretBasic};
/// use tower_oauth2_client_credentials::Credential;
///
/// let credential = Credential::new(Client::new("svc", ClientSecretBasic::new("old"))?);
/// assert_eq!(credential.version(), 1);
/// credential.replace(Client::new("svc", ClientSecretBasic::new("new"))?);
/// assert_eq!(credential.version(), 2);
///
/// let rotating = Credential::secret_file("svc", "/run/secrets/client-secret", ClientSecretBasic::new);
/// assert_eq!(rotating.version(), 0); // nothing was read so far
/// # Ok::<(), oauth2_client_credentials::ClientError>(())
/// ```
#[derive(Clone)]
pub struct Credential {
    current: Arc<Current>,
    origin: Origin,
}

#[derive(Clone)]
enum Origin {
    Fixed,
    File(Arc<CredentialFile>),
    Service(Arc<CredentialService>),
}

/// How long a token request waits for a new credential while it has an old one.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits for the first one: a little less than an attempt may take, so that the error names what is slow.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);

impl Credential {
    /// A credential that stays as it is until somebody calls [`replace`](Self::replace).
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self::with_origin(Current::of(Prover::Client(client)), Origin::Fixed)
    }

    /// The same for a client whose method follows from what it has and, where there is any, from the issuer's metadata.
    ///
    /// ```
    /// use oauth2_client_credentials::{Issuer, Material};
    /// use tower_oauth2_client_credentials::{Credential, TokenEndpoint};
    /// # fn http_client() -> oauth2_client_credentials_testkit::AuthorizationServer { oauth2_client_credentials_testkit::AuthorizationServer::new() }
    ///
    /// // HTTP Basic, or in the body if the issuer lists that and not Basic.
    /// let credential = Credential::from_material("svc", Material::secret("s3cret"));
    /// let endpoint = TokenEndpoint::new(http_client(), Issuer::new("https://as.example.com")?, credential);
    /// # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
    /// ```
    #[must_use]
    pub fn from_material(client_id: impl Into<String>, material: impl Into<Material>) -> Self {
        let prover = Prover::Material(client_id.into().into(), material.into());
        Self::with_origin(Current::of(prover), Origin::Fixed)
    }

    /// The secret in the file at `path`, for the client called `client_id`. `method` says how it authenticates:
    /// `ClientSecretBasic::new`, `ClientSecretPost::new`, `Material::secret` if the issuer's metadata is to say, or a closure that
    /// sets more.
    ///
    /// The file is read as [`from_file`](Self::from_file) says. It has to be UTF-8; line ends after the secret are no part of it.
    #[must_use]
    pub fn secret_file<A>(
        client_id: impl Into<String>,
        path: impl Into<PathBuf>,
        method: impl Fn(SecretString) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Into<Evidence>,
    {
        Self::from_file(client_id, path, move |bytes| {
            Ok(method(secret_text(bytes)?).into())
        })
    }

    /// The assertion in the file at `path` (RFC 7523 §2.2), which somebody else makes and renews: a Kubernetes projected token, a
    /// SPIFFE JWT-SVID. It is read as [`from_file`](Self::from_file) says. A lifetime in it is the business of who renews it.
    #[must_use]
    pub fn assertion_file(client_id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self::secret_file(client_id, path, ClientAssertion::new)
    }

    /// Whatever is in the file at `path`, for the client called `client_id`. `read` makes the evidence of its bytes; an
    /// error of it must not repeat them, for it is shown.
    ///
    /// The file is read before each token request, when the server answers `invalid_client`, and about once a second while
    /// requests fail because of the last refusal: on threads for blocking work, by its path, so that symbolic links are followed
    /// anew and a whole folder may be swapped. Only what differs is a new version. A file that is missing, empty, larger than
    /// 64 KiB or no credential for a moment changes nothing.
    ///
    /// ```
    /// use oauth2_client_credentials::ClientAssertion;
    /// use tower_oauth2_client_credentials::Credential;
    ///
    /// // A JWT-SVID in the way of SPIFFE.
    /// let credential = Credential::from_file("spiffe://example.org/svc", "/run/spiffe/svid.jwt", |bytes| {
    ///     let svid = ClientAssertion::new(std::str::from_utf8(bytes)?);
    ///     Ok(svid.assertion_type("urn:ietf:params:oauth:client-assertion-type:jwt-spiffe").into())
    /// });
    /// ```
    #[must_use]
    pub fn from_file(
        client_id: impl Into<String>,
        path: impl Into<PathBuf>,
        read: impl Fn(&[u8]) -> Result<Evidence, BoxError> + Send + Sync + 'static,
    ) -> Self {
        let file = CredentialFile::new(path.into(), Box::new(read));
        Self::with_origin(Current::named(client_id), Origin::File(Arc::new(file)))
    }

    /// What `service` gives, for the client called `client_id`: a vault, a key management service.
    ///
    /// It is asked before a token request when what it gave is older than `max_age`, when the server answers `invalid_client`,
    /// and every 10 s while requests fail because of the last refusal. All who want to know share one question, in a task of its
    /// own. An error of it must not repeat the secret, for it is shown; one that has a [`TokenError`] in it is of that kind,
    /// every other is one that may pass. For the first credential a token request waits 5 s, for a newer one 2 s; after that none waits
    /// for 10 s, unless the server refuses the client.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth2_client_credentials::ClientSecretPost;
    /// use tower_oauth2_client_credentials::{BoxError, Credential};
    /// # async fn read_from_vault() -> Result<String, BoxError> { Ok("s3cret".to_owned()) }
    ///
    /// let vault = tower::service_fn(|()| async {
    ///     let secret = read_from_vault().await?;
    ///     Ok::<_, BoxError>(ClientSecretPost::new(secret))
    /// });
    /// let credential = Credential::from_service("svc", vault, Duration::from_secs(600));
    /// ```
    #[must_use]
    pub fn from_service<T>(client_id: impl Into<String>, service: T, max_age: Duration) -> Self
    where
        T: Service<()> + Clone + Send + 'static,
        T::Response: Into<Evidence>,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        let service = CredentialService::new(service, max_age);
        Self::with_origin(
            Current::named(client_id),
            Origin::Service(Arc::new(service)),
        )
    }

    /// In the place of one that is yet to be chosen.
    pub(crate) fn none() -> Self {
        Self::with_origin(Current::named(""), Origin::Fixed)
    }

    fn with_origin(current: Current, origin: Origin) -> Self {
        Self {
            current: Arc::new(current),
            origin,
        }
    }

    /// From now on token requests are made with `client`. Ends the pause after a failure, so call it only with one that differs.
    ///
    /// A file or a service takes over again as soon as it has something else than before.
    pub fn replace(&self, client: Client) {
        self.current.replace(Prover::Client(client));
    }

    /// How many credentials there were, this one included; 0 if none was read so far.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.current.version()
    }

    /// Why the credential could not be read the last time, if that is so. With an older one there, token requests go on.
    #[must_use]
    pub fn last_error(&self) -> Option<TokenError> {
        self.current.last_error()
    }

    /// The id of its client.
    pub(crate) fn client_id(&self) -> String {
        self.current.client_id()
    }

    /// The client, if there is one by now, and a note of which credential it is.
    pub(crate) fn current(&self) -> (Result<Prover, TokenError>, Tried) {
        let (client, version) = self.current.prover();
        let credential = self.clone();
        (client, Tried::new(credential, version))
    }

    /// Before a token request: makes sure that it is as new as it has to be.
    pub(crate) async fn refresh(&self) {
        match &self.origin {
            Origin::Fixed => {}
            Origin::File(_) => self.read().await,
            Origin::Service(service) if service.is_due(&self.current) => self.read().await,
            Origin::Service(_) => {}
        }
    }

    /// After the server did not accept it: whether there is another one by now.
    pub(crate) async fn renew(&self, tried: &Tried) -> bool {
        if tried.version() == self.version() {
            self.read().await;
        }
        tried.version() != self.version()
    }

    async fn read(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return self.current.fail(current::no_runtime());
        };
        let Some(read) = self.start_reading(&runtime) else {
            return;
        };
        // With an older one there, that still works for all that is known.
        let patience = if self.version() == 0 {
            FIRST_PATIENCE
        } else {
            PATIENCE
        };
        // The question goes on, and its answer takes this back.
        let before = (self.version(), self.current.read_at());
        if time::timeout(patience, read.end()).await.is_err()
            && before == (self.version(), self.current.read_at())
        {
            self.current.fail(self.too_slow(patience));
            if let Origin::Service(service) = &self.origin {
                service.leave_alone();
            }
        }
    }

    fn too_slow(&self, patience: Duration) -> TokenError {
        let who = match &self.origin {
            Origin::File(file) => format!("the credential file {}", file.path().display()),
            Origin::Fixed | Origin::Service(_) => {
                "the service that gives the client's credential".to_owned()
            }
        };
        let message = format!(
            "{who} has not answered within {patience:?}; check that it is well and can be reached from here"
        );
        TokenError::new(TokenErrorKind::Transient, message)
    }

    fn start_reading(&self, runtime: &Handle) -> Option<Asking> {
        match &self.origin {
            Origin::Fixed => None,
            Origin::File(file) => Some(file.read(runtime, &self.current)),
            Origin::Service(service) => Some(service.ask(runtime, &self.current)),
        }
    }

    /// While requests fail: looks from time to time, without waiting for what comes of it.
    fn look(&self) {
        let is_time = match &self.origin {
            Origin::Fixed => false,
            Origin::File(file) => file.may_look(),
            Origin::Service(service) => service.may_look(),
        };
        if is_time && let Ok(runtime) = Handle::try_current() {
            drop(self.start_reading(&runtime));
        }
    }
}

impl From<Client> for Credential {
    fn from(client: Client) -> Self {
        Self::new(client)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Credential");
        debug
            .field("client_id", &self.client_id())
            .field("version", &self.version());
        if let Origin::File(file) = &self.origin {
            debug.field("path", &file.path());
        }
        debug.field("last_error", &self.last_error()).finish()
    }
}
