//! What counts as a URI.

use http::uri::Authority;

/// Whether the port, if there is one, is a number that a port can have. `Uri`
/// takes one that is none for no port at all, and would have the default one.
pub(crate) fn has_usable_port(authority: &Authority) -> bool {
    let text = authority.as_str();
    let text = text.rsplit_once('@').map_or(text, |(_, text)| text);
    let port = text.get(authority.host().len()..).unwrap_or_default();
    matches!(port, "" | ":") || authority.port_u16().is_some()
}

/// RFC 3986 §4.3, as far as characters and the scheme go.
pub(crate) fn is_absolute_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme && has_uri_characters(rest)
}

/// RFC 3986 §2 without `#`: the characters that may be in a URI before its
/// fragment, and `%` only before two hexadecimal digits.
pub(crate) fn has_uri_characters(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let legal = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            b'-' | b'.' | b'_' | b'~' => true,
            b':' | b'/' | b'?' | b'[' | b']' | b'@' => true,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
            other => other.is_ascii_alphanumeric(),
        };
        if !legal {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_absolute_uris() {
        for uri in [
            "https://a",
            "urn:x:y",
            "https://[::1]:8/a%2Fb?c=d",
            "a+b-c.d:e",
        ] {
            assert!(is_absolute_uri(uri), "{uri}");
        }
        for uri in [
            "",
            ":",
            ":a",
            "1a:b",
            "a b:c",
            "https://a#",
            "https://a/%zz",
            "https://a/%1",
            "https://\u{e9}",
        ] {
            assert!(!is_absolute_uri(uri), "{uri}");
        }
        for byte in "\"<>\\^`{|} \t\r\n\0\u{7f}".chars() {
            assert!(!is_absolute_uri(&format!("https://a/{byte}")), "{byte:?}");
        }
    }
}
