//! What a caller is told when its request did not get to the upstream (RFC 9457).

use std::{error::Error, io, iter};

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER},
};
use hyper_util::client::legacy;
use serde_json::json;
use tower_oauth2_client_credentials::{BoxError, TokenError};

use crate::body::BodyError;

/// A status and why. The kind is for programs and for metrics: one of a token's error, or one of those below.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: &'static str,
    /// In seconds.
    retry_after: Option<u64>,
}

impl Problem {
    pub(crate) const NO_ROUTE: Self = Self::new(
        StatusCode::NOT_FOUND,
        "NoRoute",
        "no route of this proxy has a prefix of this path",
    );

    pub(crate) const CONNECT: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Connect",
        "this proxy opens no tunnels, for it has a token to put on requests; call it as if it were the server",
    );

    pub(crate) const UPGRADE: Self = Self::new(
        StatusCode::NOT_IMPLEMENTED,
        "Upgrade",
        "this proxy passes on HTTP requests, and no other protocol such as WebSocket",
    );

    pub(crate) const TRANSFER_CODING: Self = Self::new(
        StatusCode::NOT_IMPLEMENTED,
        "TransferCoding",
        "the request's body has a transfer coding beside chunked, which this proxy does not know",
    );

    pub(crate) const ONE_HOP: Self = Self::new(
        StatusCode::BAD_GATEWAY,
        "Upstream",
        "the upstream answered with another protocol, or with a transfer coding that it was not asked for",
    );

    pub(crate) const TOO_LONG: Self = Self::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TooLong",
        "the request's body is longer than this route allows",
    );

    pub(crate) const BAD_TARGET: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "BadTarget",
        "the path of this request makes none at the upstream",
    );

    pub(crate) const LATE: Self = Self::new(
        StatusCode::GATEWAY_TIMEOUT,
        "UpstreamTimeout",
        "the upstream took too long to begin its answer",
    );

    const fn new(status: StatusCode, kind: &'static str, detail: &'static str) -> Self {
        Self {
            status,
            kind,
            detail,
            retry_after: None,
        }
    }

    /// Of a request that failed below the route.
    pub(crate) fn of(error: &BoxError) -> Self {
        if let Some(token) = TokenError::find(&**error) {
            return Self::of_token(token);
        }
        match find(&**error) {
            Some(BodyError::TooLong) => return Self::TOO_LONG,
            Some(BodyError::Caller(_)) => {
                let detail = "the request's body ended before it was whole";
                return Self::new(StatusCode::BAD_REQUEST, "RequestBody", detail);
            }
            None => {}
        }
        let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
        if find(&**error).is_some_and(timed_out) {
            let detail = "the upstream could not be connected to in time";
            return Self::new(StatusCode::GATEWAY_TIMEOUT, "UpstreamTimeout", detail);
        }
        let (kind, detail) = if find(&**error).is_some_and(legacy::Error::is_connect) {
            ("UpstreamConnect", "the upstream could not be connected to")
        } else {
            (
                "Upstream",
                "the connection to the upstream broke before it answered",
            )
        };
        Self::new(StatusCode::BAD_GATEWAY, kind, detail)
    }

    fn of_token(error: &TokenError) -> Self {
        // Whole seconds, rounded up: at 0 the caller would be back too soon.
        let seconds = error.retry_in().map_or(0, |wait| wait.as_secs());
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            kind: error.kind().as_str(),
            detail: if error.is_transient() {
                "there is no token for the upstream; it may pass by itself"
            } else {
                "there is no token for the upstream, and somebody has to change something; the proxy's log says what"
            },
            retry_after: Some(seconds.saturating_add(1)),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let document = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "kind": self.kind,
            "detail": self.detail,
        });
        let mut response = Response::new(document.to_string().into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, json);
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            let all = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE";
            headers.insert(ALLOW, HeaderValue::from_static(all));
        }
        response
    }
}

/// The first `E` in a chain of causes, with those that I/O errors carry.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut chain = iter::successors(Some(error), |&error| {
        let carried = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        carried
            .map(|error| error as &(dyn Error + 'static))
            .or_else(|| error.source())
    });
    chain.find_map(|error| error.downcast_ref())
}
