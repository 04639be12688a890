//! What a proof says of the place a request goes to.

use http::Uri;
use http::uri::Scheme;

use crate::presentation::PresentationError;
use crate::uri::has_usable_port;

/// The claim `htu` (RFC 9449 §4.2): no query, no fragment, no user information,
/// scheme and host in lower case, no default port, and the path as it is.
///
/// # Errors
/// When the URI names no host, or its port is none.
pub(super) fn htu(uri: &Uri) -> Result<String, PresentationError> {
    match origin(uri) {
        // `Uri` writes the empty path of an absolute URI as a slash.
        Some(origin) => Ok(origin + uri.path()),
        None if uri.scheme().is_some() && uri.authority().is_some() => {
            Err(PresentationError::InvalidPort)
        }
        None => Err(PresentationError::RelativeUri),
    }
}

/// Scheme, host and port (RFC 6454 §4), as `htu` begins. `None` for a URI that
/// names no host, or a port that is none.
pub(super) fn origin(uri: &Uri) -> Option<String> {
    let (scheme, authority) = (uri.scheme()?, uri.authority()?);
    if !has_usable_port(authority) {
        return None;
    }
    let default_port = if *scheme == Scheme::HTTPS {
        Some(443)
    } else if *scheme == Scheme::HTTP {
        Some(80)
    } else {
        None
    };
    let mut origin = format!("{scheme}://{}", authority.host());
    origin.make_ascii_lowercase();
    if let Some(port) = authority
        .port_u16()
        .filter(|port| Some(*port) != default_port)
    {
        origin.push(':');
        origin.push_str(&port.to_string());
    }
    Some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_normalised_and_its_path_is_not() {
        for (uri, expected) in [
            (
                "HTTPS://RS.Example.COM:443/A/../b%2f?c",
                "https://rs.example.com/A/../b%2f",
            ),
            ("https://a", "https://a/"),
            ("https://a?b", "https://a/"),
            ("https://a:/", "https://a/"),
            ("https://a:80/", "https://a:80/"),
            ("http://a:080/", "http://a/"),
            ("http://[::1]:8080//", "http://[::1]:8080//"),
            ("https://u:p@a/", "https://a/"),
        ] {
            let uri = uri.parse().unwrap();
            assert_eq!(htu(&uri).as_deref(), Ok(expected), "{uri}");
        }
        for uri in ["/a", "a:443", "*"] {
            let refused = htu(&uri.parse().unwrap());
            assert_eq!(refused, Err(PresentationError::RelativeUri), "{uri}");
        }
        for uri in ["https://a:99999/", "https://u:1@[::1]:065536/"] {
            let refused = htu(&uri.parse().unwrap());
            assert_eq!(refused, Err(PresentationError::InvalidPort), "{uri}");
        }
    }
}
