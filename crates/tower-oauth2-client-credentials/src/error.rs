//! Why a request could not carry a token.

mod grpc;

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use oauth2_client_credentials::{ErrorKind, RequestError, ResponseError};

use crate::{endpoint::EndpointError, heard::Hidden};

/// The error of every service here, as everywhere in tower.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A request could not carry a token, and was not sent.
///
/// Its `Display` is the whole story on one line, causes included: what happened, whose fault it is, what to try.
///
/// The layer's services fail with a [`BoxError`]; this is the leaf to look for, with [`TokenError::find`]. One failed token
/// request is shared by all who waited for it: clones are cheap and have the same cause.
///
/// ```
/// use tower_oauth2_client_credentials::{BoxError, TokenError, TokenErrorKind};
///
/// fn log(error: &BoxError) {
///     if let Some(token) = TokenError::find(&**error) {
///         eprintln!("no token ({}), try again in {:?}", token.kind(), token.retry_in());
///     }
/// }
/// # log(&TokenError::new(TokenErrorKind::Scope, "no such scope").into());
/// ```
#[derive(Clone)]
pub struct TokenError {
    failure: Arc<Failure>,
    retry_in: Option<Duration>,
}

struct Failure {
    kind: TokenErrorKind,
    transient: bool,
    message: Cow<'static, str>,
    source: Option<BoxError>,
}

/// Whose fault it is, and so who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The authorization server does not accept this client: its id, secret or key.
    ClientAuthentication,
    /// The request cannot succeed as it is set up, here or at the authorization server.
    Configuration,
    /// The scope, resource or authorization details are not to be had.
    Scope,
    /// The authorization server wants a DPoP nonce, and gave none that can be used.
    NonceRequired,
    /// The network, or the authorization server for now: it may pass by itself.
    Transient,
    /// The authorization server's answer is none that OAuth knows.
    Protocol,
    /// The token is of a type that cannot be attached.
    UnsupportedTokenType,
    /// The authorization server's answer is larger than any token response.
    TooLarge,
    /// No token came within the wait budget; the token request goes on.
    Timeout,
    /// Too many token requests are under way already.
    Overloaded,
    /// The resource server refuses the tokens that the authorization server gives.
    Rejected,
    /// The request's origin is none that the token was given for.
    Origin,
}

const UNREACHED: &str = "no token, for the authorization server could not be asked; \
    check its address, the network in between and its certificate";

impl TokenError {
    /// An error of a token service of your own. It is taken as it is: it passes by itself only if `kind` is
    /// [`Transient`](TokenErrorKind::Transient), [`Timeout`](TokenErrorKind::Timeout) or [`Overloaded`](TokenErrorKind::Overloaded).
    ///
    /// The message says what happened and what to try, in lower case and without a full stop; never a secret or a token.
    pub fn new(kind: TokenErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let transient = matches!(
            kind,
            TokenErrorKind::Transient | TokenErrorKind::Timeout | TokenErrorKind::Overloaded
        );
        Self::from_failure(Failure {
            kind,
            transient,
            message: message.into(),
            source: None,
        })
    }

    fn from_failure(failure: Failure) -> Self {
        Self {
            failure: Arc::new(failure),
            retry_in: None,
        }
    }

    /// What a token service's error means: its own word if it has one, else a failure that may pass.
    ///
    /// Transport errors are not told apart. Whatever nobody recognises is worth another attempt (google-cloud-rust#5864).
    pub(crate) fn from_service(error: BoxError) -> Self {
        // Its causes are shown. What a server said is looked at by those who hear it; this is for what stands around it, and for
        // whoever does not look.
        let nothing = Hidden::default();
        if let Some(known) = Self::find(&*error) {
            return nothing.in_token_error(known);
        }
        let is_heard =
            find::<EndpointError>(&*error).is_some() || find::<ResponseError>(&*error).is_some();
        let (kind, transient, message) = if let Some(answer) = find::<ResponseError>(&*error) {
            (answer.kind().into(), answer.is_transient(), "no token")
        } else if find::<RequestError>(&*error).is_some() {
            (TokenErrorKind::Configuration, false, "no token")
        } else {
            (TokenErrorKind::Transient, true, UNREACHED)
        };
        let failure = Failure {
            kind,
            transient,
            message: message.into(),
            source: Some(if is_heard {
                nothing.around(error)
            } else {
                nothing.in_error(error)
            }),
        };
        Self::from_failure(failure)
    }

    /// The same failure in these words, and without its causes.
    pub(crate) fn saying(&self, message: String) -> Self {
        let Failure {
            kind, transient, ..
        } = *self.failure;
        Self {
            failure: Arc::new(Failure {
                kind,
                transient,
                message: message.into(),
                source: None,
            }),
            retry_in: self.retry_in,
        }
    }

