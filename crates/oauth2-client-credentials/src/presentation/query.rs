//! The bearer token in the query.

use http::header::CACHE_CONTROL;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri, request};

use crate::form;
use crate::fresh::Fresh;
use crate::secret::SecretString;
use crate::token_response::TokenResponse;
use crate::transport::is_secure;

use super::accepted::Accepted;
use super::{Presentation, PresentationError};

/// Shows a token in the query, as `access_token=…` (RFC 6750 §2.3).
///
/// RFC 9700 §2.4 says that clients must not: a URI ends up in the logs of
/// servers and proxies, in a browser's history and in `Referer`, and so does the
/// token. This is for a server that reads it nowhere else.
///
/// The request gets `Cache-Control: no-store` too. The answer should say
/// `private`, which is the server's part.
///
/// ```
/// use oauth2_client_credentials::{BearerInQuery, TokenResponse};
///
/// let token = TokenResponse::new("mF_9.B5f-4.1JqM")?;
/// let (mut parts, ()) = http::Request::get("https://api.example.com/?a=b").body(())?.into_parts();
/// BearerInQuery::against_rfc_9700().attach(&mut parts, &token)?;
/// assert_eq!(parts.uri.query(), Some("a=b&access_token=mF_9.B5f-4.1JqM"));
/// assert_eq!(parts.headers["cache-control"], "no-store");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BearerInQuery {
    accepted: Accepted,
}

impl BearerInQuery {
    /// Tokens of type bearer, in the query, which RFC 9700 §2.4 forbids.
    pub fn against_rfc_9700() -> Self {
        Self {
            accepted: Accepted::default(),
        }
    }

    /// Shows tokens of this type in the same way; see
    /// [`Bearer::treat_as_bearer`](crate::Bearer::treat_as_bearer).
    #[must_use]
    pub fn treat_as_bearer(mut self, token_type: impl Into<String>) -> Self {
        self.accepted.treat_as_bearer(token_type.into());
        self
    }

    /// Appends the token, form-encoded, to the query of the request that these
    /// are the parts of. What was in the query before is not touched.
    ///
    /// From here on the token is in the URI, which `Debug` of the request shows.
    ///
    /// # Errors
    /// When the token must not go to this URI or not in this way, or when the
    /// query has an `access_token` already; the request is then as it was.
    pub fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
    ) -> Result<(), PresentationError> {
        self.check(&parts.uri, token)?;
        let target = append(parts.uri.path(), parts.uri.query(), token);
        let mut uri = parts.uri.clone().into_parts();
        // What it begins with is a URI, and what is added is visible ASCII. Only
        // one beyond 64 KiB is none.
        let target = PathAndQuery::try_from(target);
        uri.path_and_query = Some(target.map_err(|_| PresentationError::UnsupportedPlacement)?);
        parts.uri = Uri::from_parts(uri).map_err(|_| PresentationError::UnsupportedPlacement)?;
        let no_store = HeaderValue::from_static("no-store");
        parts.headers.append(CACHE_CONTROL, no_store);
        Ok(())
    }

    /// The same for a URI that is text and may have a fragment, which
    /// [`Uri`] cannot hold: the token goes before it. `Cache-Control: no-store`
    /// is then the caller's to send.
    ///
    /// # Errors
    /// As for [`attach`](Self::attach), and when `uri` is none.
    pub fn uri(&self, uri: &str, token: &TokenResponse) -> Result<SecretString, PresentationError> {
        let (base, fragment) = match uri.find('#') {
            Some(at) => uri.split_at(at),
            None => (uri, ""),
        };
        // Without a URI there is no place that is known to be secure.
        let parsed: Uri = base.parse().map_err(|_| PresentationError::InsecureUri)?;
        self.check(&parsed, token)?;
        let (path, query) = match base.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (base, None),
        };
        Ok((append(path, query, token) + fragment).into())
    }

    fn check(&self, uri: &Uri, token: &TokenResponse) -> Result<(), PresentationError> {
        if !is_secure(uri) {
            return Err(PresentationError::InsecureUri);
        }
        self.accepted.check(token)?;
        if form::has_name(uri.query().unwrap_or_default(), "access_token") {
            return Err(PresentationError::AlreadyAuthorized);
        }
        Ok(())
    }
}

