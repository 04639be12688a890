//! Which requests may carry a token.

mod invalid;
mod one;

use std::borrow::Cow;

use http::{
    Method, Uri,
    uri::{Authority, Scheme},
};

pub use self::invalid::InvalidOrigin;
use self::one::Origin;
use crate::{
    error::{TokenError, TokenErrorKind},
    heard::Hidden,
};

/// The origins (RFC 6454 §4) that a token was given for: it goes nowhere else.
///
/// There is no default. A token that follows a redirect, a typing error or a request that somebody else composed is in other
/// hands, so whoever makes a layer says where its token belongs. Every origin is `https`, or on loopback.
///
/// ```
/// use tower_oauth2_client_credentials::Origins;
///
/// let origins = Origins::new(["https://api.example.com", "https://files.example.com:8443"])?;
/// # Ok::<(), tower_oauth2_client_credentials::InvalidOrigin>(())
/// ```
///
/// A generated gRPC client makes requests without an authority: its transport knows where they go. Say where that is:
///
/// ```
/// use tower_oauth2_client_credentials::Origins;
///
/// let origins = Origins::transport_bound_to("https://greeter.example:50051")?;
/// # Ok::<(), tower_oauth2_client_credentials::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug)]
pub struct Origins {
    allowed: Box<[Origin]>,
    transport_bound: bool,
}

impl Origins {
    /// These origins, each as `https://host` or `https://host:port`.
    ///
    /// Schemes and hosts are compared without regard to case, IPv6 addresses as addresses, all else as it is written: a name with a
    /// dot at its end is another one. There are no wildcards.
    ///
    /// # Errors
    ///
    /// One of them is no origin, or is neither https nor on loopback; or there is none.
    pub fn new<I>(origins: I) -> Result<Self, InvalidOrigin>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let allowed: Box<[Origin]> = origins
            .into_iter()
            .map(|origin| Origin::parse(origin.as_ref()))
            .collect::<Result<_, _>>()?;
        if allowed.is_empty() {
            return Err(InvalidOrigin::new(
                None,
                "there is none; name at least one, as https://host or https://host:port",
            ));
        }
        Ok(Self {
            allowed,
            transport_bound: false,
        })
    }

    /// One origin, which the transport below connects to whatever a request says: requests without an authority, as a
    /// generated tonic client makes them, are taken to go there. You promise that they do.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn transport_bound_to(origin: impl AsRef<str>) -> Result<Self, InvalidOrigin> {
        Ok(Self {
            transport_bound: true,
            ..Self::new([origin])?
        })
    }

    /// Where the transport connects to, if requests need not say so.
    pub(crate) fn bound_to(&self) -> Option<(Scheme, Authority)> {
        let origin = self.allowed.first().filter(|_| self.transport_bound)?;
        let authority = origin.authority().parse().ok()?;
        Some((origin.scheme(), authority))
    }

    /// Whether one of them is written in `uri` to the letter, which takes no reading of it. If not, [`check`](Self::check) tells more.
    #[inline]
    pub(crate) fn are_plainly(&self, method: &Method, uri: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return false;
        };
        let https = match scheme.as_str() {
            "https" => true,
            "http" => false,
            _ => return false,
        };
        let authority = authority.as_str();
        let raw = |origin: &Origin| origin.is_written(https, authority);
        *method != Method::CONNECT && self.allowed.iter().any(raw)
    }

    /// Whether a request to `uri` may carry the token.
    pub(crate) fn check(&self, method: &Method, uri: &Uri) -> Result<(), Refused> {
        if self.are_plainly(method, uri) {
            return Ok(());
        }
        if *method == Method::CONNECT {
            return Err(Refused::Connect);
        }
        let Some(authority) = uri.authority() else {
            return if self.transport_bound {
                Ok(())
            } else {
                Err(Refused::NoOrigin)
            };
        };
        let foreign = || {
            Refused::Foreign(format!(
                "{}://{}",
                uri.scheme_str().unwrap_or("?"),
                without_user(authority)
            ))
        };
        let origin = uri
            .scheme()
            .and_then(|scheme| Origin::of(scheme, authority))
            .ok_or_else(foreign)?;
        if self.allowed.iter().any(|allowed| allowed.is(&origin)) {
            Ok(())
        } else {
            Err(foreign())
        }
    }
}

/// The authority as an error may show it.
fn without_user(authority: &Authority) -> &str {
    authority.as_str().rsplit('@').next().unwrap_or_default()
}

/// A request that may not carry the token.
#[derive(Debug)]
pub(crate) enum Refused {
    Foreign(String),
    NoOrigin,
    Connect,
}

