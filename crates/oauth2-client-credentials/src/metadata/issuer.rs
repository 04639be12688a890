//! An issuer, and where its metadata is.

use std::fmt;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderValue, Request, Response, StatusCode, Uri};

use crate::endpoint_uri::EndpointUri;

use super::{IssuerError, Metadata, MetadataError, decoder};

/// The identifier of an authorization server: an https URI, or http to this
/// machine, without query and fragment (RFC 8414 §2).
///
/// It is compared by its text and never normalised: `https://as.example.com` and
/// `https://as.example.com/` are two issuers.
///
/// ```
/// use bytes::Bytes;
/// use oauth2_client_credentials::{Issuer, WellKnown};
///
/// # fn send(_: http::Request<Bytes>) -> http::Response<Bytes> {
/// #     http::Response::new(Bytes::from_static(
/// #         br#"{"issuer":"https://as.example.com/t1","token_endpoint":"https://as.example.com/token"}"#,
/// #     ))
/// # }
/// let issuer = Issuer::new("https://as.example.com/t1")?;
/// let request = issuer.metadata_request(WellKnown::OAuthAuthorizationServer);
/// assert_eq!(
///     request.uri(),
///     "https://as.example.com/.well-known/oauth-authorization-server/t1",
/// );
/// let metadata = issuer.decode_metadata(&send(request))?;
/// assert_eq!(metadata.token_endpoint(false).as_str(), "https://as.example.com/token");
/// assert_eq!(metadata.auth_methods(), ["client_secret_basic"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Issuer {
    text: String,
    allows_plaintext: bool,
}

/// Where a server keeps its metadata.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum WellKnown {
    /// `/.well-known/oauth-authorization-server` between host and path (RFC 8414
    /// §3.1).
    #[default]
    OAuthAuthorizationServer,
    /// `/.well-known/openid-configuration` after the path (OpenID Connect
    /// Discovery §4.1). Many servers have only this one.
    OpenIdConfiguration,
}

impl Issuer {
    /// The issuer with this identifier.
    ///
    /// # Errors
    /// When it is no https URI (http to this machine will do), or has a query, a
    /// fragment or user information.
    pub fn new(identifier: &str) -> Result<Self, IssuerError> {
        Self::checked(identifier, false)
    }

    /// An issuer that may be plain http to another machine, and whose endpoints
    /// may be, too. Whoever is on the way can then put endpoints of his own in
    /// the document, and have the client's secret sent there. This is for a
    /// network that is protected by other means.
    ///
    /// # Errors
    /// As for [`new`](Self::new), without the rule about https.
    pub fn allow_plaintext(identifier: &str) -> Result<Self, IssuerError> {
        Self::checked(identifier, true)
    }

    fn checked(identifier: &str, allows_plaintext: bool) -> Result<Self, IssuerError> {
        endpoint(identifier, allows_plaintext).map_err(IssuerError::Uri)?;
        if identifier.contains('?') {
            return Err(IssuerError::Query);
        }
        let issuer = Self {
            text: identifier.to_owned(),
            allows_plaintext,
        };
        // What is added makes it longer, and there is a longest URI.
        for place in [
            WellKnown::OAuthAuthorizationServer,
            WellKnown::OpenIdConfiguration,
        ] {
            if issuer.well_known(place).parse::<Uri>().is_err() {
                return Err(IssuerError::TooLong);
            }
        }
        Ok(issuer)
    }

    /// The identifier, as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URI of the metadata. A slash at the end of the identifier goes first.
    pub fn metadata_uri(&self, place: WellKnown) -> Uri {
        // Both were parsed when the issuer was made.
        self.well_known(place).parse().unwrap_or_default()
    }

    fn well_known(&self, place: WellKnown) -> String {
        let text = self.text.strip_suffix('/').unwrap_or(&self.text);
        match place {
            WellKnown::OAuthAuthorizationServer => {
                let authority = text.find("://").map_or(0, |at| at + "://".len());
                let path = text[authority..].find('/');
                let (origin, path) = text.split_at(path.map_or(text.len(), |at| authority + at));
                format!("{origin}/.well-known/oauth-authorization-server{path}")
            }
            WellKnown::OpenIdConfiguration => format!("{text}/.well-known/openid-configuration"),
        }
    }

