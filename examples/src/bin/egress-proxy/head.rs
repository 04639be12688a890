//! The heads of requests and answers, as the next one is to see them.

use bytes::BytesMut;
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri, Version,
    header::{CONTENT_TYPE, EXPECT, HOST, TE, TRANSFER_ENCODING, UPGRADE, VIA},
    uri::{Authority, PathAndQuery, Scheme},
};

use crate::hop_by_hop;

/// Prepares the headers of a request that came over `version` for the upstream.
pub(crate) fn to_upstream(headers: &mut HeaderMap, version: Version) {
    // gRPC asks for it, and its servers look (gRPC over HTTP/2, "Requests"); nobody else is owed trailers.
    let wants_trailers = is_grpc(headers) && names(headers, &TE, "trailers");
    hop_by_hop::remove(headers);
    // The client makes one of the URI.
    headers.remove(HOST);
    // It is answered here, when the body is asked for.
    headers.remove(EXPECT);
    if wants_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    // RFC 9110 §7.6.3.
    let via = match version {
        Version::HTTP_2 => "2 egress-proxy",
        Version::HTTP_10 => "1.0 egress-proxy",
        _ => "1.1 egress-proxy",
    };
    headers.append(VIA, HeaderValue::from_static(via));
}

/// Moves values into memory of their own. As hyper read them they are parts of the connection's buffer, and that stays, all 8 kB of it,
/// beside the one for what comes next, for as long as the last of them: until the answer is there, which a second request may wait for.
pub(crate) fn detach(headers: &mut HeaderMap) {
    let length = headers.values().map(HeaderValue::len).sum();
    let mut all = BytesMut::with_capacity(length);
    for value in headers.values() {
        all.extend_from_slice(value.as_bytes());
    }
    let mut all = all.freeze();
    for value in headers.values_mut() {
        // A value is one wherever it is.
        if let Ok(mut own) = HeaderValue::from_maybe_shared(all.split_to(value.len())) {
            own.set_sensitive(value.is_sensitive());
            *value = own;
        }
    }
}

/// Whether the caller wants another protocol. One that only offers HTTP in another form (`h2c`, and TLS, as some libraries do with
/// every request) does well with HTTP/1.1.
pub(crate) fn wants_upgrade(headers: &HeaderMap) -> bool {
    values(headers, &UPGRADE).any(|protocol| {
        let name = protocol.split(|byte| *byte == b'/').next();
        let name = name.unwrap_or_default();
        !name.eq_ignore_ascii_case(b"h2c") && !name.eq_ignore_ascii_case(b"tls")
    })
}

/// Whether the body is in a form that only the next hop was told of. All but `chunked` stays in the body when the header goes.
pub(crate) fn has_transfer_coding(headers: &HeaderMap) -> bool {
    values(headers, &TRANSFER_ENCODING).any(|coding| !coding.eq_ignore_ascii_case(b"chunked"))
}

/// The same path and query, byte for byte but for a prefix that is to go, at another origin.
pub(crate) fn rewrite(
    uri: &Uri,
    scheme: &Scheme,
    authority: &Authority,
    strip: Option<&str>,
) -> Option<Uri> {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(scheme.clone());
    parts.authority = Some(authority.clone());
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    parts.path_and_query = Some(match strip {
        Some(prefix) => {
            let rest = path.strip_prefix(prefix)?;
            // A prefix that ends with one has had it.
            let rest = match rest.strip_prefix('/') {
                Some(after) if !prefix.ends_with('/') => after,
                _ => rest,
            };
            format!("/{rest}").parse().ok()?
        }
        // Detached, as headers are.
        None => path.parse().ok()?,
    });
    Uri::from_parts(parts).ok()
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

fn names(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    values(headers, header).any(|one| one.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The members of a list (RFC 9110 §5.6.1).
fn values<'a>(headers: &'a HeaderMap, header: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(header).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|one| !one.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers<const N: usize>(all: [(&'static str, &'static str); N]) -> HeaderMap {
        let all = all.into_iter();
        all.map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
    }

    #[test]
    fn what_is_about_the_connection_goes_and_all_else_stays() {
        let mut given = headers([
            ("connection", "close, X-Hop"),
            ("host", "localhost"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic eA=="),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABkAAQAAP__"),
            ("expect", "100-continue"),
            ("accept", "*/*"),
        ]);
        to_upstream(&mut given, Version::HTTP_11);
        let mut left: Vec<_> = given.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "via"]);
    }

    #[test]
    fn grpc_asks_for_its_trailers() {
        let mut given = headers([
            ("content-type", "application/grpc+proto"),
            ("te", "trailers"),
        ]);
        to_upstream(&mut given, Version::HTTP_11);
        assert_eq!(given["te"], "trailers");
    }

    #[test]
    fn another_protocol_is_another_than_http() {
        assert!(wants_upgrade(&headers([("upgrade", "websocket")])));
        assert!(wants_upgrade(&headers([("upgrade", "h2c, websocket")])));
        assert!(!wants_upgrade(&headers([("upgrade", "h2c")])));
        // Apache's HttpClient for Java, in its versions since 5.4.
        assert!(!wants_upgrade(&headers([("upgrade", "TLS/1.2")])));
        assert!(!wants_upgrade(&headers([])));
    }

    #[test]
    fn values_stay_the_same_in_memory_of_their_own() {
        let buffer = bytes::Bytes::from(b"one, a, \xff, ".to_vec());
        let mut given = HeaderMap::new();
        for (name, range) in [("b", 0..3), ("a", 5..6), ("b", 8..9), ("c", 0..0)] {
            let value = HeaderValue::from_maybe_shared(buffer.slice(range)).unwrap();
            given.append(name, value);
        }
        given.get_mut("a").unwrap().set_sensitive(true);
        let before = given.clone();
        assert!(!buffer.is_unique());
        detach(&mut given);
        assert_eq!(given, before);
        assert!(given["a"].is_sensitive() && !given["b"].is_sensitive());
        drop(before);
        assert!(buffer.is_unique());
    }

    #[test]
    fn a_coding_beside_chunked_would_be_lost() {
        let coded = |value| has_transfer_coding(&headers([("transfer-encoding", value)]));
        assert!(coded("gzip, chunked") && coded("chunked, gzip") && coded("identity"));
        assert!(!coded("Chunked") && !has_transfer_coding(&headers([])));
    }

    #[test]
    fn a_prefix_goes_and_the_rest_stays_byte_for_byte() {
        let to = |uri: &str, strip| {
            let authority = Authority::from_static("api.example.com");
            let uri = rewrite(&uri.parse().unwrap(), &Scheme::HTTPS, &authority, strip);
            uri.unwrap().to_string()
        };
        assert_eq!(
            to("/a/%2F?x=%20", None),
            "https://api.example.com/a/%2F?x=%20"
        );
        assert_eq!(
            to("http://localhost:1/a", None),
            "https://api.example.com/a"
        );
        assert_eq!(
            to("/v1/a?x=1", Some("/v1")),
            "https://api.example.com/a?x=1"
        );
        assert_eq!(to("/v1/a", Some("/v1/")), "https://api.example.com/a");
        assert_eq!(to("/v1//a", Some("/v1/")), "https://api.example.com//a");
        assert_eq!(to("/v1//a", Some("/v1")), "https://api.example.com//a");
        assert_eq!(to("/v1", Some("/v1")), "https://api.example.com/");
        assert_eq!(to("/v1?x=1", Some("/v1")), "https://api.example.com/?x=1");
    }
}
