//! Why there is no token.

mod cause;
mod display;
mod kind;
mod redacted;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use crate::challenge::Challenge;
use crate::quoted::Short;

use super::headers;

pub(super) use self::cause::Cause;
pub(crate) use self::display::{SHOWN, is_shown};
pub use self::kind::ErrorKind;

/// An answer that is not a token, with all that it says.
///
/// `Display` is one line for an operator: the status, the server's own words,
/// and what to look at. Control characters are left out of what the server
/// said, and what is long is cut. A clone costs a reference count.
///
/// Nothing of the request is in it, so no secret of the client's, and no token
/// of a response. But the code, the description, the URI and the challenges are
/// the server's to choose: one that repeats a secret there puts it into
/// `Display` and `Debug`. [`Client::redact`](crate::Client::redact) takes out
/// what the client knows to be secret.
#[derive(Clone)]
pub struct ResponseError {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    endpoint: &'static str,
    kind: ErrorKind,
    is_transient: bool,
    cause: Cause,
    status: StatusCode,
    challenges: Vec<Challenge>,
    retry_after: Option<Duration>,
    dpop_nonce: Option<String>,
}

impl ResponseError {
    pub(super) fn new(
        cause: Cause,
        status: StatusCode,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Self {
        Self::from_endpoint("token endpoint", cause, status, headers, now)
    }

    /// What a revocation endpoint answered that is no success (RFC 7009
    /// §2.2.1).
    pub(crate) fn of_revocation(response: &Response<Bytes>, now: SystemTime) -> Self {
        let (status, headers) = (response.status(), response.headers());
        let cause = Cause::of_error(response.body());
        Self::from_endpoint("revocation endpoint", cause, status, headers, now)
    }

    fn from_endpoint(
        endpoint: &'static str,
        cause: Cause,
        status: StatusCode,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Self {
        let challenges = Challenge::parse_all(headers);
        let dpop_nonce = headers::dpop_nonce(headers);
        // What is shown is what is classified: two readings of one code would
        // contradict each other.
        let cause = cause.presentable(status);
        let (kind, is_transient) =
            kind::classify(&cause, status, &challenges, dpop_nonce.is_some());
        Self {
            inner: Arc::new(Inner {
                endpoint,
                kind,
                is_transient,
                cause,
                status,
                retry_after: headers::retry_after(headers, now),
                dpop_nonce: dpop_nonce.map(str::to_owned),
                challenges,
            }),
        }
    }

    /// What it means for the caller.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Whether the same request may succeed a little later.
    ///
    /// In any status with the codes `server_error`, `temporarily_unavailable`
    /// and `slow_down`. Without a code that is known, on 408, 425, 429 and 5xx,
    /// however large the body; and on a 2xx that has neither a token nor an
    /// error code in it, whose [`kind`](Self::kind) is
    /// [`Protocol`](ErrorKind::Protocol): a proxy's page, half a body. Never
    /// otherwise, so not on a 2xx that is too large or whose token is malformed.
    pub fn is_transient(&self) -> bool {
        self.inner.is_transient
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.inner.status
    }

    /// The server's error code, one of RFC 6749 §5.2 or its own: what is left of
    /// it without control characters, never empty, at most 1 000 characters.
    pub fn code(&self) -> Option<&str> {
        match &self.inner.cause {
            Cause::Code { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The server's `error_description`, without control characters and at most
    /// 1 000 characters of it.
    pub fn description(&self) -> Option<&str> {
        match &self.inner.cause {
            Cause::Code { description, .. } => description.as_deref(),
            _ => None,
        }
    }

    /// The server's `error_uri`, in the same way.
    pub fn uri(&self) -> Option<&str> {
        match &self.inner.cause {
            Cause::Code { uri, .. } => uri.as_deref(),
            _ => None,
        }
    }

    /// The member of a success that was missing or malformed, if that is what
    /// was wrong.
    pub fn field(&self) -> Option<&str> {
        match &self.inner.cause {
            Cause::NoToken => Some("access_token"),
            Cause::Field(field) => Some(field),
            Cause::Quirk(quirk) => quirk.field(),
            Cause::TokenType(_) => Some("token_type"),
            Cause::Code { .. } | Cause::Status | Cause::Unreadable | Cause::TooLarge => None,
        }
    }

    /// Whether the body was over [`Decoder::MAX_BODY`](crate::Decoder::MAX_BODY). The status can give
    /// such an error another [`kind`](Self::kind) than
    /// [`TooLarge`](ErrorKind::TooLarge).
    pub fn is_too_large(&self) -> bool {
        matches!(self.inner.cause, Cause::TooLarge)
    }

    /// What the server asks for (RFC 6749 §5.2 has it with `invalid_client`).
    pub fn challenges(&self) -> &[Challenge] {
        &self.inner.challenges
    }

    /// How long to wait, in whole seconds for seconds and from `now` for a date
    /// (RFC 9110 §10.2.3). It is what the server says, so it may be centuries:
    /// take a limit of your own before adding it to a time.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The nonce for the next DPoP proof, if there is a legal one (RFC 9449
    /// §8).
    pub fn dpop_nonce(&self) -> Option<&str> {
        self.inner.dpop_nonce.as_deref()
    }
}

impl fmt::Debug for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseError")
            .field("kind", &self.inner.kind)
            .field("is_transient", &self.inner.is_transient)
            .field("status", &self.inner.status)
            .field("cause", &self.inner.cause)
            .field("challenges", &Short(&self.inner.challenges))
            .field("retry_after", &self.inner.retry_after)
            .field("dpop_nonce", &Short(&self.inner.dpop_nonce))
            .finish()
    }
}

impl std::error::Error for ResponseError {}
