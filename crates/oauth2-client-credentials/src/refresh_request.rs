//! A new token for a refresh token.

use std::fmt;

use bytes::Bytes;
use http::Request;

use crate::authentication::is_of_client;
use crate::client::Client;
use crate::endpoint_uri::EndpointUri;
use crate::form;
use crate::request_error::{RequestError, RequestErrorKind};
use crate::scope::Scope;
use crate::secret::SecretString;

/// A request for a new token with a refresh token (RFC 6749 §6).
///
/// The client credentials grant needs none: a client that holds its credentials
/// asks again with them (§4.4.3 says that no refresh token should come). This is
/// for servers that issue one all the same and want it used. The first mistake
/// is kept and comes out of [`Client::refresh_request`].
///
/// ```
/// use oauth2_client_credentials::{Client, ClientSecretPost, EndpointUri, RefreshRequest};
///
/// let client = Client::new("svc", ClientSecretPost::new("s3cr3t"))?;
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let request = client.refresh_request(&endpoint, &RefreshRequest::new("8xLOxBtZp8").scope("read"))?;
/// assert_eq!(
///     &request.body()[..],
///     b"grant_type=refresh_token&refresh_token=8xLOxBtZp8&scope=read&client_id=svc&client_secret=s3cr3t",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct RefreshRequest {
    refresh_token: SecretString,
    scope: Option<Scope>,
    parameters: Vec<(String, String)>,
    error: Option<RequestError>,
}

impl RefreshRequest {
    /// With this refresh token, which must not be empty.
    pub fn new(refresh_token: impl Into<SecretString>) -> Self {
        let refresh_token = refresh_token.into();
        Self {
            error: RequestError::if_empty("refresh_token", &refresh_token),
            refresh_token,
            scope: None,
            parameters: Vec::new(),
        }
    }

    /// The scope of the new token, as one text, split at spaces. It may not be
    /// more than the old one's; without it, it is the same.
    pub fn scope(mut self, scope: &str) -> Self {
        match Scope::parse(scope) {
            Ok(scope) => self.scope = Some(scope).filter(|scope| !scope.is_empty()),
            Err(error) => self.fail(error),
        }
        self
    }

    /// One more parameter; the same name may come again, an empty value is left
    /// out. The names that the request and the client's authentication need are
    /// refused.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if is_reserved(&name) {
            self.fail(RequestError::parameter_only(
                RequestErrorKind::ReservedParameter,
                &name,
            ));
        }
        self.parameters.push((name, value.into()));
        self
    }

    fn fail(&mut self, error: RequestError) {
        self.error.get_or_insert(error);
    }

    fn body(&self) -> Bytes {
        let mut body = String::new();
        form::append_pair(&mut body, "grant_type", "refresh_token");
        form::append_pair(&mut body, "refresh_token", self.refresh_token.expose());
        if let Some(scope) = &self.scope {
            form::append_pair(&mut body, "scope", scope.as_str());
        }
        for (name, value) in &self.parameters {
            if !value.is_empty() {
                form::append_pair(&mut body, name, value);
            }
        }
        body.into()
    }
}

fn is_reserved(name: &str) -> bool {
    matches!(name, "grant_type" | "refresh_token" | "scope") || is_of_client(name)
}

impl fmt::Debug for RefreshRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshRequest")
            .field("scope", &self.scope)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// The HTTP request that asks `endpoint` for a token with a refresh token
    /// (RFC 6749 §6). A [`Decoder`](crate::Decoder) reads the answer.
    ///
    /// # Errors
    /// The first mistake in what was given: an empty refresh token, a scope token
    /// that is not legal, a name that is reserved. And as for [`token_request`](Self::token_request).
    pub fn refresh_request(
        &self,
        endpoint: &EndpointUri,
        refresh: &RefreshRequest,
    ) -> Result<Request<Bytes>, RequestError> {
        match &refresh.error {
            Some(error) => Err(error.clone()),
            None => self.form_request(endpoint, &refresh.body(), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientSecretBasic;

    fn body(refresh: &RefreshRequest) -> Result<Bytes, RequestError> {
        let client = Client::new("id", ClientSecretBasic::new("s")).unwrap();
        let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
        client
            .refresh_request(&endpoint, refresh)
            .map(Request::into_body)
    }

    #[test]
    fn empty_values_are_left_out() {
        let refresh = RefreshRequest::new("r t").scope(" ").parameter("a", "");
        assert_eq!(
            body(&refresh).unwrap(),
            "grant_type=refresh_token&refresh_token=r+t"
        );
        let refresh = RefreshRequest::new("r").scope("b  a").parameter("x", "1");
        assert_eq!(
            body(&refresh).unwrap(),
            "grant_type=refresh_token&refresh_token=r&scope=b+a&x=1"
        );
    }

    #[test]
    fn the_first_mistake_is_told() {
        let refresh = RefreshRequest::new("r")
            .parameter("client_secret", "x")
            .scope("a\"b");
        let error = body(&refresh).unwrap_err();
        assert_eq!(error.kind(), RequestErrorKind::ReservedParameter);
        assert_eq!(error.parameter(), "client_secret");
        assert!(body(&RefreshRequest::new("r").scope("a\"b")).is_err());
        assert!(body(&RefreshRequest::new("r").parameter("refresh_token", "")).is_err());
    }

    #[test]
    fn an_empty_refresh_token_is_refused() {
        let error = body(&RefreshRequest::new("").scope("a\"b")).unwrap_err();
        assert_eq!(error.kind(), RequestErrorKind::EmptyParameter);
        assert_eq!(error.parameter(), "refresh_token");
    }

    #[test]
    fn debug_hides_the_token() {
        let shown = format!(
            "{:?}",
            RefreshRequest::new("canary").parameter("a", "canary")
        );
        assert!(!shown.contains("canary"), "{shown}");
    }
}
