//! MAC tokens: each request is signed with the key that came with the token.

mod algorithm;
mod error;
mod signature;

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, request};
use serde_json::Value;

use crate::fresh::Fresh;
use crate::secret::SecretString;
use crate::token_response::TokenResponse;
use crate::transport::is_secure;

use super::{OnExisting, Presentation, PresentationError};

pub use self::algorithm::MacAlgorithm;
pub use self::error::MacError;
pub use self::signature::MacSignature;
use self::signature::Signed;

/// Signs each request with a MAC over its head, with a key that the server and
/// the client share; the token names the key (draft-ietf-oauth-v2-http-mac-00
/// and -01).
///
/// The drafts never became an RFC. This is for servers that still ask for it;
/// for a new one, DPoP (RFC 9449) does the same with a key that nobody else
/// has.
///
/// [`attach`](Self::attach) and [`attach_to`](Self::attach_to) show tokens of
/// the type `mac` only, and only over https or to this machine, though the
/// drafts allow more; [`sign`](Self::sign) leaves both to the caller.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use oauth2_client_credentials::{Fresh, Mac, MacAlgorithm, TokenResponse};
///
/// let token = TokenResponse::builder("h480djs93hd8").token_type("mac".into()).build()?;
/// let mac = Mac::draft_01("489dks293j39", MacAlgorithm::HmacSha256);
///
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_336_363_200);
/// let fresh = Fresh::new(now, [7; 16]);
/// let (mut parts, ()) = http::Request::get("https://example.com/resource/1?b=1&a=2")
///     .body(())?
///     .into_parts();
/// mac.attach(&mut parts, &token, &fresh)?;
/// let value = parts.headers["authorization"].to_str()?;
/// assert!(value.starts_with("MAC id=\"h480djs93hd8\", ts=\"1336363200\", nonce=\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Mac {
    draft: Draft,
    key: SecretString,
    algorithm: MacAlgorithm,
    ext: String,
    issued_at: Option<SystemTime>,
    on_existing: OnExisting,
}

/// Which of the two drafts: they sign different things.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Draft {
    Draft00,
    Draft01,
}

impl Mac {
    /// By draft 00: the nonce begins with the age of the key, and a body has its
    /// hash.
    pub fn draft_00(key: impl Into<SecretString>, algorithm: MacAlgorithm) -> Self {
        Self::new(Draft::Draft00, key.into(), algorithm)
    }

    /// By draft 01: with a timestamp beside the nonce, and the body left out.
    pub fn draft_01(key: impl Into<SecretString>, algorithm: MacAlgorithm) -> Self {
        Self::new(Draft::Draft01, key.into(), algorithm)
    }

    /// By draft 00, with the key and the algorithm that came with the token:
    /// `mac_key` and `mac_algorithm` (§5.1).
    ///
    /// # Errors
    /// When the answer had none, or the algorithm is not known.
    pub fn draft_00_from(token: &TokenResponse) -> Result<Self, MacError> {
        let (key, algorithm) = issued(token)?;
        Ok(Self::draft_00(key, algorithm))
    }

    /// By draft 01, with the key and the algorithm that came with the token:
    /// `mac_key` and `mac_algorithm` (§5.1).
    ///
    /// # Errors
    /// When the answer had none, or the algorithm is not known.
    pub fn draft_01_from(token: &TokenResponse) -> Result<Self, MacError> {
        let (key, algorithm) = issued(token)?;
        Ok(Self::draft_01(key, algorithm))
    }

    fn new(draft: Draft, key: SecretString, algorithm: MacAlgorithm) -> Self {
        Self {
            draft,
            key,
            algorithm,
            ext: String::new(),
            issued_at: None,
            on_existing: OnExisting::default(),
        }
    }

    /// A text that the two sides agreed on and that is signed too (§3.1).
    /// Empty is none.
    #[must_use]
    pub fn ext(self, ext: impl Into<String>) -> Self {
        Self {
            ext: ext.into(),
            ..self
        }
    }

