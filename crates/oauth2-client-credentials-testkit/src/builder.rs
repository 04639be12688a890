//! Making an authorization server that is not the default one.

use std::{fmt, time::Duration};

use crate::{Answer, AuthorizationServer, BasicEncoding, authorization_server::State};

/// Settings of an [`AuthorizationServer`].
///
/// ```
/// use std::time::Duration;
///
/// use oauth2_client_credentials_testkit::AuthorizationServer;
///
/// let server = AuthorizationServer::builder()
///     .client("billing", "s3cret")
///     .scopes(["read", "write"])
///     .lifetime(Duration::from_secs(60))
///     .latency(Duration::from_millis(20))
///     .build();
/// assert_eq!(server.token_path(), "/token");
/// ```
#[must_use]
pub struct AuthorizationServerBuilder {
    token_path: String,
    token_prefix: String,
    state: State,
}

impl AuthorizationServerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            token_path: "/token".to_owned(),
            token_prefix: "t".to_owned(),
            state: State::new(),
        }
    }

    /// Registers a client with a secret; to be called once for each. From the first on, every other client gets a 401
    /// `invalid_client`.
    ///
    /// An assertion is not verified: one whose subject is a registered client is accepted.
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.state.policy.register(id.into(), Some(secret.into()));
        self
    }

    /// Registers a client without a secret, whose method is `none`.
    pub fn public_client(mut self, id: impl Into<String>) -> Self {
        self.state.policy.register(id.into(), None);
        self
    }

    /// Sets how the server reads id and secret of a Basic header (default: form encoded).
    ///
    /// ```
    /// use oauth2_client_credentials_testkit::{AuthorizationServer, BasicEncoding};
    ///
    /// // Accepts `s3cret%` as it is, and refuses `s3cret%25`.
    /// let server = AuthorizationServer::builder()
    ///     .client("billing", "s3cret%")
    ///     .basic_encoding(BasicEncoding::Raw)
    ///     .build();
    /// # drop(server);
    /// ```
    pub fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.state.basic_encoding = encoding;
        self
    }

    /// Names the scopes that exist. A request for another one gets a 400 `invalid_scope`; a request for none is granted
    /// all of them. By default any scope is granted.
    pub fn scopes<I>(mut self, scopes: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let scopes = scopes.into_iter().map(Into::into).collect();
        self.state.policy.set_scopes(scopes);
        self
    }

    /// Sets the lifetime of tokens (default 3600 s). `expires_in` has whole seconds and is rounded down.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.state.lifetime = lifetime;
        self
    }

    /// Sets how long every answer takes (default: none).
    pub fn latency(mut self, latency: Duration) -> Self {
        self.state.latency = latency;
        self
    }

    /// Sets what stands before the number in a token (default `t`, for `t1`, `t2`, …).
    pub fn token_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.token_prefix = prefix.into();
        self
    }

    /// Sets the path of the token endpoint (default `/token`). Any other path is a 404.
    pub fn token_path(mut self, path: impl Into<String>) -> Self {
        self.token_path = path.into();
        if !self.token_path.starts_with('/') {
            self.token_path.insert(0, '/');
        }
        self
    }

    /// Sets the answers to token requests, in order of their arrival. After the last the server does its usual work.
    pub fn script(mut self, answers: impl IntoIterator<Item = Answer>) -> Self {
        for answer in answers {
            self.state.script.push(answer);
        }
        self
    }

    /// Repeats the last answer of the script until another is pushed, instead of the usual work.
    pub fn repeat_last(mut self) -> Self {
        self.state.script.repeat_last();
        self
    }

    /// Makes the server.
    pub fn build(self) -> AuthorizationServer {
        AuthorizationServer::from_parts(self.token_path, self.token_prefix, self.state)
    }
}

impl fmt::Debug for AuthorizationServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServerBuilder")
            .field("token_path", &self.token_path)
            .field("lifetime", &self.state.lifetime)
            .field("latency", &self.state.latency)
            .finish_non_exhaustive()
    }
}
