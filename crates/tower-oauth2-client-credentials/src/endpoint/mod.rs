//! The token service that speaks HTTP.

mod binding;
mod choice;
mod discover;
mod discovery;
mod error;
mod exchange;
mod fresh;
mod http;
mod location;
mod reading;
mod revoke;
mod well_known;

pub use self::{error::EndpointError, location::EndpointLocation};

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use ::http::{Request, Response};
use bytes::Bytes;
use http_body::Body;
#[cfg(feature = "dpop")]
use oauth2_client_credentials::Dpop;
use oauth2_client_credentials::{Decoder, EndpointUri, TokenResponse};
use tower_service::Service;

use self::{binding::Binding, http::Http, location::Place};
use crate::{
    clock::{Clock, SystemClock},
    credential::Credential,
    error::BoxError,
    fetch::Fetch,
};

/// The authorization server's token endpoint over an HTTP service of yours (RFC 6749 §3.2).
///
/// The HTTP service may be any: a hyper-util client, one with timeouts, a proxy or mutual TLS around it, a test's. It must not
/// follow redirects. Its types are erased here, so that this one has none: a token is fetched once in a while, and a box costs
/// nothing then.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri};
/// use tower_oauth2_client_credentials::TokenEndpoint;
/// # fn http_client() -> oauth2_client_credentials_testkit::AuthorizationServer { oauth2_client_credentials_testkit::AuthorizationServer::new() }
///
/// let http = http_client(); // any Service<http::Request<Full<Bytes>>>
/// let client = Client::new("svc", ClientSecretBasic::new("secret"))?;
/// let endpoint = TokenEndpoint::new(http, EndpointUri::new("https://as.example.com/token")?, client);
/// # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
/// ```
///
/// # Errors
///
/// As a service it fails with an [`EndpointError`].
#[derive(Clone)]
pub struct TokenEndpoint {
    http: Http,
    place: Place,
    credential: Credential,
    decoder: Decoder,
    clock: Arc<dyn Clock>,
    binding: Binding,
    revocation: Option<EndpointUri>,
}

impl TokenEndpoint {
    /// The token endpoint at `location`, which is an [`EndpointUri`] or an
    /// [`Issuer`](oauth2_client_credentials::Issuer), for a client with this credential, through an HTTP service whose request body can be made
    /// of [`Bytes`] (`Full<Bytes>`, `axum::body::Body`, …).
    pub fn new<T, B, R>(
        http: T,
        location: impl Into<EndpointLocation>,
        credential: impl Into<Credential>,
    ) -> Self
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        B: From<Bytes> + 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        Self::with_body(http, B::from, location, credential)
    }

    /// The same for any other body: `body` makes it of the request's bytes.
    pub fn with_body<T, B, R, F>(
        http: T,
        body: F,
        location: impl Into<EndpointLocation>,
        credential: impl Into<Credential>,
    ) -> Self
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        F: Fn(Bytes) -> B + Clone + Send + 'static,
        B: 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        Self {
            http: Http::new(http, body),
            place: location.into().into_place(),
            credential: credential.into(),
            decoder: Decoder::default(),
            clock: Arc::new(SystemClock::new()),
            binding: Binding::default(),
            revocation: None,
        }
    }

    /// The client's certificate, by its thumbprint: the SHA-256 of its DER in base64url, as in the token's `cnf` (RFC 8705 §3.1).
    ///
    /// For a client whose tokens are bound to the certificate that its HTTP service connects with. The endpoint for mutual TLS
    /// is taken if the issuer has one, whatever the method; and the tokens of one certificate are told apart from those of
    /// another ([`identity`](Self::identity)), so with a new certificate make a new endpoint and a new source. Where the certificate
    /// is replaced below a source that goes on, the old token is refused once and another fetched, as any that is refused;
    /// [`invalidate`](crate::TokenSource::invalidate) spares the refusal.
    #[must_use]
    pub fn certificate_thumbprint(mut self, x5t_s256: impl Into<String>) -> Self {
        self.binding.set_certificate(x5t_s256.into());
        self
    }

    /// Has tokens bound to the key of `dpop` (RFC 9449 §5): a proof goes with each token request. The nonce is learned from every
    /// answer, and a request that was refused for want of one is sent once more at once. Show the tokens with a clone of `dpop`.
    ///
    /// A token of another type is refused, unless bearer tokens are [allowed](Dpop::allow_bearer).
    #[cfg(feature = "dpop")]
    #[must_use]
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.binding.set_dpop(dpop);
        self
    }

    /// Reads answers by other rules than the lenient ones.
    #[must_use]
    pub fn decoder(mut self, decoder: Decoder) -> Self {
        self.decoder = decoder;
        self
    }

    /// Takes the time of day, which a `Retry-After` date is compared with, from another clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The credential that token requests are made with.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What sets the tokens of this client at this endpoint apart from all others: the URI or the issuer, the client's id, and
    /// what its tokens are bound to. It is known before anything was read, and does not change when a secret is replaced. The URI's
    /// query is in it: where that is a secret, so is this. Of a client that shows a certificate it says that the certificate is not
    /// known, unless [`certificate_thumbprint`](Self::certificate_thumbprint) says which it is.
    #[must_use]
    pub fn identity(&self) -> String {
        // A line feed stands in no URI, and in no id as it is written here: nothing can be taken for something else.
        let id = self.credential.client_id();
        let id = id.replace('\\', r"\\").replace('\n', r"\n");
        let unknown = if self.has_unknown_certificate() {
            binding::UNKNOWN_CERTIFICATE
        } else {
            ""
        };
        let (place, binding) = (self.place.identity(), self.binding.identity());
        format!("{place}\n{id}{binding}{unknown}")
    }

    /// Whether the client shows a certificate of which nobody said which one it is.
    fn has_unknown_certificate(&self) -> bool {
        let (prover, _) = self.credential.current();
        let client = prover.ok().and_then(|prover| prover.client(None).ok());
        !self.binding.has_certificate()
            && client.is_some_and(|client| choice::is_mutual_tls(&client))
    }
}

impl Service<Fetch> for TokenEndpoint {
    type Response = TokenResponse;
    type Error = EndpointError;
    type Future = Pin<Box<dyn Future<Output = Result<TokenResponse, EndpointError>> + Send>>;

    /// Always ready: the readiness of the HTTP service is awaited by the token request itself.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        Box::pin(self.clone().fetch(fetch.request().clone()))
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint")
            .field("place", &self.place)
            .field("credential", &self.credential)
            .field("binding", &self.binding)
            .field("decoder", &self.decoder)
            .finish_non_exhaustive()
    }
}
