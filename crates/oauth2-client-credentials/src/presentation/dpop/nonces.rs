//! The nonces that servers gave.

use http::{HeaderMap, StatusCode, Uri};

use crate::challenge::Challenge;
use crate::response::dpop_nonce;

use super::target::origin;

/// The nonces that servers want in DPoP proofs (RFC 9449 §8, §9): the latest of
/// each server, in each of its roles.
///
/// A server can give one in any answer, a success too, so every answer is to be
/// [learned](Self::learn) from. There are at most [`MAX_SERVERS`](Self::MAX_SERVERS),
/// and who was not heard of for the longest is forgotten first.
///
/// This is plain data without a lock. A client that shares it puts it into one,
/// together with the key:
///
/// ```
/// use std::sync::{Mutex, PoisonError};
///
/// use http::{Uri, request, response};
/// use oauth2_client_credentials::{
///     DpopKey, DpopNonces, DpopRole, Fresh, Presentation, PresentationError, TokenResponse,
/// };
///
/// struct Dpop {
///     key: DpopKey,
///     nonces: Mutex<DpopNonces>,
/// }
///
/// impl Presentation for Dpop {
///     fn attach(
///         &self,
///         parts: &mut request::Parts,
///         token: &TokenResponse,
///         fresh: &Fresh,
///     ) -> Result<(), PresentationError> {
///         let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
///         let nonce = nonces.get(DpopRole::ResourceServer, &parts.uri).map(str::to_owned);
///         drop(nonces);
///         self.key.attach(parts, token, nonce.as_deref(), fresh)
///     }
///
///     fn learn(&self, uri: &Uri, response: &response::Parts) {
///         let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
///         nonces.learn(DpopRole::ResourceServer, uri, &response.headers);
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct DpopNonces {
    /// Who was heard of last stands last.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    role: DpopRole,
    origin: String,
    nonce: String,
}

/// What a server is: the nonces of one role say nothing about the other, even
/// where one server has both (RFC 9449 §9).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DpopRole {
    /// It issues tokens.
    AuthorizationServer,
    /// Tokens are shown to it.
    ResourceServer,
}

impl DpopNonces {
    /// How many servers are remembered.
    pub const MAX_SERVERS: usize = 64;

    /// The longest nonce that is taken, in bytes. It goes into every request.
    pub const MAX_LENGTH: usize = 1_024;

    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nonce for the next request to `uri`, if the server gave one.
    pub fn get(&self, role: DpopRole, uri: &Uri) -> Option<&str> {
        let origin = origin(uri)?;
        let place = self.place(role, &origin)?;
        Some(&self.entries[place].nonce)
    }

    /// Takes the nonce from an answer of the server at `uri`. Without one, with
    /// one that is malformed (RFC 9449 §8.1) or too long, nothing changes.
    pub fn learn(&mut self, role: DpopRole, uri: &Uri, headers: &HeaderMap) {
        let (Some(nonce), Some(origin)) = (legal_nonce(headers), origin(uri)) else {
            return;
        };
        let known = self.place(role, &origin);
        if let Some(place) = known {
            self.entries.remove(place);
        } else if self.entries.len() == Self::MAX_SERVERS {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            role,
            origin,
            nonce: nonce.to_owned(),
        });
    }

    /// The nonce that a resource server wants, if its answer asks for one (401
    /// and `use_dpop_nonce`, RFC 9449 §9) and it is another than was `used`: then
    /// one more attempt is worth it, and else it would be in vain.
    ///
    /// At the token endpoint
    /// [`ErrorKind::NonceRequired`](crate::ErrorKind::NonceRequired) and
    /// [`ResponseError::dpop_nonce`](crate::ResponseError::dpop_nonce) say the
    /// same.
    pub fn asked_for<'a>(
        status: StatusCode,
        headers: &'a HeaderMap,
        used: Option<&str>,
    ) -> Option<&'a str> {
        let nonce = legal_nonce(headers).filter(|nonce| Some(*nonce) != used)?;
        let asks = status == StatusCode::UNAUTHORIZED
            && Challenge::parse_all(headers).iter().any(|challenge| {
                challenge.scheme() == "dpop" && challenge.param("error") == Some("use_dpop_nonce")
            });
        asks.then_some(nonce)
    }

    fn place(&self, role: DpopRole, origin: &str) -> Option<usize> {
        let is_it = |entry: &Entry| entry.role == role && entry.origin == origin;
        self.entries.iter().position(is_it)
    }
}

