//! What a token service is asked.

use oauth2_client_credentials::TokenRequest;

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
#[derive(Clone, Debug)]
pub struct Fetch {
    request: TokenRequest,
}

impl Fetch {
    /// An order for the token that `request` describes.
    #[must_use]
    pub fn new(request: TokenRequest) -> Self {
        Self { request }
    }

    /// What is asked for.
    #[must_use]
    pub fn request(&self) -> &TokenRequest {
        &self.request
    }
}
