//! Building a token request, and checking what goes into it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::form;
use crate::request_error::{RequestError, RequestErrorKind};
use crate::scope::Scope;
use crate::uri::is_absolute_uri;

use super::details::is_authorization_details;
use super::{GRANT, Inner, TokenRequest};

/// Builds a [`TokenRequest`].
///
/// The first mistake is kept and comes out of [`build`](Self::build). A value
/// that is empty is as good as one that was left out (RFC 6749 §3.2), except in
/// [`resource`](Self::resource).
#[derive(Default)]
#[must_use]
pub struct TokenRequestBuilder {
    pub(super) body: String,
    pub(super) scope: Option<Scope>,
    pub(super) resource: Vec<String>,
    pub(super) audience: Option<String>,
    pub(super) authorization_details: Option<String>,
    pub(super) parameters: Vec<(String, String)>,
    include_client_id: bool,
    error: Option<RequestError>,
}

impl TokenRequestBuilder {
    /// The scope as one text, split at spaces (RFC 6749 §3.3). Replaces what
    /// was said before.
    pub fn scope(self, scope: &str) -> Self {
        self.with_scope(Scope::parse(scope))
    }

    /// The scope as a list of tokens, each taken whole. Replaces what was said
    /// before.
    pub fn scopes<I>(self, tokens: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.with_scope(Scope::from_tokens(tokens))
    }

    fn with_scope(mut self, scope: Result<Scope, RequestError>) -> Self {
        match scope {
            Ok(scope) => self.scope = Some(scope).filter(|scope| !scope.is_empty()),
            Err(error) => self.fail(error),
        }
        self
    }

    /// One more resource that the token is for: an absolute URI without a
    /// fragment, sent as it is (RFC 8707 §2).
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        let uri = uri.into();
        if is_absolute_uri(&uri) {
            self.resource.push(uri);
        } else {
            self.fail(RequestError::value(
                RequestErrorKind::InvalidResource,
                "resource",
                &uri,
            ));
        }
        self
    }

    /// The audience that the token is for.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into()).filter(|audience| !audience.is_empty());
        self
    }

    /// The authorization details as JSON text, sent as it is: an array of
    /// objects, each with a string `type` (RFC 9396 §2).
    pub fn authorization_details(mut self, json: impl Into<String>) -> Self {
        let json = json.into();
        if json.is_empty() {
            self.authorization_details = None;
        } else if is_authorization_details(&json) {
            self.authorization_details = Some(json);
        } else {
            self.fail(RequestError::parameter_only(
                RequestErrorKind::InvalidAuthorizationDetails,
                "authorization_details",
            ));
        }
        self
    }

    /// One more parameter; the same name may come again.
    ///
    /// The names that the request and the client's authentication need
    /// (`grant_type`, `client_id`, `client_secret`, `client_assertion`,
    /// `client_assertion_type`) are refused, and so are those with a method of
    /// their own here, if that was used.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Parameters that are form-encoded already, such as a body that another
    /// part of the program made. They go before all others, byte for byte.
    ///
    /// Refused are the names that [`parameter`](Self::parameter) refuses, and
    /// any name that would be in the request more than once, other than
    /// `resource` (RFC 8707 §2).
    pub fn extend_body(mut self, body: &str) -> Self {
        form::append_separator(&mut self.body);
        self.body.push_str(body);
        self
    }

    /// Puts `client_id` in the body also where the client's authentication,
    /// such as HTTP Basic, names the client elsewhere. Some servers want both.
    pub fn include_client_id(mut self, include: bool) -> Self {
        self.include_client_id = include;
        self
    }

    /// The request.
    ///
    /// # Errors
    /// The first mistake in what was given: a scope token, a resource or
    /// authorization details that are not legal, a name that is reserved or
    /// repeated.
    pub fn build(self) -> Result<TokenRequest, RequestError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.check_names()?;
        let body = self.encode();
        Ok(TokenRequest {
            inner: Arc::new(Inner {
                hash: super::hash(&body),
                body,
                scope: self.scope,
                resource: self.resource.into(),
                audience: self.audience.map(Into::into),
                authorization_details: self.authorization_details.map(Into::into),
                parameters: self
                    .parameters
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .collect(),
                include_client_id: self.include_client_id,
            }),
        })
    }

    fn fail(&mut self, error: RequestError) {
        self.error.get_or_insert(error);
    }

    /// The parameters in the order that the project has fixed. Nobody else's
    /// order is a reason to change it: requests are compared byte for byte.
    fn encode(&self) -> Bytes {
        form::extended([&self.body, GRANT], self.pairs()).into()
    }

    /// All that follows the grant type.
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let scope = self.scope.as_ref().map(|scope| ("scope", scope.as_str()));
        let resource = self.resource.iter().map(|uri| ("resource", &**uri));
        let audience = self.audience.as_deref().map(|text| ("audience", text));
        let details = self.authorization_details.as_deref();
        let details = details.map(|json| ("authorization_details", json));
        let parameters = self.parameters.iter();
        let parameters = parameters.map(|(name, value)| (&**name, &**value));
        scope
            .into_iter()
            .chain(resource)
            .chain(audience)
            .chain(details)
            .chain(parameters.filter(|(_, value)| !value.is_empty()))
    }
}

impl fmt::Debug for TokenRequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequestBuilder")
            .field("scope", &self.scope)
            .field("resource", &self.resource)
            .field("audience", &self.audience)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(builder: TokenRequestBuilder) -> String {
        String::from_utf8(builder.build().unwrap().body().to_vec()).unwrap()
    }

    fn failure(builder: TokenRequestBuilder) -> (RequestErrorKind, String) {
        let error = builder.build().unwrap_err();
        (error.kind(), error.parameter().to_owned())
    }

    #[test]
    fn an_existing_body_goes_first_byte_for_byte() {
        let builder = TokenRequest::builder()
            .scope("s")
            .extend_body("a=%7e&b=")
            .extend_body("c=%20&");
        assert_eq!(
            body(builder),
            "a=%7e&b=&c=%20&grant_type=client_credentials&scope=s"
        );
        assert_eq!(
            body(TokenRequest::builder().extend_body("")),
            "grant_type=client_credentials"
        );
    }

    #[test]
    fn the_first_mistake_is_told() {
        let builder = TokenRequest::builder()
            .resource("/relative")
            .scope("a\"b")
            .scope("good");
        assert_eq!(
            failure(builder),
            (RequestErrorKind::InvalidResource, "resource".to_owned())
        );
    }
}
