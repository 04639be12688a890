//! Whatever comes, the decoder answers: with a token that is fit for a header,
//! or with an error that is fit for a log.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, StatusCode};
use oauth2_client_credentials::{Decoder, TokenRequest};
use proptest::prelude::*;

/// Bytes that come near to an answer.
fn near() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\u0061",
        "\\ud83d",
        "access_token",
        "error",
        "expires_in",
        "scope",
        "\"access_token\":\"t\",",
        "\"expires_in\":",
        "1e99999",
        "-0",
        "null",
        "=",
        "&",
        "%",
        "%ff",
        "+",
        " ",
        "\u{feff}",
        "\0",
    ];
    let piece = prop_oneof![
        proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A whole token response with one member that is anything.
fn nearest() -> impl Strategy<Value = Vec<u8>> {
    let name = proptest::sample::select(&["expires_in", "scope", "refresh_in", "x", "error"][..]);
    let value = prop_oneof![
        "-?[0-9]{1,25}(\\.[0-9]{1,3})?(e[0-9]{1,4})?",
        "\"[ -~]{0,8}\"",
        "\\[(\"[a-c ]{0,4}\",?){0,3}\\]",
        "null|true|\\{\\}",
    ];
    (name, value).prop_map(|(name, value)| {
        format!("{{\"access_token\":\"t\",\"{name}\":{value}}}").into_bytes()
    })
}

proptest! {
    #[test]
    fn it_never_panics(
        body in prop_oneof![near(), nearest(), proptest::collection::vec(any::<u8>(), 0..64)],
        status in prop_oneof![Just(200), 100_u16..=599],
        header in proptest::collection::vec(any::<u8>(), 0..32),
        is_strict in any::<bool>(),
    ) {
        let mut headers = HeaderMap::new();
        for name in ["www-authenticate", "retry-after", "dpop-nonce", "content-type"] {
            if let Ok(value) = HeaderValue::from_bytes(&header) {
                headers.insert(name, value);
            }
        }
        let decoder = if is_strict { Decoder::strict() } else { Decoder::lenient() };
        let status = StatusCode::from_u16(status).unwrap();
        match decoder.decode_parts(&TokenRequest::new(), status, &headers, &body, SystemTime::UNIX_EPOCH) {
            Ok(token) => {
                prop_assert!(status.is_success());
                let text = token.access_token().expose();
                prop_assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
            }
            Err(error) => prop_assert!(!error.to_string().contains(char::is_control)),
        }
    }
}
