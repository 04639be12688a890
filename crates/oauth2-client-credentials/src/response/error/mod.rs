//! Why there is no token.

mod kind;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use crate::challenge::Challenge;

use super::Quirk;
use super::headers;

pub use self::kind::ErrorKind;

/// An answer that is not a token, with all that it says.
///
/// `Display` is one line for an operator: the status, the server's own words,
/// and what to look at. No secret and no token is in it; control characters are
/// left out of what the server said, and what is long is cut. A clone costs a
/// reference count.
#[derive(Clone)]
pub struct ResponseError {
    inner: Arc<Inner>,
}

struct Inner {
    kind: ErrorKind,
    is_transient: bool,
    cause: Cause,
    status: StatusCode,
    challenges: Vec<Challenge>,
    retry_after: Option<Duration>,
    dpop_nonce: Option<String>,
}

/// What was wrong with the answer.
#[derive(Debug)]
pub(super) enum Cause {
    /// The server named an error (RFC 6749 §5.2).
    Code {
        code: String,
        description: Option<String>,
        uri: Option<String>,
    },
    /// Not a success, and no error is named.
    Status,
    /// A success whose body cannot be read.
    Unreadable,
    /// A success without a token.
    NoToken,
    /// A member that is not what it has to be.
    Field(&'static str),
    /// Not what the RFCs ask for, and the decoder is strict.
    Quirk(Quirk),
    /// A type of token that is not known, and the decoder is strict.
    TokenType(String),
    /// A body beyond the limit.
    TooLarge,
}

impl ResponseError {
    pub(super) fn new(
        cause: Cause,
        status: StatusCode,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Self {
        let challenges = Challenge::parse_all(headers);
        let dpop_nonce = headers::dpop_nonce(headers);
        let (kind, is_transient) =
            kind::classify(&cause, status, &challenges, dpop_nonce.is_some());
        Self {
            inner: Arc::new(Inner {
                kind,
                is_transient,
                cause: cause.presentable(),
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

    /// The server's error code, one of RFC 6749 §5.2 or its own.
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

    /// Whether the body was over the limit of 65 536 bytes. The status can give
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

impl Cause {
    /// With the server's words as they may be shown.
    fn presentable(self) -> Self {
        match self {
            Self::Code {
                code,
                description,
                uri,
            } => Self::Code {
                code: presentable(&code),
                description: description.as_deref().map(presentable),
                uri: uri.as_deref().map(presentable),
            },
            Self::TokenType(name) => Self::TokenType(presentable(&name)),
            other => other,
        }
    }
}

/// Without what could forge a line of a log or turn its direction, and not too
/// long.
fn presentable(text: &str) -> String {
    const SHOWN: usize = 1_000;
    let is_shown = |unit: &char| {
        let turns_or_breaks = matches!(unit, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !unit.is_control() && !turns_or_breaks
    };
    text.chars().filter(is_shown).take(SHOWN).collect()
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token endpoint answered {}", self.inner.status)?;
        match &self.inner.cause {
            Cause::Code {
                code,
                description,
                uri,
            } => {
                write!(f, " with the error `{code}`")?;
                if let Some(description) = description {
                    write!(f, " ({description})")?;
                }
                if let Some(uri) = uri {
                    write!(f, " <{uri}>")?;
                }
            }
            Cause::Status => f.write_str(" without an OAuth error code")?,
            Cause::Unreadable => f.write_str(" with a body that is no token response")?,
            Cause::NoToken => f.write_str(" without an access token")?,
            Cause::Field(field) => write!(f, " with a malformed `{field}`")?,
            Cause::Quirk(quirk) => write!(f, " with what a strict client refuses ({quirk})")?,
            Cause::TokenType(name) => write!(f, " with a token of the unknown type `{name}`")?,
            Cause::TooLarge => write!(f, " with a body over {} bytes", super::decoder::MAX_BODY)?,
        }
        write!(f, ": {}", self.advice())?;
        if let Some(after) = self.inner.retry_after {
            write!(f, " (the server says: after {} s)", after.as_secs())?;
        }
        Ok(())
    }
}

impl ResponseError {
    /// Whose fault it is, and what to try.
    fn advice(&self) -> &'static str {
        match self.inner.kind {
            ErrorKind::Protocol if self.inner.status.is_redirection() => {
                "redirects are not followed, give the URI of the token endpoint itself"
            }
            ErrorKind::Protocol if self.inner.status == StatusCode::NOT_FOUND => {
                "check the URI of the token endpoint"
            }
            kind => kind.advice(),
        }
    }
}

impl fmt::Debug for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseError")
            .field("kind", &self.inner.kind)
            .field("is_transient", &self.inner.is_transient)
            .field("status", &self.inner.status)
            .field("cause", &self.inner.cause)
            .field("challenges", &self.inner.challenges)
            .field("retry_after", &self.inner.retry_after)
            .field("dpop_nonce", &self.inner.dpop_nonce)
            .finish()
    }
}

impl std::error::Error for ResponseError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(cause: Cause, status: u16) -> ResponseError {
        let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, "30".parse().unwrap())]);
        let status = StatusCode::from_u16(status).unwrap();
        ResponseError::new(cause, status, &headers, SystemTime::UNIX_EPOCH)
    }

    fn code(code: &str, description: &str) -> Cause {
        Cause::Code {
            code: code.into(),
            description: Some(description.into()),
            uri: None,
        }
    }

    #[test]
    fn says_what_happened_and_what_to_try() {
        assert_eq!(
            error(code("invalid_client", "bad secret"), 401).to_string(),
            "the token endpoint answered 401 Unauthorized with the error `invalid_client` (bad secret): \
             the server does not accept this client, check its id, its secret and its authentication method \
             (the server says: after 30 s)",
        );
        assert!(
            error(Cause::Status, 302)
                .to_string()
                .contains("redirects are not followed")
        );
        assert!(
            error(Cause::Field("expires_in"), 200)
                .to_string()
                .contains("`expires_in`")
        );
    }

    #[test]
    fn what_the_server_said_cannot_forge_a_line() {
        let error = error(
            code(
                "a\r\nb",
                &format!("c\u{1b}[2J\u{202e}\u{85}{}", "d".repeat(5_000)),
            ),
            400,
        );
        assert_eq!(error.code(), Some("ab"));
        assert!(error.description().unwrap().starts_with("c[2Jddd"));
        assert_eq!(error.description().unwrap().chars().count(), 1_000);
        assert!(!error.to_string().contains(char::is_control));
    }
}
