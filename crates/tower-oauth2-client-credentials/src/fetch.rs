//! What a token service is asked.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use oauth2_client_credentials::{SecretString, TokenRequest};

/// One order for a token: the request of a *token service*.
///
/// A token service is any `Service<Fetch, Response = TokenResponse>`: [`TokenEndpoint`](crate::TokenEndpoint), one of your
/// own, or either with tower's middleware around it.
///
/// ```
/// use oauth2_client_credentials::TokenResponse;
/// use tower_oauth2_client_credentials::{Fetch, TokenSource};
///
/// let vault = tower::service_fn(|fetch: Fetch| async move {
///     println!("asked for {:?}", fetch.request());
///     TokenResponse::new("a-token-from-elsewhere")
/// });
/// let source = TokenSource::new(vault);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    request: TokenRequest,
    instead_of: Option<InsteadOf>,
}

impl Fetch {
    /// An order for the token that `request` describes.
    #[must_use]
    pub fn new(request: TokenRequest) -> Self {
        Self {
            request,
            instead_of: None,
        }
    }

    /// The same order, which is not to be answered with this token.
    #[must_use]
    pub fn with_instead_of(mut self, token: InsteadOf) -> Self {
        self.instead_of = Some(token);
        self
    }

    /// What is asked for.
    #[must_use]
    pub fn request(&self) -> &TokenRequest {
        &self.request
    }

    /// The token that the order must not be answered with, and why. An authorization server makes a new one anyway; it is for
    /// what stands in between and keeps tokens.
    #[must_use]
    pub fn instead_of(&self) -> Option<InsteadOf> {
        self.instead_of
    }
}

/// A token that is to be replaced, and why.
///
/// A cache between a source and its token service asks below for another on both, and throws exactly this token away on a
/// rejection:
///
/// ```
/// use oauth2_client_credentials::TokenResponse;
/// use tower_oauth2_client_credentials::{Fetch, InsteadOf, TokenDigest};
///
/// fn may_answer_with(cached: &TokenResponse, fetch: &Fetch) -> bool {
///     let cached = TokenDigest::of(cached.access_token());
///     fetch.instead_of().is_none_or(|token| token.digest() != cached)
/// }
///
/// # let (cached, other) = (TokenResponse::new("t1")?, TokenResponse::new("t2")?);
/// let order = Fetch::new(Default::default());
/// assert!(may_answer_with(&cached, &order));
/// let order = order.with_instead_of(InsteadOf::Rejection(TokenDigest::of(cached.access_token())));
/// assert!(!may_answer_with(&cached, &order));
/// # assert!(may_answer_with(&other, &order));
/// # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InsteadOf {
    /// It works, and will end: others may still be given it.
    Renewal(TokenDigest),
    /// A resource server refused it, or its owner threw it away: nobody is to be given it any more.
    Rejection(TokenDigest),
}

impl InsteadOf {
    /// Which token.
    #[must_use]
    pub fn digest(self) -> TokenDigest {
        match self {
            Self::Renewal(digest) | Self::Rejection(digest) => digest,
        }
    }
}

/// Tells tokens apart without keeping them: a hash with a key that each process draws for itself. It means nothing to another
/// process, so compare it there with the digest of the token itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(u64);

impl TokenDigest {
    /// The digest of an access token.
    #[must_use]
    pub fn of(access_token: &SecretString) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(KEY.hash_one(access_token.expose()))
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenDigest").finish_non_exhaustive()
    }
}
