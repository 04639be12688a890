//! Which answers say that the token was refused.

use std::{fmt, sync::Arc};

use http::{
    HeaderMap, HeaderName, Response, StatusCode, Version, header::WWW_AUTHENTICATE, response,
};
use oauth2_client_credentials::Challenge;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// The gRPC status "unauthenticated" (the gRPC protocol over HTTP/2, "Responses").
const UNAUTHENTICATED: &str = "16";

/// Whether an answer says that its request's token was refused, as the layer judges it by default:
///
/// - 401 without a challenge that can be read, or with one for a bearer token that names no error or `invalid_token` (RFC 6750 §3). One that names
///   another error (`insufficient_scope`), or asks for another scheme only, is about something else: a new token would not help.
/// - Over HTTP/2, `grpc-status: 16` among the headers. Trailers are not watched; see [`TokenSource::reject`](crate::TokenSource::reject).
///
/// For a judgement of your own ([`rejected_when`](crate::ClientCredentialsLayer::rejected_when)) that goes beyond this one.
#[must_use]
pub fn is_rejection(response: &response::Parts) -> bool {
    is_refusal("bearer", response)
}

/// The same for tokens of a scheme, which is given in lower case.
pub(crate) fn is_refusal(scheme: &str, response: &response::Parts) -> bool {
    let response::Parts {
        status,
        version,
        headers,
        ..
    } = response;
    if *version >= Version::HTTP_2
        && headers
            .get(GRPC_STATUS)
            .is_some_and(|s| s == UNAUTHENTICATED)
    {
        return true;
    }
    if *status != StatusCode::UNAUTHORIZED {
        return false;
    }
    let challenges = Challenge::parse_all(headers);
    if challenges.is_empty() {
        return !speaks_of_scope(headers);
    }
    challenges.iter().any(|challenge| {
        challenge.scheme() == scheme
            && matches!(challenge.param("error"), None | Some("invalid_token"))
    })
}

/// Whether challenges that cannot be read (a forgotten comma is enough) are about the scope, which no new token has more of.
fn speaks_of_scope(headers: &HeaderMap) -> bool {
    const SCOPE: &[u8] = b"insufficient_scope";
    let mut lines = headers.get_all(WWW_AUTHENTICATE).iter();
    lines.any(|line| {
        let mut windows = line.as_bytes().windows(SCOPE.len());
        windows.any(|window| window == SCOPE)
    })
}

/// Whether an answer is worth the look: two comparisons for nearly all.
#[inline]
pub(crate) fn may_be_refusal<B>(response: &Response<B>) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        || response.version() >= Version::HTTP_2 && response.headers().contains_key(GRPC_STATUS)
}

/// Another judgement than the default one.
#[derive(Clone)]
pub(crate) struct RejectedWhen(Arc<dyn Fn(&response::Parts) -> bool + Send + Sync>);

impl RejectedWhen {
    pub(crate) fn new(judge: impl Fn(&response::Parts) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(judge))
    }

    pub(crate) fn holds(&self, response: &response::Parts) -> bool {
        (self.0)(response)
    }
}

impl fmt::Debug for RejectedWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedWhen").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parts(
        status: u16,
        version: Version,
        headers: &[(&'static str, &'static str)],
    ) -> response::Parts {
        let (mut parts, ()) = Response::new(()).into_parts();
        parts.status = StatusCode::from_u16(status).expect("a status");
        parts.version = version;
        for (name, value) in headers {
            parts.headers.append(*name, HeaderValue::from_static(value));
        }
        parts
    }

    #[test]
    fn only_what_is_about_the_token_is_a_rejection() {
        const CHALLENGE: &str = "www-authenticate";
        for (status, challenges, rejected) in [
            (401, &[][..], true),
            (401, &["Bearer"], true),
            (401, &[r#"bearer realm="api""#], true),
            (401, &[r#"Bearer realm="api", error="invalid_token""#], true),
            (401, &["Basic realm=x", "Bearer error=invalid_token"], true),
            (401, &["Basic realm=x, Bearer"], true),
            (401, &[""], true),
            (401, &[","], true),
            (
                401,
                &[r#"Bearer error="invalid_token" realm="no comma""#],
                true,
            ),
            (
                401,
                &[r#"Bearer error="insufficient_scope" scope="no comma""#],
                false,
            ),
            (401, &[r#"Bearer error="insufficient_scope""#], false),
            (401, &[r#"Bearer error="invalid_request""#], false),
            (401, &["Basic realm=x"], false),
            (401, &[r#"DPoP error="use_dpop_nonce""#], false),
            (403, &[r#"Bearer error="invalid_token""#], false),
            (200, &[r#"Bearer error="invalid_token""#], false),
            (407, &[], false),
            (400, &[], false),
        ] {
            let headers: Vec<_> = challenges.iter().map(|value| (CHALLENGE, *value)).collect();
            let parts = parts(status, Version::HTTP_11, &headers);
            assert_eq!(is_rejection(&parts), rejected, "{status} {challenges:?}");
        }
    }

    #[test]
    fn grpc_says_it_in_a_header_of_http_2() {
        for (version, status, rejected) in [
            (Version::HTTP_2, "16", true),
            (Version::HTTP_3, "16", true),
            (Version::HTTP_11, "16", false),
            (Version::HTTP_2, "0", false),
            (Version::HTTP_2, "7", false),
            (Version::HTTP_2, "161", false),
        ] {
            let parts = parts(200, version, &[("grpc-status", status)]);
            assert_eq!(is_rejection(&parts), rejected, "{version:?} {status}");
            assert!(!rejected || may_be_refusal(&Response::from_parts(parts, ())));
        }
    }
}
