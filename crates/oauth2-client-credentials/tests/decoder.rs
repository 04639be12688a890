//! The response decoder, beyond what the vectors say of it.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

mod decoding;

use std::time::Duration;

use decoding::{NOW, decode, decode_as, with};
use http::{HeaderMap, StatusCode};
use oauth2_client_credentials::{Decoder, ErrorKind, Quirk, TokenRequest};

#[test]
fn refresh_in_is_read_like_expires_in_and_kept_as_it_came() {
    for (json, expected) in [("1800", 1800), ("\" 1800.9 \"", 1800), ("1800.9", 1800)] {
        let token = decode(with(&format!("\"refresh_in\":{json}"))).unwrap();
        assert_eq!(
            token.refresh_in(),
            Some(Duration::from_secs(expected)),
            "{json}"
        );
        assert!(token.extra().contains_key("refresh_in"));
    }
    for json in ["true", "-1", "\"-1\"", "[]", "\"soon\""] {
        let token = decode(with(&format!("\"refresh_in\":{json}"))).unwrap();
        assert_eq!(
            (token.refresh_in(), token.quirks()),
            (None, &[Quirk::RefreshInIgnored][..]),
            "{json}"
        );
    }
}

#[test]
fn what_could_be_misread_is_never_read() {
    let deep = with(&format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200)));
    let utf16 = "{\"access_token\":\"t\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes);
    let bodies: [Vec<u8>; 12] = [
        with("\"access_t\\u006fken\":\"u\"").into(),
        with("\"x\":{\"a\":1,\"\\u0061\":2}").into(),
        with("\"expires_in\":NaN").into(),
        with("\"expires_in\":060").into(),
        format!("{}{}", with("\"x\":1"), with("\"x\":1")).into(),
        format!("{};", with("\"x\":1")).into(),
        format!("x{}", with("\"x\":1")).into(),
        deep.into(),
        [0xff, 0xfe].into_iter().chain(utf16).collect(),
        b"access_token=%ff&token_type=bearer".to_vec(),
        b"access_token=t&x=\xff".to_vec(),
        Vec::new(),
    ];
    for body in bodies {
        let error = decode(&body).unwrap_err();
        let body = String::from_utf8_lossy(&body);
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::Protocol, None),
            "{body}"
        );
        assert!(error.is_transient(), "{body}");
    }
}

#[test]
fn a_token_that_could_break_out_of_a_header_is_never_read() {
    for token in [
        "a\\r\\nb",
        "a\\u0000",
        "a b",
        " a",
        "caf\u{e9}",
        "a\\u007f",
        "\\u00a0",
    ] {
        let error = decode(format!("{{\"access_token\":\"{token}\"}}")).unwrap_err();
        assert_eq!(
            (error.field(), error.is_transient()),
            (Some("access_token"), false),
            "{token}"
        );
    }
}

#[test]
fn white_space_and_a_mark_around_the_body_do_not_count() {
    for body in [
        " \r\n\t{\"access_token\":\"t\"}\n ",
        "\u{feff} {\"access_token\":\"t\"}",
        " \u{feff}{\"access_token\":\"t\"}",
        "\u{feff}\n access_token=t \n",
    ] {
        assert_eq!(
            decode(body).unwrap().access_token().expose(),
            "t",
            "{body:?}"
        );
    }
}

#[test]
fn the_limit_is_on_the_bytes_that_came() {
    let token = "{\"access_token\":\"t\"}";
    let body = |length: usize| token.to_owned() + &" ".repeat(length - token.len());
    assert!(decode(body(65_536)).is_ok());
    let error = decode(body(65_537)).unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient(), error.is_too_large()),
        (ErrorKind::TooLarge, false, true)
    );
    let error = decode_as(&Decoder::lenient(), 503, "text/html", vec![b'x'; 70_000]).unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient(), error.is_too_large()),
        (ErrorKind::Transient, true, true)
    );
}

#[test]
fn a_huge_scope_takes_no_huge_time() {
    let scope: String = (0..15_000).map(|number| format!("{number} ")).collect();
    let asked = TokenRequest::builder()
        .scope(&scope.replace("1 ", "x "))
        .build()
        .unwrap();
    let body = with(&format!("\"scope\":\"{}\"", &scope[..60_000]));
    let token = Decoder::lenient()
        .decode_parts(
            &asked,
            StatusCode::OK,
            &HeaderMap::new(),
            body.as_bytes(),
            NOW,
        )
        .unwrap();
    assert!(token.scope_changed());
    assert!(token.missing_scopes().count() > 1_000);
}

