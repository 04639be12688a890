//! Tokens that are bound to a key, and the proof that comes with each use.

mod handle;
mod nonce;
mod nonces;
mod proof;
mod target;

use std::fmt;

use http::header::{AUTHORIZATION, Entry};
use http::{HeaderName, HeaderValue, Request, request};

use crate::fresh::Fresh;
use crate::jose::compact;
use crate::jose::{KeyError, PublicJwk, SigningKey};
use crate::token_response::TokenResponse;
use crate::token_type::TokenType;
use crate::transport::is_secure;

use super::{OnExisting, PresentationError};

pub use self::handle::Dpop;
pub use self::nonce::DpopRole;
pub use self::nonces::DpopNonces;
pub use self::proof::DpopProof;

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The key that tokens are bound to (RFC 9449).
///
/// The token request carries a proof of it, the server binds the token to it,
/// and each request that shows the token carries another proof. The key is the
/// caller's, or [generated](Self::generate); a token lives no longer than its
/// key, so a program that keeps tokens has to keep the key.
///
/// ```
/// use std::time::SystemTime;
///
/// use oauth2_client_credentials::{
///     Client, ClientSecretBasic, DpopKey, EndpointUri, Fresh, TokenRequest,
/// };
///
/// # fn fill(bytes: &mut [u8]) { bytes.fill(7) }
/// # let mut random = [0; 16];
/// let key = DpopKey::generate(fill)?; // from the operating system
///
/// let client = Client::new("svc", ClientSecretBasic::new("s3cr3t"))?;
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let mut request = client.token_request(&endpoint, &TokenRequest::new())?;
/// fill(&mut random);
/// key.prove(&mut request, None, &Fresh::new(SystemTime::now(), random))?;
/// assert!(request.headers().contains_key("dpop"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DpopKey {
    key: SigningKey,
    public: PublicJwk,
    thumbprint: String,
    on_existing: OnExisting,
}

impl DpopKey {
    /// With this key and its algorithm.
    pub fn new(key: SigningKey) -> Self {
        let public = key.public_jwk();
        Self {
            key,
            thumbprint: public.thumbprint(),
            public,
            on_existing: OnExisting::default(),
        }
    }

    /// With a new P-256 key of the random bytes that `fill` brings.
    ///
    /// # Errors
    /// As for [`SigningKey::generate`].
    pub fn generate(fill: impl FnMut(&mut [u8])) -> Result<Self, KeyError> {
        SigningKey::generate(fill).map(Self::new)
    }

    /// What [`attach`](Self::attach) does when the request has an
    /// `Authorization` already.
    #[must_use]
    pub fn on_existing(self, on_existing: OnExisting) -> Self {
        Self {
            on_existing,
            ..self
        }
    }

    pub(super) fn existing(&self) -> OnExisting {
        self.on_existing
    }

    /// The thumbprint that a token is bound to: `jkt` in its confirmation claim
    /// (RFC 9449 §6).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The public key, as proofs have it in their header.
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    /// The signed proof: the value of the header `DPoP`.
    ///
    /// # Errors
    /// When the URI names no host, its port is none, or the key cannot sign.
    pub fn sign(&self, proof: &DpopProof<'_>) -> Result<HeaderValue, PresentationError> {
        let input = proof.signing_input(self.key.algorithm(), &self.public)?;
        let signature = self.key.sign(input.as_bytes());
        let signature = signature.map_err(PresentationError::NotSigned)?;
        // Base64url and dots can stand in a header.
        let mut value = HeaderValue::try_from(compact::signed(input, &signature))
            .map_err(|_| PresentationError::RelativeUri)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Puts a proof on a token request (RFC 9449 §5), in the place of one that
    /// is there. `nonce` is what the authorization server gave last.
    ///
    /// # Errors
    /// When the URI names no host, its port is none, or the key cannot sign; the
    /// request is then as it was.
    pub fn prove<B>(
        &self,
        request: &mut Request<B>,
        nonce: Option<&str>,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        let proof = DpopProof::new(request.method(), request.uri(), fresh).nonce(nonce);
        let proof = self.sign(&proof)?;
        request.headers_mut().insert(DPOP, proof);
        Ok(())
    }

    /// Puts token and proof on the request that these are the parts of (RFC 9449
    /// §7.1). `nonce` is what the resource server gave last.
    ///
    /// Where an existing `Authorization` stays, no proof is added either.
    ///
    /// # Errors
    /// When the token is not of the type `DPoP`: without the server's word that
    /// it is bound to a key, it is a bearer token and this would hide it. When
    /// the request is not [secure](crate::is_secure), or the key cannot sign. The
    /// request is then as it was.
    pub fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        nonce: Option<&str>,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        let proof = DpopProof::new(&parts.method, &parts.uri, fresh)
            .access_token(token)
            .nonce(nonce);
        check(parts, token)?;
        let proof = self.sign(&proof)?;
        attach(parts, token, proof, self.on_existing)
    }
}

