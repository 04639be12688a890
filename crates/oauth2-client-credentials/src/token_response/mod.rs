//! What the server issued.

mod builder;
mod redacted;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::response::Quirk;
use crate::scope::Scope;
use crate::secret::SecretString;
use crate::token_type::TokenType;

pub use self::builder::{InvalidTokenError, TokenResponseBuilder};
pub(crate) use self::builder::{end_of_life, whole_seconds};

/// A token and what the server said about it (RFC 6749 §5.1).
///
/// It comes out of a [`Decoder`](crate::Decoder), or is made by
/// [`new`](Self::new) and [`builder`](Self::builder) when the token has another
/// source. A clone costs a reference count. `Debug` shows no token.
#[derive(Clone)]
pub struct TokenResponse {
    inner: Arc<Inner>,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) access_token: SecretString,
    pub(crate) token_type: TokenType,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) refresh_in: Option<Duration>,
    pub(crate) scope: Option<Scope>,
    pub(crate) requested_scope: Option<Scope>,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) authorization_details: Option<Value>,
    pub(crate) authorization_details_changed: bool,
    pub(crate) extra: Map<String, Value>,
    pub(crate) quirks: Vec<Quirk>,
}

impl TokenResponse {
    /// A bearer token from elsewhere, of which nothing else is known.
    ///
    /// # Errors
    /// When it is empty or has a character that is not visible ASCII.
    pub fn new(access_token: impl Into<SecretString>) -> Result<Self, InvalidTokenError> {
        Self::builder(access_token).build()
    }

    /// A token from elsewhere, such as a test or a vault.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use oauth2_client_credentials::TokenResponse;
    ///
    /// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    /// let token = TokenResponse::builder("abc")
    ///     .expires_in(Duration::from_secs(60))
    ///     .received_at(now)
    ///     .build()?;
    /// assert!(!token.is_expired(now + Duration::from_secs(59)));
    /// assert!(token.is_expired(now + Duration::from_secs(60)));
    /// # Ok::<(), oauth2_client_credentials::InvalidTokenError>(())
    /// ```
    pub fn builder(access_token: impl Into<SecretString>) -> TokenResponseBuilder {
        TokenResponseBuilder::new(access_token.into())
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The token: at least one character, all visible ASCII.
    pub fn access_token(&self) -> &SecretString {
        &self.inner.access_token
    }

    /// How it is to be used (RFC 6749 §7.1).
    pub fn token_type(&self) -> &TokenType {
        &self.inner.token_type
    }

    /// How long it lives from when it was received, in whole seconds and at most
    /// ten years of 365 days; `None` if the server did not say.
    ///
    /// Zero is a token that may be used for the request it was fetched for, and
    /// no more.
    pub fn expires_in(&self) -> Option<Duration> {
        self.inner.expires_in
    }

    /// When its life ends by the clock that was given to the decoder; `None` if
    /// the server did not say how long it lives.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.inner.expires_at
    }

    /// Whether its life is over at `now`. The last moment is not part of it. A
    /// token of unknown life is never over by the clock.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.inner.expires_at.is_some_and(|end| now >= end)
    }

    /// After what time the server would like it to be renewed. No RFC has it;
    /// Microsoft's servers send it.
    pub fn refresh_in(&self) -> Option<Duration> {
        self.inner.refresh_in
    }

    /// What was granted, if the server said so. Empty is not the same as
    /// `None`, which means: what was asked for (RFC 6749 §5.1).
    pub fn scope(&self) -> Option<&Scope> {
        self.inner.scope.as_ref()
    }

    /// Whether what was granted is another set of scope tokens than what was
    /// asked for. `false` when either is unknown.
    pub fn scope_changed(&self) -> bool {
        self.missing_scopes().next().is_some() || self.additional_scopes().next().is_some()
    }

    /// What was asked for and not granted. Empty when either is unknown.
    pub fn missing_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes()
            .into_iter()
            .flat_map(|(asked, granted)| asked.difference(granted))
    }

    /// What was granted and not asked for. Empty when either is unknown.
    pub fn additional_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes()
            .into_iter()
            .flat_map(|(asked, granted)| granted.difference(asked))
    }

    fn scopes(&self) -> Option<(&Scope, &Scope)> {
        Some((
            self.inner.requested_scope.as_ref()?,
            self.inner.scope.as_ref()?,
        ))
    }

    /// A refresh token, which this grant does not need (RFC 6749 §4.4.3) and
    /// this crate does not use.
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.inner.refresh_token.as_ref()
    }

    /// The authorization details that were granted, as they came (RFC 9396 §7).
    pub fn authorization_details(&self) -> Option<&Value> {
        self.inner.authorization_details.as_ref()
    }

    /// Whether they are, as JSON, other than what was asked for. `false` when
    /// nothing was asked for or nothing came back.
    pub fn authorization_details_changed(&self) -> bool {
        self.inner.authorization_details_changed
    }

    /// All members that no RFC of this grant defines, as they came; those of a
    /// form are strings. There may be secrets in them.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.inner.extra
    }

    /// Where the answer was not what the RFCs ask for, and was read all the
    /// same.
    pub fn quirks(&self) -> &[Quirk] {
        &self.inner.quirks
    }
}

impl fmt::Debug for TokenResponse {
    /// Shows the names of extra members without their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("access_token", &self.access_token())
            .field("token_type", &self.token_type())
            .field("expires_in", &self.expires_in())
            .field("expires_at", &self.expires_at())
            .field("refresh_in", &self.refresh_in())
            .field("scope", &self.scope())
            .field("refresh_token", &self.refresh_token())
            .field("extra", &self.extra().keys().collect::<Vec<_>>())
            .field("quirks", &self.quirks())
            .finish_non_exhaustive()
    }
}

/// RFC 6749 appendix A.12 without the space: it could not be told from one that
/// a header puts between scheme and token.
pub(crate) fn is_access_token(text: &str) -> bool {
    // Looking at every byte, with no way out, is several times as fast as `all`:
    // the loop becomes vector instructions.
    let is_graphic = text
        .bytes()
        .fold(true, |all, byte| all & byte.is_ascii_graphic());
    is_graphic && !text.is_empty()
}