fn legal_nonce(headers: &HeaderMap) -> Option<&str> {
    dpop_nonce(headers).filter(|nonce| nonce.len() <= DpopNonces::MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DpopRole::{AuthorizationServer, ResourceServer};
    use http::header::WWW_AUTHENTICATE;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    fn headers(nonce: &str) -> HeaderMap {
        let name = http::HeaderName::from_static("dpop-nonce");
        HeaderMap::from_iter([(name, nonce.parse().unwrap())])
    }

    #[test]
    fn each_server_has_a_nonce_in_each_role() {
        let mut nonces = DpopNonces::new();
        nonces.learn(AuthorizationServer, &uri("https://a/token"), &headers("1"));
        nonces.learn(ResourceServer, &uri("https://a/x"), &headers("2"));
        nonces.learn(ResourceServer, &uri("https://a:8443/x"), &headers("3"));
        nonces.learn(ResourceServer, &uri("/relative"), &headers("4"));
        for (role, text, expected) in [
            (AuthorizationServer, "https://A:443/other?q", Some("1")),
            (ResourceServer, "https://a/y", Some("2")),
            (ResourceServer, "https://a:8443/", Some("3")),
            (ResourceServer, "http://a/", None),
            (AuthorizationServer, "https://b/", None),
            (ResourceServer, "/relative", None),
        ] {
            assert_eq!(nonces.get(role, &uri(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_latest_legal_nonce_counts() {
        let mut nonces = DpopNonces::new();
        let api = uri("https://a/");
        let longest = "n".repeat(DpopNonces::MAX_LENGTH);
        let too_long = longest.clone() + "n";
        for (nonce, expected) in [
            ("1", "1"),
            ("2", "2"),
            ("a b", "2"),
            ("", "2"),
            (&*too_long, "2"),
            (&*longest, &*longest),
        ] {
            nonces.learn(ResourceServer, &api, &headers(nonce));
            nonces.learn(ResourceServer, &api, &HeaderMap::new());
            assert_eq!(nonces.get(ResourceServer, &api), Some(expected));
        }
    }

    #[test]
    fn who_was_not_heard_of_for_the_longest_is_forgotten() {
        let mut nonces = DpopNonces::new();
        let server = |number| uri(&format!("https://a{number}/"));
        for number in 0..DpopNonces::MAX_SERVERS {
            nonces.learn(ResourceServer, &server(number), &headers("1"));
        }
        nonces.learn(ResourceServer, &server(0), &headers("2"));
        nonces.learn(ResourceServer, &server(1_000), &headers("3"));
        assert_eq!(nonces.entries.len(), DpopNonces::MAX_SERVERS);
        assert_eq!(nonces.get(ResourceServer, &server(0)), Some("2"));
        assert_eq!(nonces.get(ResourceServer, &server(1)), None);
        assert_eq!(nonces.get(ResourceServer, &server(1_000)), Some("3"));
    }

    #[test]
    fn another_attempt_needs_another_nonce() {
        let asked = |status: StatusCode, challenge: &'static str, used| {
            let mut headers = headers("new");
            headers.insert(WWW_AUTHENTICATE, challenge.parse().unwrap());
            DpopNonces::asked_for(status, &headers, used).map(str::to_owned)
        };
        let asks = "Bearer, DPoP error=\"use_dpop_nonce\"";
        let unauthorized = StatusCode::UNAUTHORIZED;
        assert_eq!(asked(unauthorized, asks, None).as_deref(), Some("new"));
        assert_eq!(
            asked(unauthorized, asks, Some("old")).as_deref(),
            Some("new")
        );
        assert_eq!(asked(unauthorized, asks, Some("new")), None);
        assert_eq!(asked(StatusCode::FORBIDDEN, asks, None), None);
        for other in [
            "DPoP error=\"invalid_token\"",
            "Bearer error=\"use_dpop_nonce\"",
        ] {
            assert_eq!(asked(unauthorized, other, None), None, "{other}");
        }
    }
}
