//! The nonces that servers gave.

use http::{HeaderMap, StatusCode, Uri};

use crate::challenge::Challenge;
use crate::response::dpop_nonce;

use super::nonce::{DpopRole, Entry};
use super::target::origin;

/// The nonces that servers want in DPoP proofs (RFC 9449 §8, §9): the latest of
/// each server, in each of its roles.
///
/// A server can give one in any answer, a success too, so every answer is to be
/// [learned](Self::learn) from. There are at most [`MAX_SERVERS`](Self::MAX_SERVERS)
/// of each role, and who was not heard of for the longest is forgotten first.
///
/// This is plain data without a lock, for who sends proofs in a way of his own;
/// [`Dpop`](crate::Dpop) is this and a key in one, to be shared.
#[derive(Clone, Debug, Default)]
pub struct DpopNonces {
    /// Who was heard of last stands last.
    entries: Vec<Entry>,
}

impl DpopNonces {
    /// How many servers of each role are remembered: nobody who makes a client
    /// ask many resource servers can have it forget its authorization server.
    pub const MAX_SERVERS: usize = 64;

    /// The longest nonce that is taken, in bytes. It goes into every request.
    pub const MAX_LENGTH: usize = 1_024;

    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nonce for the next request to `uri`, if the server gave one.
    pub fn get(&self, role: DpopRole, uri: &Uri) -> Option<&str> {
        let place = self.place(role, &origin(uri)?)?;
        self.entries[place].nonce()
    }

    /// Takes the nonce from an answer of the server at `uri`. Without one, with
    /// one that is malformed (RFC 9449 §8.1) or too long, nothing changes.
    pub fn learn(&mut self, role: DpopRole, uri: &Uri, headers: &HeaderMap) {
        self.answered(role, uri, headers, false);
    }

    /// The nonce for a request that is about to be sent.
    pub(super) fn take(&mut self, role: DpopRole, uri: &Uri) -> Option<String> {
        let origin = origin(uri)?;
        let place = match self.place(role, &origin) {
            Some(place) => place,
            None => self.add(role, origin, false)?,
        };
        self.entries[place].take()
    }

    /// Learns from an answer. `asks` is whether it refuses the request for want
    /// of the nonce that it brings, and what comes out whether the request had
    /// another one than that.
    ///
    /// Which nonce it had is not told by its answer. But all that have not been
    /// answered are counted, so that of a burst under one nonce each request is
    /// repeated once, and none that was refused with the very nonce that the
    /// server wants.
    pub(super) fn answered(
        &mut self,
        role: DpopRole,
        uri: &Uri,
        headers: &HeaderMap,
        asks: bool,
    ) -> bool {
        self.answered_with(role, uri, dpop_nonce(headers), asks)
    }

    /// The same with a nonce that is legal but may be too long.
    pub(super) fn answered_with(
        &mut self,
        role: DpopRole,
        uri: &Uri,
        nonce: Option<&str>,
        asks: bool,
    ) -> bool {
        let Some(origin) = origin(uri) else {
            return false;
        };
        let nonce = nonce.filter(|nonce| nonce.len() <= Self::MAX_LENGTH);
        let place = match (self.place(role, &origin), nonce) {
            (Some(place), _) => place,
            (None, Some(_)) => match self.add(role, origin, true) {
                Some(place) => place,
                None => return false,
            },
            (None, None) => return false,
        };
        let mut entry = self.entries.remove(place);
        let had_another = entry.answered(nonce, asks);
        let place = if nonce.is_some() {
            self.entries.len()
        } else {
            place
        };
        self.entries.insert(place, entry);
        had_another
    }

    /// The place of a new entry, if there is room for one. A server that gave no
    /// nonce makes room for others, and takes none from them.
    fn add(&mut self, role: DpopRole, origin: String, has_nonce: bool) -> Option<usize> {
        let of_role = || self.entries.iter().filter(|entry| entry.is_of(role));
        if of_role().count() >= Self::MAX_SERVERS {
            let is_one = |entry: &Entry| entry.is_of(role) && entry.nonce().is_none();
            let place = self.entries.iter().position(is_one).or_else(|| {
                let first = self.entries.iter().position(|entry| entry.is_of(role));
                first.filter(|_| has_nonce)
            })?;
            self.entries.remove(place);
        }
        self.entries.push(Entry::new(role, origin));
        Some(self.entries.len() - 1)
    }

    /// Whether the answer of a resource server asks for a nonce (401 and
    /// `use_dpop_nonce`, RFC 9449 §9).
    pub(super) fn is_asked_for(status: StatusCode, headers: &HeaderMap) -> bool {
        status == StatusCode::UNAUTHORIZED
            && Challenge::parse_all(headers).iter().any(|challenge| {
                challenge.scheme() == "dpop" && challenge.param("error") == Some("use_dpop_nonce")
            })
    }

