//! What an answer says beside its body.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use super::http_date;

/// `Retry-After` (RFC 9110 §10.2.3): seconds in digits only, or a date, which
/// counts from `now` and is zero if it has passed.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    http_date::until(value, now)
}

/// `DPoP-Nonce` (RFC 9449 §8.1), if it has only the characters of a nonce.
pub(crate) fn dpop_nonce(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("dpop-nonce")?.to_str().ok()?;
    let is_nonce = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    (!value.is_empty() && value.bytes().all(is_nonce)).then_some(value)
}

/// Whether the content type is JSON, whatever its parameters.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let is_json = |value: &HeaderValue| {
        let essence = value
            .as_bytes()
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default();
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/json")
    };
    headers.get(CONTENT_TYPE).is_some_and(is_json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn retry_after_in_seconds_or_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_740);
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(37)),
            ("Sun Nov  6 08:49:37 1994", Some(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Sunday, 06-Nov-60 08:49:37 GMT", Some(0)),
            ("Mon, 01 Jan 1900 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:60 GMT", Some(60)),
            ("-5", None),
            ("1.5", None),
            ("+30", None),
            ("", None),
            ("soon", None),
        ] {
            let read =
                retry_after(&headers("retry-after", value), now).map(|after| after.as_secs());
            assert_eq!(read, expected, "{value}");
        }
    }

    #[test]
    fn only_a_legal_nonce_is_one() {
        assert_eq!(
            dpop_nonce(&headers("dpop-nonce", "a-B.c~!")),
            Some("a-B.c~!")
        );
        for value in ["", "a b", "a\"b", "a\\b", "a\tb"] {
            assert_eq!(dpop_nonce(&headers("dpop-nonce", value)), None, "{value:?}");
        }
    }

    #[test]
    fn json_with_any_parameters() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON ;charset=utf-8", true),
            ("application/jsonp", false),
            ("text/json", false),
        ] {
            assert_eq!(
                is_json(&headers("content-type", value)),
                expected,
                "{value}"
            );
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