    /// The HTTP request for the metadata (RFC 8414 §3.1). It carries no secret.
    pub fn metadata_request(&self, place: WellKnown) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.metadata_uri(place);
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(ACCEPT, json);
        request
    }

    /// Reads the answer, and checks it: it has to be about this very issuer (RFC
    /// 8414 §3.3), and its token endpoint an absolute https URI, or http to this
    /// machine.
    ///
    /// Nobody should lose a token over what this grant can do without, so another
    /// member that is not what it has to be counts as absent; that of an endpoint
    /// is told of when it is asked for. The content type is not looked at, and a
    /// byte order mark does not count.
    ///
    /// # Errors
    /// When the status is not 200, when the body is not a JSON object, is over
    /// [`Metadata::MAX_BODY`] or has a name twice, when the document is another
    /// issuer's, and when `token_endpoint` is missing, or it or
    /// `token_endpoint_auth_methods_supported` is not what it has to be.
    pub fn decode_metadata(&self, response: &Response<Bytes>) -> Result<Metadata, MetadataError> {
        self.decode_metadata_parts(response.status(), response.body())
    }

    /// The same for an answer of which the parts are at hand.
    ///
    /// # Errors
    /// As for [`decode_metadata`](Self::decode_metadata).
    pub fn decode_metadata_parts(
        &self,
        status: StatusCode,
        body: &[u8],
    ) -> Result<Metadata, MetadataError> {
        decoder::decode(self, status, body)
    }

    /// `uri` as an endpoint of this issuer.
    pub(super) fn endpoint(&self, uri: &str) -> Option<EndpointUri> {
        endpoint(uri, self.allows_plaintext).ok()
    }
}

fn endpoint(
    uri: &str,
    allows_plaintext: bool,
) -> Result<EndpointUri, crate::endpoint_uri::EndpointUriError> {
    if allows_plaintext {
        EndpointUri::allow_plaintext(uri)
    } else {
        EndpointUri::new(uri)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_metadata_is() {
        for (issuer, oauth, openid) in [
            (
                "http://[::1]:8080",
                "http://[::1]:8080/.well-known/oauth-authorization-server",
                "http://[::1]:8080/.well-known/openid-configuration",
            ),
            (
                "https://as.example.com/a//b%2F//",
                "https://as.example.com/.well-known/oauth-authorization-server/a//b%2F/",
                "https://as.example.com/a//b%2F//.well-known/openid-configuration",
            ),
        ] {
            let issuer = Issuer::new(issuer).unwrap();
            let uri = |place| issuer.metadata_uri(place).to_string();
            assert_eq!(uri(WellKnown::OAuthAuthorizationServer), oauth);
            assert_eq!(uri(WellKnown::OpenIdConfiguration), openid);
        }
    }

    #[test]
    fn what_is_no_issuer() {
        for identifier in [
            "",
            "as.example.com",
            "http://as.example.com",
            "https://as.example.com?",
            "https://as.example.com/#",
            "https://u@as.example.com/",
            "https://as.example.com/\n",
        ] {
            assert!(Issuer::new(identifier).is_err(), "{identifier}");
        }
        let long = format!("https://as.example.com/{}", "a".repeat(65_500));
        assert_eq!(Issuer::new(&long), Err(IssuerError::TooLong));
        assert!(Issuer::allow_plaintext("http://as.example.com").is_ok());
    }

    #[test]
    fn the_request_is_a_plain_get() {
        let issuer = Issuer::new("https://as.example.com").unwrap();
        let request = issuer.metadata_request(WellKnown::default());
        assert_eq!(request.method(), "GET");
        assert_eq!(request.headers()[ACCEPT], "application/json");
        assert!(request.body().is_empty());
    }
}
