//! Headers that are about one connection, and end with it (RFC 9110 §7.6.1). Both proxies among these examples share this; each has it
//! as a module of its own.

use http::{
    HeaderMap, HeaderName,
    header::{
        CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
        UPGRADE,
    },
};

/// Removes them, and what `Connection` names beside them.
pub(crate) fn remove(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let values = headers.get_all(CONNECTION).iter();
        let named: Vec<HeaderName> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        for name in named {
            headers.remove(name);
        }
    }
    for name in [
        CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        HeaderName::from_static("http2-settings"),
    ] {
        headers.remove(name);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_the_connection_goes_and_all_else_stays() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("connection", "x-other"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic eA=="),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("trailer", "x"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABkAAQAAP__"),
            ("proxy-connection", "keep-alive"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("x-stays", "1"),
            ("accept", "*/*"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        remove(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "x-stays"]);
    }
}
