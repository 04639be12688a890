//! What is asked for.

mod builder;
mod details;
mod names;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;

use crate::scope::Scope;

pub use self::builder::TokenRequestBuilder;

/// What a token is asked for: scope, resources, audience and so on, without
/// who asks ([`Client`](crate::Client)) and where
/// ([`EndpointUri`](crate::EndpointUri)).
///
/// Equal requests can be served by the same token, so this is also the key
/// under which tokens are kept. A clone costs a reference count. The default
/// asks for nothing in particular and leaves all to the server.
///
/// Source: RFC 6749 §4.4.2.
///
/// ```
/// use oauth2_client_credentials::TokenRequest;
///
/// let request = TokenRequest::builder()
///     .scope("read write")
///     .resource("https://api.example.com/")
///     .parameter("tenant", "t-1")
///     .build()?;
/// assert_eq!(request.scope().map(|scope| scope.as_str()), Some("read write"));
/// # Ok::<(), oauth2_client_credentials::RequestError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct TokenRequest {
    inner: Arc<Inner>,
}

#[derive(Eq, PartialEq)]
struct Inner {
    /// That of the body, which has nearly all the rest in it.
    hash: u64,
    scope: Option<Scope>,
    resource: Box<[String]>,
    audience: Option<Box<str>>,
    authorization_details: Option<Box<str>>,
    parameters: Box<[(String, String)]>,
    include_client_id: bool,
    /// The body up to the client's own parameters: each fetch sends the same.
    body: Bytes,
}

/// What every request begins with (RFC 6749 §4.4.2).
const GRANT: &str = "grant_type=client_credentials";

impl Hash for Inner {
    /// By a hash that was made once: this is a key that is looked up for each
    /// request of a program.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

fn hash(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}

impl TokenRequest {
    /// Asks for nothing in particular.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                scope: None,
                resource: Box::default(),
                audience: None,
                authorization_details: None,
                parameters: Box::default(),
                include_client_id: false,
                body: Bytes::from_static(GRANT.as_bytes()),
                hash: hash(GRANT.as_bytes()),
            }),
        }
    }

    /// Asks for what is then said.
    pub fn builder() -> TokenRequestBuilder {
        TokenRequestBuilder::default()
    }

    /// The scope, unless it was left out or had no token in it.
    pub fn scope(&self) -> Option<&Scope> {
        self.inner.scope.as_ref()
    }

    /// The resources, as URIs, in order (RFC 8707 §2).
    pub fn resource(&self) -> &[String] {
        &self.inner.resource
    }

    /// The audience. Not from an RFC of this grant, but several servers ask for
    /// it.
    pub fn audience(&self) -> Option<&str> {
        self.inner.audience.as_deref()
    }

    /// The authorization details, as the JSON text that was given (RFC 9396
    /// §2).
    pub fn authorization_details(&self) -> Option<&str> {
        self.inner.authorization_details.as_deref()
    }

    /// The extra parameters, name and value, in order. Those of a body that was
    /// extended are not among them.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inner
            .parameters
            .iter()
            .map(|(name, value)| (&**name, &**value))
    }

    /// Whether `client_id` is in the body though the client's authentication
    /// does not put it there.
    pub(crate) fn includes_client_id(&self) -> bool {
        self.inner.include_client_id
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.inner.body
    }
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TokenRequest {
    /// Shows the names of extra parameters without their values: they can be
    /// a vendor's API key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("scope", &self.scope())
            .field("resource", &self.resource())
            .field("audience", &self.audience())
            .field("authorization_details", &self.authorization_details())
            .field(
                "parameters",
                &self.parameters().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("include_client_id", &self.includes_client_id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn equal_requests_are_one_key() {
        let read = || TokenRequest::builder().scope("read").build().unwrap();
        let keys = HashSet::from([
            read(),
            read(),
            TokenRequest::new(),
            TokenRequest::builder()
                .scope("")
                .audience("")
                .parameter("x", "")
                .build()
                .unwrap(),
            TokenRequest::builder()
                .scope("read")
                .include_client_id(true)
                .build()
                .unwrap(),
        ]);
        assert_eq!(keys.len(), 3);
        assert_eq!(
            TokenRequest::default(),
            TokenRequest::builder().build().unwrap()
        );
    }

    #[test]
    fn debug_hides_the_values_of_extras() {
        let request = TokenRequest::builder()
            .extend_body("a=canary-1")
            .parameter("api_key", "canary-2")
            .build()
            .unwrap();
        let shown = format!("{request:?}");
        assert!(
            shown.contains("api_key") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
