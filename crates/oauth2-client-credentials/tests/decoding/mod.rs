//! What the tests of the decoder share: answers, and a moment to read them at.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use oauth2_client_credentials::{Decoder, ResponseError, TokenRequest, TokenResponse};

pub(crate) const NOW: SystemTime = SystemTime::UNIX_EPOCH;

pub(crate) fn decode_as(
    decoder: &Decoder,
    status: u16,
    content_type: &str,
    body: impl AsRef<[u8]>,
) -> Result<TokenResponse, ResponseError> {
    let headers =
        HeaderMap::from_iter([(http::header::CONTENT_TYPE, content_type.parse().unwrap())]);
    let status = StatusCode::from_u16(status).unwrap();
    decoder.decode_parts(&TokenRequest::new(), status, &headers, body.as_ref(), NOW)
}

pub(crate) fn decode(body: impl AsRef<[u8]>) -> Result<TokenResponse, ResponseError> {
    decode_as(&Decoder::lenient(), 200, "application/json", body)
}

/// A token response with this member.
pub(crate) fn with(member: &str) -> String {
    format!("{{\"access_token\":\"t\",\"token_type\":\"Bearer\",{member}}}")
}