    fn place(&self, role: DpopRole, origin: &str) -> Option<usize> {
        let is_it = |entry: &Entry| entry.is_for(role, origin);
        self.entries.iter().position(is_it)
    }
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
    fn servers_of_one_role_do_not_push_out_those_of_the_other() {
        let mut nonces = DpopNonces::new();
        let issuer = uri("https://as/");
        nonces.learn(AuthorizationServer, &issuer, &headers("1"));
        for number in 0..2 * DpopNonces::MAX_SERVERS {
            let server = uri(&format!("https://a{number}/"));
            nonces.take(ResourceServer, &server);
            nonces.learn(ResourceServer, &server, &headers("2"));
        }
        assert_eq!(nonces.get(AuthorizationServer, &issuer), Some("1"));
        assert_eq!(nonces.entries.len(), 1 + DpopNonces::MAX_SERVERS);
    }

    #[test]
    fn a_server_without_a_nonce_takes_no_place_from_one_with() {
        let mut nonces = DpopNonces::new();
        let server = |number| uri(&format!("https://a{number}/"));
        nonces.take(ResourceServer, &server(1_000));
        for number in 1..DpopNonces::MAX_SERVERS {
            nonces.learn(ResourceServer, &server(number), &headers("1"));
        }
        nonces.learn(ResourceServer, &server(0), &headers("1"));
        assert_eq!(nonces.take(ResourceServer, &server(1_000)), None);
        for number in 0..DpopNonces::MAX_SERVERS {
            assert_eq!(nonces.get(ResourceServer, &server(number)), Some("1"));
        }
        assert_eq!(nonces.entries.len(), DpopNonces::MAX_SERVERS);
    }

    #[test]
    fn each_of_a_burst_is_repeated_and_none_in_vain() {
        let mut nonces = DpopNonces::new();
        let api = uri("https://a/");
        let asks = |nonces: &mut DpopNonces, nonce| {
            nonces.answered(ResourceServer, &api, &headers(nonce), true)
        };
        let take = |nonces: &mut DpopNonces| nonces.take(ResourceServer, &uri("https://a/"));
        for _ in 0..3 {
            assert_eq!(take(&mut nonces), None);
        }
        // Three were sent without; the first is repeated before the others are refused.
        assert!(asks(&mut nonces, "1"));
        assert_eq!(take(&mut nonces).as_deref(), Some("1"));
        assert!(asks(&mut nonces, "1"));
        assert!(asks(&mut nonces, "1"));
        // Now it is the one that had the nonce.
        assert!(!asks(&mut nonces, "1"));
        assert_eq!(take(&mut nonces).as_deref(), Some("1"));
        assert!(!asks(&mut nonces, "1"));
        // A nonce of which a success told is no reason to repeat the success.
        take(&mut nonces);
        assert!(!nonces.answered(ResourceServer, &api, &headers("2"), false));
        assert_eq!(take(&mut nonces).as_deref(), Some("2"));
        assert!(asks(&mut nonces, "3"));
        // No nonce, nothing to repeat with.
        take(&mut nonces);
        assert!(!nonces.answered(ResourceServer, &api, &HeaderMap::new(), true));
    }

    #[test]
    fn a_success_takes_no_attempt_from_a_burst() {
        let mut nonces = DpopNonces::new();
        let api = uri("https://a/");
        let answer = |nonces: &mut DpopNonces, asks| {
            nonces.answered(ResourceServer, &api, &headers("1"), asks)
        };
        let take = |nonces: &mut DpopNonces| nonces.take(ResourceServer, &uri("https://a/"));
        (0..10).for_each(|_| drop(take(&mut nonces)));
        for _ in 0..10 {
            // Refused, sent once more, and accepted before the next one is refused.
            assert!(answer(&mut nonces, true));
            assert_eq!(take(&mut nonces).as_deref(), Some("1"));
            assert!(!answer(&mut nonces, false));
        }
        take(&mut nonces);
        assert!(!answer(&mut nonces, true));
    }

    #[test]
    fn a_nonce_is_asked_for_by_status_and_challenge() {
        let asked = |status: StatusCode, challenge: &'static str| {
            let mut headers = headers("new");
            headers.insert(WWW_AUTHENTICATE, challenge.parse().unwrap());
            DpopNonces::is_asked_for(status, &headers)
        };
        let asks = "Bearer, DPoP error=\"use_dpop_nonce\"";
        let unauthorized = StatusCode::UNAUTHORIZED;
        assert!(asked(unauthorized, asks));
        assert!(!asked(StatusCode::FORBIDDEN, asks));
        for other in [
            "DPoP error=\"invalid_token\"",
            "Bearer error=\"use_dpop_nonce\"",
        ] {
            assert!(!asked(unauthorized, other), "{other}");
        }
    }
}