impl Presentation for BearerInQuery {
    fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        _fresh: &Fresh,
    ) -> Result<(), PresentationError> {
        self.attach(parts, token)
    }
}

fn append(path: &str, query: Option<&str>, token: &TokenResponse) -> String {
    let mut query = query.unwrap_or_default().to_owned();
    form::append_pair(&mut query, "access_token", token.access_token().expose());
    [path, "?", &query].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenType;

    fn attached(uri: &str) -> Result<request::Parts, PresentationError> {
        let request = http::Request::get(uri).header(CACHE_CONTROL, "max-age=0");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let token = TokenResponse::new("a+b").unwrap();
        let before = parts.uri.clone();
        let outcome = BearerInQuery::against_rfc_9700().attach(&mut parts, &token);
        if outcome.is_err() {
            assert_eq!(parts.uri, before);
            assert_eq!(parts.headers.get_all(CACHE_CONTROL).iter().count(), 1);
        }
        outcome.map(|()| parts)
    }

    #[test]
    fn the_rest_of_the_uri_is_not_touched() {
        let query = BearerInQuery::against_rfc_9700();
        let token = TokenResponse::new("a+b").unwrap();
        for (uri, expected) in [
            ("https://a.example", "https://a.example/?access_token=a%2Bb"),
            (
                "https://a.example/?",
                "https://a.example/?access_token=a%2Bb",
            ),
            (
                "https://a.example/x?a=%20+;b&&",
                "https://a.example/x?a=%20+;b&&access_token=a%2Bb",
            ),
            (
                "http://[::1]:8080/?c",
                "http://[::1]:8080/?c&access_token=a%2Bb",
            ),
        ] {
            assert_eq!(attached(uri).unwrap().uri, expected);
            let text = query.uri(uri, &token).unwrap();
            assert_eq!(text.expose().replace("example?", "example/?"), expected);
        }
        let text = query.uri("https://a.example/x#?a#b", &token).unwrap();
        assert_eq!(text.expose(), "https://a.example/x?access_token=a%2Bb#?a#b");
    }

    #[test]
    fn the_request_asks_not_to_be_stored() {
        let parts = attached("https://a.example/").unwrap();
        let all = parts.headers.get_all(CACHE_CONTROL);
        assert_eq!(all.iter().collect::<Vec<_>>(), ["max-age=0", "no-store"]);
    }

    #[test]
    fn what_is_refused() {
        use PresentationError::{AlreadyAuthorized, InsecureUri};
        for (uri, why) in [
            ("http://a.example/", InsecureUri),
            ("/", InsecureUri),
            ("https://a.example/?access_token=x", AlreadyAuthorized),
            ("https://a.example/?a&access%5Ftoken", AlreadyAuthorized),
        ] {
            assert_eq!(attached(uri).unwrap_err(), why, "{uri}");
        }
        let long = format!("https://a.example/?{}", "a".repeat(65_514));
        let error = attached(&long).unwrap_err();
        assert_eq!(error, PresentationError::UnsupportedPlacement);
        let query = BearerInQuery::against_rfc_9700();
        let token = TokenResponse::new("t").unwrap();
        assert_eq!(query.uri("https://a b/", &token), Err(InsecureUri));
    }

    #[test]
    fn another_type_needs_the_callers_word() {
        let token = |name: &str| {
            let token = TokenResponse::builder("t").token_type(TokenType::from(name));
            token.build().unwrap()
        };
        let query = BearerInQuery::against_rfc_9700().treat_as_bearer("Own");
        assert!(query.uri("https://a.example/", &token("own")).is_ok());
        for name in ["DPoP", "JWT"] {
            assert_eq!(
                query.uri("https://a.example/", &token(name)),
                Err(PresentationError::UnsupportedTokenType(name.to_owned()))
            );
        }
    }
}
