//! A key and the nonces of its servers, in one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{StatusCode, Uri, request, response};

use crate::fresh::Fresh;
use crate::presentation::{Bearer, Presentation, PresentationError};
use crate::response::{ErrorKind, ResponseError};
use crate::token_response::TokenResponse;
use crate::token_type::TokenType;

use super::{DpopKey, DpopNonces, DpopProof, DpopRole};

/// All that a client needs to ask for tokens that are bound to a key and to show
/// them (RFC 9449): the key, and the nonces that the servers gave.
///
/// A clone is the same key and the same nonces, so that one goes where token
/// requests are made and another where tokens are shown. The nonces are behind a
/// lock, which is held for no longer than it takes to look one up.
///
/// ```
/// use std::time::SystemTime;
///
/// use bytes::Bytes;
/// use oauth2_client_credentials::{
///     Client, ClientSecretBasic, Decoder, Dpop, DpopKey, EndpointUri, Fresh, Presentation,
///     TokenRequest,
/// };
///
/// # fn fill(bytes: &mut [u8]) { bytes.fill(7) }
/// # fn fresh() -> Fresh { Fresh::new(SystemTime::now(), [0; 16]) }
/// # fn send(_: http::Request<Bytes>) -> http::Response<Bytes> {
/// #     http::Response::new(Bytes::from_static(br#"{"access_token":"abc","token_type":"DPoP"}"#))
/// # }
/// let dpop = Dpop::new(DpopKey::generate(fill)?); // from the operating system
/// let client = Client::new("svc", ClientSecretBasic::new("s3cr3t"))?;
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let asked = TokenRequest::new();
///
/// let (mut parts, body) = client.token_request(&endpoint, &asked)?.into_parts();
/// dpop.attach_to_token_request(&mut parts, &fresh())?;
/// let (answer, body) = send(http::Request::from_parts(parts, body)).into_parts();
/// let is_new = dpop.learn_from_token_response(endpoint.uri(), &answer);
/// let answer = http::Response::from_parts(answer, body);
/// // With the kind `NonceRequired`, and if the nonce is new: once more.
/// let token = Decoder::lenient().decode(&asked, &answer, SystemTime::now())?;
/// dpop.check(&token)?;
///
/// let (mut parts, ()) = http::Request::get("https://api.example.com/").body(())?.into_parts();
/// dpop.attach(&mut parts, &token, &fresh())?;
/// assert_eq!(parts.headers["authorization"], "DPoP abc");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dpop {
    key: Arc<DpopKey>,
    nonces: Arc<Mutex<DpopNonces>>,
    allows_bearer: bool,
}

impl Dpop {
    /// With this key, and without a nonce yet.
    pub fn new(key: DpopKey) -> Self {
        Self {
            key: Arc::new(key),
            nonces: Arc::default(),
            allows_bearer: false,
        }
    }

    /// Takes bearer tokens too, and shows them as such and without a proof: of a
    /// server that knows nothing of DPoP. RFC 9449 §5 leaves it to the client
    /// whether it wants a token that anybody can use.
    #[must_use]
    pub fn allow_bearer(self) -> Self {
        Self {
            allows_bearer: true,
            ..self
        }
    }

    /// The key.
    pub fn key(&self) -> &DpopKey {
        &self.key
    }

    /// The thumbprint that tokens are bound to ([`DpopKey::thumbprint`]).
    pub fn jkt(&self) -> &str {
        self.key.thumbprint()
    }

    /// Whether a token is one that was asked for: of the type `DPoP`, or a
    /// bearer token where that is [allowed](Self::allow_bearer).
    ///
    /// # Errors
    /// When it is of another type.
    pub fn check(&self, token: &TokenResponse) -> Result<(), PresentationError> {
        match token.token_type() {
            TokenType::DPoP => Ok(()),
            TokenType::Bearer if self.allows_bearer => Ok(()),
            _ => Err(PresentationError::unsupported(token)),
        }
    }

    /// Puts a proof, with the nonce that the server gave last, on the token
    /// request that these are the parts of, in the place of one that is there
    /// (RFC 9449 §5).
    ///
    /// # Errors
    /// As for [`DpopKey::prove`].
    pub fn attach_to_token_request(
        &self,
        parts: &mut request::Parts,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        let nonce = self.nonce(DpopRole::AuthorizationServer, &parts.uri);
        let proof = DpopProof::new(&parts.method, &parts.uri, fresh).nonce(nonce.as_deref());
        let proof = self.key.sign(&proof)?;
        parts.headers.insert(super::DPOP, proof);
        Ok(())
    }

    /// Takes the nonce from the answer to a token request that went to `uri`.
    /// Each answer is to be given either here or, if it was an error, to
    /// [`learn_from_token_error`](Self::learn_from_token_error), and once.
    ///
    /// `true` means that the request was refused (400 or 401) and had another
    /// nonce, or none. Why it was refused is in the body: if the kind of the
    /// error is [`ErrorKind::NonceRequired`] too, the request is worth sending
    /// once more, with a new proof.
    pub fn learn_from_token_response(&self, uri: &Uri, response: &response::Parts) -> bool {
        let is_refusal = matches!(
            response.status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED
        );
        self.nonces().answered(
            DpopRole::AuthorizationServer,
            uri,
            &response.headers,
            is_refusal,
        )
    }

    /// Takes the nonce from the error that came of a token request that went to
    /// `uri`. `true` means that the server wants a nonce that the request did
    /// not have, so that it is worth sending once more, with a new proof.
    #[must_use]
    pub fn learn_from_token_error(&self, uri: &Uri, error: &ResponseError) -> bool {
        let asks = error.kind() == ErrorKind::NonceRequired;
        self.nonces()
            .answered_with(DpopRole::AuthorizationServer, uri, error.dpop_nonce(), asks)
    }

    fn nonce(&self, role: DpopRole, uri: &Uri) -> Option<String> {
        self.nonces().take(role, uri)
    }

    /// A panic elsewhere leaves nonces that are as good as they were.
    fn nonces(&self) -> MutexGuard<'_, DpopNonces> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presentation for Dpop {
    fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        self.check(token)?;
        if *token.token_type() == TokenType::Bearer {
            let bearer = Bearer::new().on_existing(self.key.existing());
            return bearer.attach(parts, token);
        }
        // A request that is not sent is not counted.
        super::check(parts, token)?;
        let nonce = self.nonce(DpopRole::ResourceServer, &parts.uri);
        self.key.attach(parts, token, nonce.as_deref(), fresh)
    }

    fn learn(&self, uri: &Uri, response: &response::Parts) -> bool {
        let asks = DpopNonces::is_asked_for(response.status, &response.headers);
        self.nonces()
            .answered(DpopRole::ResourceServer, uri, &response.headers, asks)
    }
}