#[test]
fn authorization_details_are_compared_as_json() {
    let asked = TokenRequest::builder()
        .authorization_details("[{\"type\":\"a\",\"n\":1}]")
        .build()
        .unwrap();
    for (member, changed) in [
        (
            "\"authorization_details\":[ {\"n\":1, \"type\":\"a\"} ]",
            false,
        ),
        ("\"authorization_details\":[{\"n\":2,\"type\":\"a\"}]", true),
        ("\"authorization_details\":[]", true),
        ("\"authorization_details\":\"x\"", true),
        ("\"authorization_details\":null", false),
        ("\"x\":1", false),
    ] {
        let body = with(member);
        let headers = HeaderMap::new();
        let read = |asked| {
            Decoder::lenient().decode_parts(asked, StatusCode::OK, &headers, body.as_bytes(), NOW)
        };
        assert_eq!(
            read(&asked).unwrap().authorization_details_changed(),
            changed,
            "{member}"
        );
        assert!(
            !read(&TokenRequest::new())
                .unwrap()
                .authorization_details_changed(),
            "{member}"
        );
    }
    let form =
        decode("access_token=t&authorization_details=%5B%7B%22type%22%3A%22a%22%7D%5D").unwrap();
    assert_eq!(form.authorization_details().unwrap()[0]["type"], "a");
}

#[test]
fn an_error_code_is_not_lost_to_what_stands_beside_it() {
    for member in [
        "\"error_description\":\"a\\ud800\"",
        "\"error_description\":1e400",
        "\"error_uri\":\"\\udc00\"",
        "\"x\":1e400",
        "\"x\":[\"\\ud800\"]",
        "\"\\ud800\":1",
        "\"access_token\":\"\\ud800\"",
        "\"scope\":[1e400]",
    ] {
        for status in [200, 400] {
            let body = format!("{{{member},\"error\":\"invalid_client\"}}");
            let error = decode_as(&Decoder::lenient(), status, "application/json", &body);
            let error = error.unwrap_err();
            assert_eq!(error.code(), Some("invalid_client"), "{body}");
            assert_eq!(error.kind(), ErrorKind::ClientAuthentication, "{body}");
            assert_eq!((error.description(), error.uri()), (None, None), "{body}");
        }
    }
}

#[test]
fn an_error_that_is_no_text_is_still_no_token() {
    for text in ["\\ud800", "\\u0000", "\\ufeff"] {
        let body = with(&format!("\"error\":\"{text}\""));
        let error = decode(&body).unwrap_err();
        assert_eq!(
            (error.code(), error.field(), error.is_transient()),
            (None, Some("error"), false),
            "{body}"
        );
        let error = decode_as(&Decoder::lenient(), 503, "application/json", &body).unwrap_err();
        assert_eq!(
            (error.code(), error.kind()),
            (None, ErrorKind::Transient),
            "{body}"
        );
    }
}

#[test]
fn a_text_that_cannot_be_read_is_a_malformed_member() {
    for (member, field) in [
        ("\"expires_in\":\"\\ud800\"", "expires_in"),
        ("\"scope\":\"\\ud800\"", "scope"),
        ("\"scope\":[\"\\ud800\"]", "scope"),
        (
            "\"authorization_details\":\"\\ud800\"",
            "authorization_details",
        ),
    ] {
        let error = decode(with(member)).unwrap_err();
        assert_eq!(error.field(), Some(field), "{member}");
    }
    for (body, field) in [
        ("{\"access_token\":\"\\ud800\"}", "access_token"),
        (
            "{\"access_token\":\"t\",\"token_type\":\"\\ud800\"}",
            "token_type",
        ),
    ] {
        let error = decode(body).unwrap_err();
        assert_eq!(
            (error.field(), error.is_transient()),
            (Some(field), false),
            "{body}"
        );
    }
    let token = decode(with("\"refresh_token\":\"\\ud800\"")).unwrap();
    assert_eq!(token.quirks(), [Quirk::RefreshTokenIgnored]);
    assert_eq!(token.refresh_token(), None);
}

#[test]
fn an_extra_that_cannot_be_read_costs_no_token() {
    for json in ["1e400", "\"\\ud800\"", "{\"y\":[1e400]}"] {
        let token = decode(with(&format!("\"x\":{json},\"y\":1"))).unwrap();
        assert_eq!(token.quirks(), [Quirk::ExtraIgnored], "{json}");
        assert_eq!(token.extra().keys().collect::<Vec<_>>(), ["y"], "{json}");
    }
}

#[test]
fn authorization_details_are_compared_to_the_last_digit() {
    let asked = |json: &str| {
        let asked = TokenRequest::builder().authorization_details(json).build();
        asked.unwrap()
    };
    let granted = with("\"authorization_details\":[{\"type\":\"a\",\"n\":18446744073709551617}]");
    let is_changed = |asked| {
        let token = Decoder::lenient().decode_parts(
            &asked,
            StatusCode::OK,
            &HeaderMap::new(),
            granted.as_bytes(),
            NOW,
        );
        token.unwrap().authorization_details_changed()
    };
    assert!(!is_changed(asked(
        "[{\"n\": 18446744073709551617, \"type\": \"a\"}]"
    )));
    for other in ["18446744073709551618", "1.8446744073709551617e19", "1e400"] {
        let other = asked(&format!("[{{\"type\":\"a\",\"n\":{other}}}]"));
        assert!(is_changed(other.clone()), "{other:?}");
    }
}
