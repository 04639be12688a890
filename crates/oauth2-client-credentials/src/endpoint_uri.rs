//! Where token requests go.

use std::fmt;
use std::sync::Arc;

use http::Uri;

use crate::transport;
use crate::uri::{has_uri_characters, has_usable_port};

/// The URI of a token endpoint (RFC 6749 §3.2): absolute, with no fragment and
/// no user information, over https or to this machine.
///
/// Path and query go out byte for byte as they were given. `Debug` and
/// `Display` leave the query out, in which some servers want a key;
/// [`uri`](Self::uri) and [`as_str`](Self::as_str) have it. `==` and `Hash` see
/// the text as it was given.
///
/// ```
/// use oauth2_client_credentials::EndpointUri;
///
/// let endpoint = EndpointUri::new("https://as.example.com/token?tenant=a%20b")?;
/// assert_eq!(endpoint.uri().query(), Some("tenant=a%20b"));
///
/// let refused = EndpointUri::new("http://as.example.com/token").unwrap_err();
/// assert!(refused.to_string().contains("https"));
/// # Ok::<(), oauth2_client_credentials::EndpointUriError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct EndpointUri {
    uri: Uri,
    /// `Uri` adds a path where there is none.
    text: Arc<str>,
}

impl EndpointUri {
    /// An endpoint over https, or over http to this machine
    /// ([`is_loopback`](crate::is_loopback)).
    ///
    /// # Errors
    /// When `text` is no absolute http or https URI, has a fragment or user
    /// information, or would send the client's secret in the clear.
    pub fn new(text: &str) -> Result<Self, EndpointUriError> {
        let endpoint = Self::allow_plaintext(text)?;
        if endpoint.is_secure() {
            Ok(endpoint)
        } else {
            Err(EndpointUriError::Plaintext)
        }
    }

    /// An endpoint that may be plain http to another machine.
    ///
    /// Everybody on the way can then read the client's secret and the token.
    /// This is for a network that protects both by other means, such as a
    /// service mesh whose sidecar adds TLS.
    ///
    /// # Errors
    /// As for [`new`](Self::new), without the rule about https.
    pub fn allow_plaintext(text: &str) -> Result<Self, EndpointUriError> {
        // `Uri` drops a fragment without a word, so the text has to be asked.
        if text.contains('#') {
            return Err(EndpointUriError::Fragment);
        }
        if !has_uri_characters(text) {
            return Err(EndpointUriError::Invalid);
        }
        // `Uri` takes a host and a path without a scheme for no URI at all.
        if !text.contains("://") {
            return Err(EndpointUriError::NotAbsolute);
        }
        let uri: Uri = text.parse().map_err(|_| EndpointUriError::Invalid)?;
        let authority = uri.authority().ok_or(EndpointUriError::NotAbsolute)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
            return Err(EndpointUriError::NotAbsolute);
        }
        if authority.as_str().contains('@') {
            return Err(EndpointUriError::UserInformation);
        }
        if !has_usable_port(authority) {
            return Err(EndpointUriError::Invalid);
        }
        Ok(Self {
            uri,
            text: text.into(),
        })
    }

    /// The text as it was given, with the query.
    ///
    /// ```
    /// use oauth2_client_credentials::EndpointUri;
    ///
    /// let endpoint = EndpointUri::new("https://AS.example.com:443?a=b")?;
    /// assert_eq!(endpoint.as_str(), "https://AS.example.com:443?a=b");
    /// # Ok::<(), oauth2_client_credentials::EndpointUriError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URI, to send a request to.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether a secret may be sent there ([`is_secure`](crate::is_secure)).
    pub fn is_secure(&self) -> bool {
        transport::is_secure(&self.uri)
    }

    /// Whether it is this machine ([`is_loopback`](crate::is_loopback)).
    pub fn is_loopback(&self) -> bool {
        self.uri.host().is_some_and(transport::is_loopback)
    }
}

impl fmt::Display for EndpointUri {
    /// The text as it was given, without the query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.split('?').next().unwrap_or_default())
    }
}

impl fmt::Debug for EndpointUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUri({self})")
    }
}

