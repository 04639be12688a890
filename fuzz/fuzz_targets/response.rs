//! Any bytes as the answer of a token endpoint. The first two choose the decoder
//! and the status, the rest is the body.
#![no_main]

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{Bearer, Decoder, DpopNonces, DpopRole, TokenRequest};

const TEN_YEARS: Duration = Duration::from_secs(315_360_000);

fuzz_target!(|input: &[u8]| {
    let [choice, status, body @ ..] = input else {
        return;
    };
    let decoder = match choice & 1 {
        0 => Decoder::lenient(),
        _ => Decoder::strict(),
    };
    let decoder = decoder.comma_separated_scope(choice & 2 != 0);
    let statuses = [200, 201, 204, 302, 400, 401, 404, 429, 500, 503];
    let status = statuses[usize::from(*status) % statuses.len()];
    let mut headers = HeaderMap::new();
    if choice & 4 != 0 {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    if choice & 8 != 0 {
        // The body as a header: whatever can stand in one.
        let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
        for name in ["retry-after", "dpop-nonce", "www-authenticate"] {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.insert(name, value);
            }
        }
    }
    let asked = TokenRequest::builder()
        .scope("read write")
        .build()
        .expect("a legal scope");
    let status = StatusCode::from_u16(status).expect("a legal status");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let place = http::Uri::from_static("https://as.example.com/token");
    let mut nonces = DpopNonces::new();
    nonces.learn(DpopRole::AuthorizationServer, &place, &headers);
    let nonce = nonces.get(DpopRole::AuthorizationServer, &place);
    assert!(nonce.is_none_or(|nonce| nonce.len() <= DpopNonces::MAX_LENGTH));
    match decoder.decode_parts(&asked, status, &headers, body, now) {
        Ok(token) => {
            assert!(status.is_success());
            let text = token.access_token().expose();
            assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(
                token
                    .expires_in()
                    .is_none_or(|lifetime| lifetime <= TEN_YEARS)
            );
            assert_eq!(token.expires_at().is_some(), token.expires_in().is_some());
            let changed = token.missing_scopes().count() + token.additional_scopes().count() > 0;
            assert_eq!(token.scope_changed(), changed);
            let bearer = Bearer::new().treat_as_bearer(token.token_type().as_str());
            if token.token_type().as_str() != "DPoP" {
                assert!(bearer.header_value(&token).is_ok());
            }
            // A short token can stand in the debug output by chance.
            if text.len() > 16 && !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                let public = format!(
                    "{:?}{:?}{:?}",
                    token.scope(),
                    token.token_type(),
                    token.extra()
                );
                assert!(!format!("{token:?}").contains(text) || public.contains(text));
            }
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(!shown.contains(char::is_control), "{shown:?}");
            assert!(shown.len() < 20_000);
            let _ = format!("{error:?}");
        }
    }
});
