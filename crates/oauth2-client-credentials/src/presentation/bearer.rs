//! The bearer token in the `Authorization` header.

use http::header::{AUTHORIZATION, Entry};
use http::{HeaderMap, HeaderValue, request};

use crate::fresh::Fresh;
use crate::token_response::TokenResponse;
use crate::transport::is_secure;

use super::accepted::Accepted;
use super::{Presentation, PresentationError};

/// Shows a token in the header `Authorization: Bearer …` (RFC 6750 §2.1).
///
/// ```
/// use oauth2_client_credentials::{Bearer, TokenResponse};
///
/// let token = TokenResponse::new("mF_9.B5f-4.1JqM")?;
/// let (mut parts, ()) = http::Request::get("https://api.example.com/").body(())?.into_parts();
/// Bearer::new().attach(&mut parts, &token)?;
/// assert_eq!(parts.headers["authorization"], "Bearer mF_9.B5f-4.1JqM");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bearer {
    on_existing: OnExisting,
    accepted: Accepted,
}

impl Bearer {
    /// Tokens of type bearer, and a header that is there already stays.
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do when the request has an `Authorization` already.
    #[must_use]
    pub fn on_existing(self, on_existing: OnExisting) -> Self {
        Self {
            on_existing,
            ..self
        }
    }

    /// Shows tokens of this type in the same way; case does not matter. For a
    /// server that has a name of its own for what is a bearer token, such as
    /// eBay's `Application Access Token`.
    #[must_use]
    pub fn treat_as_bearer(mut self, token_type: impl Into<String>) -> Self {
        self.accepted.treat_as_bearer(token_type.into());
        self
    }

    /// The value of the header, marked as sensitive. The scheme is spelled
    /// `Bearer` whatever the server wrote.
    ///
    /// # Errors
    /// When the token is of another type or cannot stand in a header.
    pub fn header_value(&self, token: &TokenResponse) -> Result<HeaderValue, PresentationError> {
        self.accepted.check(token)?;
        let value = ["Bearer ", token.access_token().expose()].concat();
        let mut value =
            HeaderValue::try_from(value).map_err(|_| PresentationError::InvalidAccessToken)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Puts the token on the request that these are the parts of.
    ///
    /// The URI has to be [secure](crate::is_secure), and the token of a type
    /// that is shown in this way, even where an existing header stays.
    ///
    /// # Errors
    /// When the token must not go to this URI or not in this way; the request
    /// is then as it was.
    pub fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
    ) -> Result<(), PresentationError> {
        if !is_secure(&parts.uri) {
            return Err(PresentationError::InsecureUri);
        }
        let value = self.header_value(token)?;
        self.on_existing.put(&mut parts.headers, value)
    }
}

impl Presentation for Bearer {
    fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        _fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        self.attach(parts, token)
    }
}

/// What becomes of an `Authorization` that the request has already.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum OnExisting {
    /// It stays, and the token is not attached: who set it knew why.
    #[default]
    Keep,
    /// The token takes its place.
    Replace,
    /// The request is refused.
    Refuse,
}

impl OnExisting {
    /// Puts `value` into the `Authorization` header, or not.
    pub(super) fn put(
        self,
        headers: &mut HeaderMap,
        value: HeaderValue,
    ) -> Result<(), PresentationError> {
        match headers.entry(AUTHORIZATION) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(mut entry) => match self {
                Self::Keep => {}
                Self::Replace => {
                    entry.insert(value);
                }
                Self::Refuse => return Err(PresentationError::AlreadyAuthorized),
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn attach(
        bearer: &Bearer,
        existing: Option<&'static str>,
    ) -> Result<request::Parts, PresentationError> {
        let (mut parts, ()) = Request::get("https://api.example.com/")
            .body(())
            .unwrap()
            .into_parts();
        if let Some(value) = existing {
            parts
                .headers
                .append(AUTHORIZATION, HeaderValue::from_static(value));
            parts
                .headers
                .append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer
            .attach(&mut parts, &TokenResponse::new("t").unwrap())
            .map(|()| parts)
    }

    #[test]
    fn the_header_is_sensitive() {
        let parts = attach(&Bearer::new(), None).unwrap();
        assert_eq!(parts.headers[AUTHORIZATION], "Bearer t");
        assert!(parts.headers[AUTHORIZATION].is_sensitive());
    }

    #[test]
    fn an_existing_header_is_kept_replaced_or_refused() {
        let all = |parts: request::Parts| {
            parts
                .headers
                .get_all(AUTHORIZATION)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let kept = attach(&Bearer::new(), Some("Basic eA=="));
        assert_eq!(all(kept.unwrap()), ["Basic eA==", "Basic eA=="]);
        let replaced = attach(
            &Bearer::new().on_existing(OnExisting::Replace),
            Some("Basic eA=="),
        );
        assert_eq!(all(replaced.unwrap()), ["Bearer t"]);
        let refused = attach(
            &Bearer::new().on_existing(OnExisting::Refuse),
            Some("Basic eA=="),
        );
        assert_eq!(refused.unwrap_err(), PresentationError::AlreadyAuthorized);
    }

    #[test]
    fn another_type_needs_the_callers_word() {
        let token = |name: &str| {
            TokenResponse::builder("t")
                .token_type(name.into())
                .build()
                .unwrap()
        };
        let bearer = Bearer::new()
            .treat_as_bearer("Application Access Token")
            .treat_as_bearer("DPoP");
        assert!(
            bearer
                .header_value(&token("application access token"))
                .is_ok()
        );
        for name in ["JWT", "DPoP", ""] {
            let error = bearer.header_value(&token(name)).unwrap_err();
            assert_eq!(
                error,
                PresentationError::UnsupportedTokenType(name.to_owned())
            );
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let token = TokenResponse::new("t").unwrap();
        for (uri, allowed) in [
            ("http://localhost/", true),
            ("http://a.example/", false),
            ("/", false),
        ] {
            let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
            assert_eq!(
                Bearer::new().attach(&mut parts, &token).is_ok(),
                allowed,
                "{uri}"
            );
            assert_eq!(parts.headers.contains_key(AUTHORIZATION), allowed, "{uri}");
        }
    }
}
