//! Which connections may carry a secret or a token.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::uri::Scheme;

/// Whether a secret or a token may be sent to `uri`: over https, or over http
/// to this very machine ([`is_loopback`]).
///
/// Source: RFC 6749 §3.2 (TLS at the token endpoint), RFC 6750 §5.3 (TLS
/// wherever a bearer token goes).
///
/// ```
/// use oauth2_client_credentials::is_secure;
///
/// assert!(is_secure(&"https://api.example.com/".parse().unwrap()));
/// assert!(is_secure(&"http://127.0.0.1:8080/".parse().unwrap()));
/// assert!(!is_secure(&"http://api.example.com/".parse().unwrap()));
/// assert!(!is_secure(&"/no-host".parse().unwrap()));
/// ```
pub fn is_secure(uri: &Uri) -> bool {
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(scheme) if *scheme == Scheme::HTTP => uri.host().is_some_and(is_loopback),
        _ => false,
    }
}

/// Whether `host`, as it stands in a URI, is this machine: `127.0.0.0/8`,
/// `[::1]` or `localhost` in any case.
///
/// Nothing is resolved. A name that only resolves to a loopback address does
/// not count, since a resolver can be made to answer differently.
pub fn is_loopback(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return address
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts() {
        for host in [
            "127.0.0.1",
            "127.255.0.9",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "localhost",
            "LocalHost",
        ] {
            assert!(is_loopback(host), "{host}");
        }
    }

    #[test]
    fn other_hosts() {
        let hosts = [
            "",
            "::1",
            "[::]",
            "0.0.0.0",
            "128.0.0.1",
            "127.1",
            "[::ffff:127.0.0.1]",
            "localhost.",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "[127.0.0.1]",
        ];
        for host in hosts {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn only_https_and_loopback_http_are_secure() {
        for (uri, secure) in [
            ("https://a.example", true),
            ("HTTPS://a.example", true),
            ("http://[::1]:80/x", true),
            ("http://a.example", false),
            ("http://localhost@a.example/", false),
            ("ws://localhost", false),
            ("a.example:443", false),
        ] {
            assert_eq!(is_secure(&uri.parse().unwrap()), secure, "{uri}");
        }
    }
}
