//! From an answer to a token.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use crate::token_request::TokenRequest;
use crate::token_response::TokenResponse;

use super::answer::Answer;
use super::body::MAX_BODY;
use super::error::ResponseError;

/// Reads what a token endpoint answered (RFC 6749 §5).
///
/// The default is lenient: it reads what servers are known to send, as long as
/// it can only mean one thing, and notes each difference as a [`Quirk`](crate::Quirk) on the
/// token. The body decides, not the content type; an `error` counts in any
/// status; any 2xx can bring a token.
///
/// Never lenient is it about what could be misread: a body over 64 KiB, a
/// name that is there twice, bytes that are not UTF-8, deep nesting, a token
/// with characters other than visible ASCII, a time that is none.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use bytes::Bytes;
/// use oauth2_client_credentials::{Decoder, Quirk, TokenRequest};
///
/// let body = Bytes::from_static(br#"{"access_token":"abc","expires_in":"3600"}"#);
/// let response = http::Response::builder()
///     .header("content-type", "application/json")
///     .body(body)?;
/// let asked = TokenRequest::new();
///
/// let token = Decoder::lenient().decode(&asked, &response, SystemTime::now())?;
/// assert_eq!(token.expires_in(), Some(Duration::from_secs(3600)));
/// assert_eq!(token.quirks(), [Quirk::TokenTypeMissing, Quirk::ExpiresInString]);
///
/// let error = Decoder::strict().decode(&asked, &response, SystemTime::now()).unwrap_err();
/// assert_eq!(error.field(), Some("token_type"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    pub(super) is_strict: bool,
    pub(super) comma_separated_scope: bool,
    pub(super) zero_lifetime: ZeroLifetime,
}

impl Decoder {
    /// The longest body that is read, in bytes. Nobody has to receive more than
    /// one byte beyond it: that is enough to see that it is too large.
    pub const MAX_BODY: usize = MAX_BODY;

    /// Reads what servers send. The same as the default.
    pub fn lenient() -> Self {
        Self::default()
    }

    /// Reads what the RFCs allow: what would be a [`Quirk`](crate::Quirk) is an error, unless
    /// no RFC forbids it, and so is a type of token that is not known (RFC 6749 §7.1).
    pub fn strict() -> Self {
        Self {
            is_strict: true,
            ..Self::default()
        }
    }

    /// Whether commas separate scope tokens too, as Slack has it. A comma is a
    /// legal part of a scope token, so this is off unless asked for.
    #[must_use]
    pub fn comma_separated_scope(self, comma_separated_scope: bool) -> Self {
        Self {
            comma_separated_scope,
            ..self
        }
    }

    /// What an `expires_in` of zero means.
    #[must_use]
    pub fn zero_lifetime(self, zero_lifetime: ZeroLifetime) -> Self {
        Self {
            zero_lifetime,
            ..self
        }
    }

    /// Reads a response. `asked` is what the request asked for, `now` the time
    /// from which the token's life counts.
    ///
    /// # Errors
    /// When there is no token in it.
    pub fn decode(
        &self,
        asked: &TokenRequest,
        response: &Response<Bytes>,
        now: SystemTime,
    ) -> Result<TokenResponse, ResponseError> {
        self.decode_parts(
            asked,
            response.status(),
            response.headers(),
            response.body(),
            now,
        )
    }

    /// Reads a response of which the parts are at hand. A body that was cut off
    /// beyond [`MAX_BODY`](Self::MAX_BODY) may be given as it is.
    ///
    /// # Errors
    /// When there is no token in it.
    pub fn decode_parts(
        &self,
        asked: &TokenRequest,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<TokenResponse, ResponseError> {
        Answer::new(self, asked, status, headers, now)
            .read(body)
            .map_err(|cause| ResponseError::new(cause, status, headers, now))
    }
}

/// What an `expires_in` of zero means.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ZeroLifetime {
    /// What it says: the token is expired already, and good for the request it
    /// was fetched for.
    #[default]
    Expired,
    /// The token does not expire, as some servers mean it.
    Never,
    /// The token lives this long: whole seconds, at most ten years of 365 days.
    After(Duration),
}