/// Puts a token and a proof that was [signed](DpopKey::sign) for it on the
/// request that these are the parts of (RFC 9449 §7.1).
///
/// # Errors
/// As for [`DpopKey::attach`].
pub fn attach_dpop_proof(
    parts: &mut request::Parts,
    token: &TokenResponse,
    proof: HeaderValue,
    on_existing: OnExisting,
) -> Result<(), PresentationError> {
    check(parts, token)?;
    attach(parts, token, proof, on_existing)
}

fn check(parts: &request::Parts, token: &TokenResponse) -> Result<(), PresentationError> {
    if !is_secure(&parts.uri) {
        return Err(PresentationError::InsecureUri);
    }
    if *token.token_type() != TokenType::DPoP {
        return Err(PresentationError::unsupported(token));
    }
    Ok(())
}

fn attach(
    parts: &mut request::Parts,
    token: &TokenResponse,
    proof: HeaderValue,
    on_existing: OnExisting,
) -> Result<(), PresentationError> {
    let value = ["DPoP ", token.access_token().expose()].concat();
    let mut value =
        HeaderValue::try_from(value).map_err(|_| PresentationError::InvalidAccessToken)?;
    value.set_sensitive(true);
    match parts.headers.entry(AUTHORIZATION) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) => match on_existing {
            OnExisting::Keep => return Ok(()),
            OnExisting::Replace => {
                entry.insert(value);
            }
            OnExisting::Refuse => return Err(PresentationError::AlreadyAuthorized),
        },
    }
    parts.headers.insert(DPOP, proof);
    Ok(())
}

impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopKey")
            .field("key", &self.key)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn key() -> DpopKey {
        DpopKey::generate(|bytes| bytes.fill(7)).unwrap()
    }

    fn fresh() -> Fresh {
        Fresh::new(SystemTime::UNIX_EPOCH, [1; 16])
    }

    fn token(name: &str) -> TokenResponse {
        TokenResponse::builder("t")
            .token_type(name.into())
            .build()
            .unwrap()
    }

    fn parts(uri: &str) -> request::Parts {
        Request::get(uri).body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_a_dpop_token_is_shown_and_only_where_it_is_safe() {
        for (uri, name, expected) in [
            ("https://a/", "dpop", Ok(())),
            ("http://localhost/", "DPoP", Ok(())),
            ("http://a/", "DPoP", Err(PresentationError::InsecureUri)),
            ("/", "DPoP", Err(PresentationError::InsecureUri)),
            (
                "https://a/",
                "Bearer",
                Err(PresentationError::UnsupportedTokenType("Bearer".to_owned())),
            ),
        ] {
            let mut parts = parts(uri);
            let attached = key().attach(&mut parts, &token(name), None, &fresh());
            assert_eq!(attached, expected, "{uri} {name}");
            let count = if expected.is_ok() { 2 } else { 0 };
            assert_eq!(parts.headers.len(), count, "{uri} {name}");
            assert!(parts.headers.values().all(HeaderValue::is_sensitive));
        }
    }

    #[test]
    fn an_existing_header_is_kept_replaced_or_refused() {
        let attach = |on_existing| {
            let mut parts = parts("https://a/");
            let basic = HeaderValue::from_static("Basic eA==");
            parts.headers.insert(AUTHORIZATION, basic.clone());
            parts.headers.insert(DPOP, basic);
            let key = key().on_existing(on_existing);
            key.attach(&mut parts, &token("DPoP"), None, &fresh())
                .map(|()| parts.headers)
        };
        let kept = attach(OnExisting::Keep).unwrap();
        assert_eq!(kept[AUTHORIZATION], "Basic eA==");
        assert_eq!(kept[DPOP], "Basic eA==");
        let replaced = attach(OnExisting::Replace).unwrap();
        assert_eq!(replaced[AUTHORIZATION], "DPoP t");
        assert_ne!(replaced[DPOP], "Basic eA==");
        assert_eq!(replaced.len(), 2);
        let refused = attach(OnExisting::Refuse).unwrap_err();
        assert_eq!(refused, PresentationError::AlreadyAuthorized);
    }

    #[test]
    fn a_proof_needs_to_know_the_host() {
        let mut request = Request::post("/token").body(()).unwrap();
        let refused = key().prove(&mut request, None, &fresh());
        assert_eq!(refused, Err(PresentationError::RelativeUri));
        assert!(request.headers().is_empty());
    }

    #[test]
    fn the_same_input_gives_the_same_proof_and_another_another() {
        let prove = |nonce, random| {
            let mut request = Request::post("https://as/token").body(()).unwrap();
            let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [random; 16]);
            key().prove(&mut request, nonce, &fresh).unwrap();
            request.headers()[DPOP].clone()
        };
        assert_eq!(prove(None, 1), prove(None, 1));
        assert_ne!(prove(None, 1), prove(None, 2));
        assert_ne!(prove(None, 1), prove(Some("n"), 1));
    }

    #[test]
    fn debug_hides_the_key() {
        let shown = format!("{:?}", key());
        assert!(
            shown.contains("ES256") && !shown.contains("7, 7"),
            "{shown}"
        );
    }
}
