//! What a server was asked.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};

use crate::{BasicEncoding, ClientAuthentication, client_authentication::Credentials, form};

/// A request that the authorization server received.
///
/// Its `Debug` names headers and parameters but shows none of their values.
#[derive(Clone)]
pub struct ReceivedRequest {
    number: Option<u64>,
    at: Duration,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    /// None if the body is no form.
    form: Option<Vec<(String, String)>>,
    credentials: Credentials,
}

impl ReceivedRequest {
    pub(crate) fn new(
        request: Request<Bytes>,
        number: Option<u64>,
        at: Duration,
        encoding: BasicEncoding,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let form = form::parse(&body);
        let parameters = form.as_deref().unwrap_or_default();
        let credentials = Credentials::of(&parts.headers, parameters, encoding);
        Self {
            number,
            at,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
            form,
            credentials,
        }
    }

    /// The number of this token request, from 1: what `{n}` in its answer became. None if it went to another path than
    /// the token endpoint's.
    pub fn number(&self) -> Option<u64> {
        self.number
    }

    /// When it arrived: time since the server was made, by tokio's clock.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// The method; a token request is a POST.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The target, as the client gave it in-process and as it was on the wire over loopback.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap<HeaderValue> {
        &self.headers
    }

    /// The bytes of the body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The parameters of the body, decoded, in their order. Empty if the body is no form.
    pub fn parameters(&self) -> &[(String, String)] {
        self.form.as_deref().unwrap_or_default()
    }

    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters().iter();
        let found = parameters.find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter: `resource` may come more than once (RFC 8707, section 2).
    pub fn values(&self, name: &str) -> Vec<&str> {
        let parameters = self.parameters().iter();
        let named = parameters.filter(|(given, _)| given == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// How the client authenticated.
    pub fn client_authentication(&self) -> ClientAuthentication {
        self.credentials.authentication
    }

    /// Who the client says it is: the id of the Basic header or of the body, or the subject of its assertion.
    pub fn client_id(&self) -> Option<&str> {
        self.credentials.id.as_deref()
    }

    /// The secret that was sent, decoded.
    pub fn client_secret(&self) -> Option<&str> {
        self.credentials.secret.as_deref()
    }

    pub(crate) fn is_form(&self) -> bool {
        self.form.is_some()
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<_> = self.parameters().iter().map(|(name, _)| name).collect();
        let headers: Vec<_> = self.headers.keys().collect();
        f.debug_struct("ReceivedRequest")
            .field("number", &self.number)
            .field("at", &self.at)
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .field("headers", &headers)
            .field("parameters", &parameters)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