/// Why a text is no token endpoint.
///
/// The text itself is not part of the error: user information or a query in it
/// can be a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EndpointUriError {
    /// Not a URI: characters that RFC 3986 does not have, a `%` that begins no
    /// escape, a port that is none.
    Invalid,
    /// No scheme http or https, or no host.
    NotAbsolute,
    /// A fragment, which RFC 6749 §3.2 forbids.
    Fragment,
    /// A user name or a password before the host.
    UserInformation,
    /// Plain http to another machine.
    Plaintext,
}

impl fmt::Display for EndpointUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => {
                "the token endpoint is not a valid URI, check its port and escape characters that are not allowed"
            }
            Self::NotAbsolute => {
                "the token endpoint is not an absolute http or https URI, write it as `https://host/path`"
            }
            Self::Fragment => "the token endpoint has a fragment, remove `#` and what follows",
            Self::UserInformation => {
                "the token endpoint has user information, give the credential to the client instead"
            }
            Self::Plaintext => {
                "the token endpoint is plain http, use https or allow it with `EndpointUri::allow_plaintext`"
            }
        })
    }
}

impl std::error::Error for EndpointUriError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        for (text, why) in [
            ("https://as.example.com/\"", EndpointUriError::Invalid),
            (
                "https://as.example.com/{tenant}/token",
                EndpointUriError::Invalid,
            ),
            ("https://as.example.com/a|b", EndpointUriError::Invalid),
            ("https://as.example.com/t?a=<b>", EndpointUriError::Invalid),
            ("https://as.example.com/t?a=%zz", EndpointUriError::Invalid),
            ("https://as.example.com/t?a=%2", EndpointUriError::Invalid),
            ("", EndpointUriError::NotAbsolute),
            ("as.example.com/token", EndpointUriError::NotAbsolute),
            ("localhost:8080/token?a=b", EndpointUriError::NotAbsolute),
            ("//as.example.com/token", EndpointUriError::NotAbsolute),
            ("https:as.example.com/token", EndpointUriError::NotAbsolute),
            ("https://as.example.com/a b", EndpointUriError::Invalid),
            (
                "https://as.example.com/t\u{f6}ken",
                EndpointUriError::Invalid,
            ),
            (
                "https://as.example.com:99999/token",
                EndpointUriError::Invalid,
            ),
            ("https://[::1]:x/token", EndpointUriError::Invalid),
            ("/token", EndpointUriError::NotAbsolute),
            ("as.example.com", EndpointUriError::NotAbsolute),
            ("ftp://as.example.com/token", EndpointUriError::NotAbsolute),
            ("https://as.example.com/token#", EndpointUriError::Fragment),
            ("https://as.example.com/token#f", EndpointUriError::Fragment),
            (
                "https://id:secret@as.example.com/token",
                EndpointUriError::UserInformation,
            ),
            ("http://as.example.com/token", EndpointUriError::Plaintext),
            (
                "http://localhost.example.com/token",
                EndpointUriError::Plaintext,
            ),
        ] {
            assert_eq!(EndpointUri::new(text), Err(why), "{text}");
        }
        for text in ["https:///token", "https://:443/token", "https://"] {
            assert!(EndpointUri::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn kept_byte_for_byte() {
        for text in [
            "https://as.example.com/token?a=%20b&x=%2f&;",
            "http://127.0.0.1:1/",
            "https://[::1]/t//u",
            "https://[::1]:8443/",
            "https://as.example.com:/",
        ] {
            assert_eq!(EndpointUri::new(text).unwrap().uri().to_string(), text);
        }
    }

    #[test]
    fn what_is_shown_has_no_query() {
        for text in ["https://as.example.com:8443/a/token", "https://[::1]/"] {
            let endpoint = EndpointUri::new(&format!("{text}?key=canary")).unwrap();
            assert_eq!(endpoint.to_string(), text);
            assert_eq!(format!("{endpoint:?}"), format!("EndpointUri({text})"));
            assert_eq!(endpoint.uri().query(), Some("key=canary"));
        }
    }

    #[test]
    fn an_error_says_what_to_write() {
        let shown = EndpointUri::new("as.example.com/token").unwrap_err();
        assert!(shown.to_string().contains("https://"), "{shown}");
    }

    #[test]
    fn plaintext_is_a_permission() {
        let endpoint = EndpointUri::allow_plaintext("http://as.example.com/token").unwrap();
        assert!(!endpoint.is_secure());
        assert!(!endpoint.is_loopback());
        assert_eq!(
            EndpointUri::allow_plaintext("http://as.example.com/#"),
            Err(EndpointUriError::Fragment)
        );
    }
}
