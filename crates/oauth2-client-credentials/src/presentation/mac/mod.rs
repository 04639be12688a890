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
    /// For tokens that came without.
    key: Option<(SecretString, MacAlgorithm)>,
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
        Self::new(Draft::Draft00, Some((key.into(), algorithm)))
    }

    /// By draft 01: with a timestamp beside the nonce, and the body left out.
    pub fn draft_01(key: impl Into<SecretString>, algorithm: MacAlgorithm) -> Self {
        Self::new(Draft::Draft01, Some((key.into(), algorithm)))
    }

    /// By draft 00, with the key and the algorithm that came with the token:
    /// `mac_key` and `mac_algorithm` (§5.1).
    ///
    /// # Errors
    /// When the answer had none, or the algorithm is not known.
    pub fn draft_00_from(token: &TokenResponse) -> Result<Self, MacError> {
        Self::issued(Draft::Draft00, token)
    }

    /// By draft 01, with the key and the algorithm that came with the token:
    /// `mac_key` and `mac_algorithm` (§5.1).
    ///
    /// # Errors
    /// When the answer had none, or the algorithm is not known.
    pub fn draft_01_from(token: &TokenResponse) -> Result<Self, MacError> {
        Self::issued(Draft::Draft01, token)
    }

    /// By draft 00, with the key and the algorithm that each token brings
    /// (§5.1).
    pub fn draft_00_with_issued_keys() -> Self {
        Self::new(Draft::Draft00, None)
    }

    /// By draft 01, with the key and the algorithm that each token brings
    /// (§5.1).
    pub fn draft_01_with_issued_keys() -> Self {
        Self::new(Draft::Draft01, None)
    }

    fn issued(draft: Draft, token: &TokenResponse) -> Result<Self, MacError> {
        let issued = issued_key(token)?.ok_or(MacError::MissingKey)?;
        Ok(Self::new(draft, Some(issued)))
    }

    fn new(draft: Draft, key: Option<(SecretString, MacAlgorithm)>) -> Self {
        Self {
            draft,
            key,
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

    /// Signs the head of a request and puts the token on it: with the key and the
    /// algorithm that came with the token (`mac_key` and `mac_algorithm`, §5.1),
    /// and else with those that this was made with. A body is not
    /// covered, which draft 00 allows and draft 01 does not offer.
    ///
    /// # Errors
    /// When the token is of another type than `mac` or must not go to this URI;
    /// when there is no key, or an algorithm that is not known; when the token, or the text of [`ext`](Self::ext), has characters that cannot be
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
        if !token.token_type().as_str().eq_ignore_ascii_case("mac") {
            return Err(PresentationError::unsupported(token));
        }
        let nonce = match self.draft {
            Draft::Draft00 => format!("{}:{}", self.age(token, fresh.now()), fresh.id()),
            Draft::Draft01 => fresh.id(),
        };
        let id = token.access_token().expose();
        let key = match issued_key(token).map_err(PresentationError::NoMac)? {
            Some(issued) => Some(issued),
            None => self.key.clone(),
        };
        let signature = self
            .signed(key.as_ref(), id, fresh.seconds(), &nonce)
            .and_then(|signed| signed.sign(parts, body))
            .map_err(PresentationError::NoMac)?;
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
    /// characters that cannot be quoted, when the URI has no host or no legal
    /// port, and when there is no key but those that tokens bring.
    pub fn sign(
        &self,
        head: &request::Parts,
        body: &[u8],
        id: &str,
        timestamp: u64,
        nonce: &str,
    ) -> Result<MacSignature, MacError> {
        self.signed(self.key.as_ref(), id, timestamp, nonce)?
            .sign(head, body)
    }

    fn signed<'a>(
        &'a self,
        key: Option<&'a (SecretString, MacAlgorithm)>,
        id: &'a str,
        timestamp: u64,
        nonce: &'a str,
    ) -> Result<Signed<'a>, MacError> {
        let (key, algorithm) = key.ok_or(MacError::MissingKey)?;
        Ok(Signed {
            draft: self.draft,
            algorithm: *algorithm,
            key,
            ext: &self.ext,
            id,
            timestamp,
            nonce,
        })
    }
}

/// The key that came with a token, if one did. An algorithm without a key is
/// none.
fn issued_key(token: &TokenResponse) -> Result<Option<(SecretString, MacAlgorithm)>, MacError> {
    let member = |name| token.extra().get(name).and_then(Value::as_str);
    let Some(key) = member("mac_key").filter(|key| !key.is_empty()) else {
        return Ok(None);
    };
    let algorithm = member("mac_algorithm").unwrap_or_default().parse()?;
    Ok(Some((key.into(), algorithm)))
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
            .field(
                "algorithm",
                &self.key.as_ref().map(|(_, algorithm)| algorithm),
            )
            .finish_non_exhaustive()
    }
}