    /// The same failure, without a time.
    pub(crate) fn at_any_time(&self) -> Self {
        Self {
            failure: Arc::clone(&self.failure),
            retry_in: None,
        }
    }

    /// The same failure, with the time after which the next token request may start.
    pub(crate) fn retry_after(&self, retry_in: Duration) -> Self {
        Self {
            failure: Arc::clone(&self.failure),
            retry_in: Some(retry_in),
        }
    }

    /// The first token error in `error` and its sources: middlewares above the layer wrap it.
    #[must_use]
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        find(error)
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> TokenErrorKind {
        self.failure.kind
    }

    /// Whether it may pass by itself. If not, somebody has to change something first.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.failure.transient
    }

    /// When the next token request may start, counted from the moment this error was handed out; until then every request
    /// without a token fails at once. `None` where no pause is in force.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }

    /// The OAuth error code, if the authorization server gave one (RFC 6749 §5.2), such as `invalid_client`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.response_error()?.code()
    }

    /// The authorization server's answer, if it is what went wrong.
    #[must_use]
    pub fn response_error(&self) -> Option<&ResponseError> {
        find(self.failure.source.as_deref()?)
    }
}

/// The first `E` in a chain of sources.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(Some(error)).find_map(|error| error.downcast_ref())
}

/// An error and its sources.
pub(crate) fn chain<'a>(
    error: Option<&'a (dyn Error + 'static)>,
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error, |&error| error.source())
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure.message)?;
        // Most programs log only this line, and somebody has to mend things with it: it names the causes too.
        for source in chain(self.source()) {
            write!(f, ": {source}")?;
        }
        match self.retry_in {
            Some(retry_in) if !retry_in.is_zero() => write!(
                f,
                " (the next token request may start in {:.1} s)",
                retry_in.as_secs_f64()
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenError")
            .field("kind", &self.failure.kind)
            .field("transient", &self.failure.transient)
            .field("message", &self.failure.message)
            .field("source", &self.failure.source)
            .field("retry_in", &self.retry_in)
            .finish()
    }
}

impl Error for TokenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure.source.as_deref().map(|source| source as _)
    }
}

impl TokenErrorKind {
    /// The kind's name, as in its `Debug`: stable, for metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientAuthentication => "ClientAuthentication",
            Self::Configuration => "Configuration",
            Self::Scope => "Scope",
            Self::NonceRequired => "NonceRequired",
            Self::Transient => "Transient",
            Self::Protocol => "Protocol",
            Self::UnsupportedTokenType => "UnsupportedTokenType",
            Self::TooLarge => "TooLarge",
            Self::Timeout => "Timeout",
            Self::Overloaded => "Overloaded",
            Self::Rejected => "Rejected",
            Self::Origin => "Origin",
        }
    }
}

impl fmt::Display for TokenErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<ErrorKind> for TokenErrorKind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::ClientAuthentication => Self::ClientAuthentication,
            ErrorKind::Configuration => Self::Configuration,
            ErrorKind::Scope => Self::Scope,
            ErrorKind::NonceRequired => Self::NonceRequired,
            ErrorKind::Transient => Self::Transient,
            ErrorKind::UnsupportedTokenType => Self::UnsupportedTokenType,
            ErrorKind::TooLarge => Self::TooLarge,
            // A kind that this version does not know is an answer it does not understand.
            _ => Self::Protocol,
        }
    }
}

#[cfg(test)]
mod tests {
    use oauth2_client_credentials::TokenRequest;

    use super::*;

    #[test]
    fn what_a_token_service_failed_with_says_whose_fault_it_is() {
        let request = TokenRequest::builder().scope("a\"b").build().unwrap_err();
        let own = TokenError::new(TokenErrorKind::Scope, "no such role");
        for (error, kind, transient) in [
            (
                BoxError::from("connection reset"),
                TokenErrorKind::Transient,
                true,
            ),
            (request.into(), TokenErrorKind::Configuration, false),
            (own.into(), TokenErrorKind::Scope, false),
        ] {
            let error = TokenError::from_service(error);
            assert_eq!(
                (error.kind(), error.is_transient()),
                (kind, transient),
                "{error}"
            );
        }
    }

    #[test]
    fn it_is_found_under_what_others_wrap_around_it() {
        #[derive(Debug)]
        struct Wrapped(TokenError);
        impl fmt::Display for Wrapped {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("wrapped")
            }
        }
        impl Error for Wrapped {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let error = Wrapped(TokenError::new(TokenErrorKind::Overloaded, "busy"));
        assert_eq!(
            TokenError::find(&error).map(TokenError::kind),
            Some(TokenErrorKind::Overloaded)
        );
        assert!(TokenError::find(&fmt::Error).is_none());
    }
}