    /// When the key was issued, from which draft 00 counts its age in seconds.
    /// Without it, that is when the token was received, if the token knows; else
    /// the age is zero.
    #[must_use]
    pub fn issued_at(self, time: SystemTime) -> Self {
        Self {
            issued_at: Some(time),
            ..self
        }
    }

    /// What to do when the request has an `Authorization` already.
    #[must_use]
    pub fn on_existing(self, on_existing: OnExisting) -> Self {
        Self {
            on_existing,
            ..self
        }
    }

    /// Signs the head of a request and puts the token on it. A body is not
    /// covered, which draft 00 allows and draft 01 does not offer.
    ///
    /// # Errors
    /// When the token is of another type than `mac` or must not go to this URI;
    /// when it, or the text of [`ext`](Self::ext), has characters that cannot be
    /// quoted. The request is then as it was.
    pub fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        self.attach_with_body(parts, &[], token, fresh)
    }

    /// The same for a whole request, whose body's hash draft 00 signs.
    ///
    /// # Errors
    /// As for [`attach`](Self::attach).
    pub fn attach_to(
        &self,
        request: &mut Request<Bytes>,
        token: &TokenResponse,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        let (mut parts, body) = std::mem::take(request).into_parts();
        let outcome = self.attach_with_body(&mut parts, &body, token, fresh);
        *request = Request::from_parts(parts, body);
        outcome
    }

    fn attach_with_body(
        &self,
        parts: &mut request::Parts,
        body: &[u8],
        token: &TokenResponse,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        if !is_secure(&parts.uri) {
            return Err(PresentationError::InsecureUri);
        }
        let name = token.token_type().as_str();
        if !name.eq_ignore_ascii_case("mac") {
            return Err(PresentationError::UnsupportedTokenType(name.to_owned()));
        }
        let nonce = match self.draft {
            Draft::Draft00 => format!("{}:{}", self.age(token, fresh.now()), fresh.id()),
            Draft::Draft01 => fresh.id(),
        };
        let id = token.access_token().expose();
        let signature = self
            .sign(parts, body, id, fresh.seconds(), &nonce)
            .map_err(|error| PresentationError::Other(error.to_string()))?;
        let value = signature.authorization().clone();
        self.on_existing.put(&mut parts.headers, value)
    }

    fn age(&self, token: &TokenResponse, now: SystemTime) -> u64 {
        let received_at = || token.expires_at()?.checked_sub(token.expires_in()?);
        let issued_at = self.issued_at.or_else(received_at);
        let age = issued_at.and_then(|issued_at| now.duration_since(issued_at).ok());
        age.unwrap_or(Duration::ZERO).as_secs()
    }

    /// Signs a request with a nonce of the caller's own. `id` is the access
    /// token; `timestamp`, in seconds since 1970, goes into draft 01 only; in
    /// draft 00 the nonce is the age of the key in seconds, a colon, and a text
    /// that is new for each request.
    ///
    /// Checks neither the type of the token nor that the connection is secure,
    /// and changes nothing.
    ///
    /// # Errors
    /// When `id` or `nonce` is empty, when one of them or [`ext`](Self::ext) has
    /// characters that cannot be quoted, when the URI has no host.
    pub fn sign(
        &self,
        head: &request::Parts,
        body: &[u8],
        id: &str,
        timestamp: u64,
        nonce: &str,
    ) -> Result<MacSignature, MacError> {
        let signed = Signed {
            draft: self.draft,
            algorithm: self.algorithm,
            key: &self.key,
            ext: &self.ext,
            id,
            timestamp,
            nonce,
        };
        signed.sign(head, body)
    }
}

fn issued(token: &TokenResponse) -> Result<(SecretString, MacAlgorithm), MacError> {
    let member = |name| token.extra().get(name).and_then(Value::as_str);
    let key = member("mac_key").filter(|key| !key.is_empty());
    let algorithm = member("mac_algorithm").unwrap_or_default().parse()?;
    Ok((key.ok_or(MacError::MissingKey)?.into(), algorithm))
}

impl Presentation for Mac {
    fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        self.attach(parts, token, fresh)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mac")
            .field("draft", &self.draft)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