impl From<Refused> for TokenError {
    fn from(refused: Refused) -> Self {
        let message = match refused {
            // A redirect may have led there.
            Refused::Foreign(origin) => format!(
                "the request to {} was not sent: its token was not given for this origin; if it belongs there, name it in Origins::new, which takes https and loopback",
                Hidden::default().in_text(&origin)
            )
            .into(),
            Refused::NoOrigin => Cow::Borrowed(
                "a request without an authority in its URI was not sent: nobody can tell where its token would go; \
                 make the URI absolute, or say where the transport connects with Origins::transport_bound_to",
            ),
            Refused::Connect => Cow::Borrowed("a CONNECT request was not sent: a proxy must not see the token; tunnel below this layer"),
        };
        Self::new(TokenErrorKind::Origin, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origins: &Origins, uri: &str) -> Result<(), String> {
        let uri = uri.parse().unwrap();
        origins
            .check(&Method::GET, &uri)
            .map_err(|refused| TokenError::from(refused).to_string())
    }

    #[test]
    fn a_token_goes_to_its_origins_and_nowhere_else() {
        let origins = Origins::new([
            "https://api.example.com",
            "https://[2001:db8::1]:8443",
            "http://localhost:8080",
        ])
        .unwrap();
        for same in [
            "https://api.example.com/",
            "https://api.example.com/v1?x=1",
            "https://api.example.com:443/",
            "https://API.Example.COM/",
            "HTTPS://api.example.com/",
            "https://[2001:DB8::1]:8443/x",
            "http://localhost:8080/",
        ] {
            assert_eq!(check(&origins, same), Ok(()), "{same}");
        }
        for foreign in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://api.example.com:80/",
            "https://api.example.com.evil.test/",
            "https://api.example.com@evil.test/",
            "https://user@api.example.com/",
            "https://api.example.com./",
            "https://evil.test/?https://api.example.com/",
            "https://xn--pi-6kc.example.com/",
            "https://[2001:db8::1]/",
            "http://localhost/",
            "ws://api.example.com/",
            "ws://localhost:8080/",
            "/v1",
            "api.example.com:443",
            "*",
        ] {
            assert!(check(&origins, foreign).is_err(), "{foreign}");
        }
    }

    #[test]
    fn an_error_names_the_origin_and_the_remedy_and_no_password() {
        let origins = Origins::new(["https://api.example.com"]).unwrap();
        let error = check(
            &origins,
            "https://me:hunter2@evil.test:8443/secret/path?q=1",
        )
        .unwrap_err();
        assert!(
            error.contains("https://evil.test:8443 ") && error.contains("Origins::new"),
            "{error}"
        );
        assert!(
            !error.contains("hunter2") && !error.contains("secret"),
            "{error}"
        );
        let error = check(&origins, "/greeter.Greeter/SayHello").unwrap_err();
        assert!(error.contains("transport_bound_to"), "{error}");
    }

    #[test]
    fn a_bound_transport_takes_requests_without_an_authority() {
        let origins = Origins::transport_bound_to("https://greeter.example:50051").unwrap();
        assert_eq!(check(&origins, "/greeter.Greeter/SayHello"), Ok(()));
        assert_eq!(check(&origins, "https://greeter.example:50051/x"), Ok(()));
        assert!(check(&origins, "https://evil.test:50051/x").is_err());
        assert!(check(&origins, "http://greeter.example:50051/x").is_err());
    }

    #[test]
    fn connect_never_carries_a_token() {
        let origins = Origins::transport_bound_to("https://api.example.com").unwrap();
        for uri in ["api.example.com:443", "https://api.example.com/", "/"] {
            assert!(
                matches!(
                    origins.check(&Method::CONNECT, &uri.parse().unwrap()),
                    Err(Refused::Connect)
                ),
                "{uri}"
            );
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_a_reason() {
        for (text, reason) in [
            ("http://api.example.com", "plain http only to loopback"),
            ("http://10.0.0.1", "plain http only to loopback"),
            ("api.example.com", "has a scheme and a host"),
            ("https://", "not a URI"),
            ("https://api.example.com/v1", "no path"),
            ("https://api.example.com?x", "query"),
            ("https://api.example.com/#f", "fragment"),
            ("https://user:hunter2@api.example.com", "user information"),
            ("ftp://api.example.com", "is https"),
            ("https://api.example.com:99999", "is https"),
            ("https://api.example.com:", "is https"),
            ("", "not a URI"),
        ] {
            let error = Origins::new([text]).unwrap_err().to_string();
            assert!(
                error.contains(reason) && !error.contains("hunter2"),
                "{text}: {error}"
            );
        }
        assert!(
            Origins::new([""; 0])
                .unwrap_err()
                .to_string()
                .contains("at least one")
        );
    }
}
