//! Lenient, strict, and the decoder's other options: what is noted, what is
//! refused.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

mod decoding;

use std::time::Duration;

use decoding::{NOW, decode, decode_as, with};
use oauth2_client_credentials::{Decoder, ErrorKind, Quirk, TokenType, ZeroLifetime};

#[test]
fn a_plain_answer_has_no_quirk() {
    let token = decode(with(
        "\"expires_in\":3600,\"scope\":\"a b\",\"x\":{\"y\":[null]}",
    ))
    .unwrap();
    assert_eq!(token.quirks(), []);
    assert_eq!(token.extra()["x"]["y"][0], serde_json::Value::Null);
    assert!(
        decode_as(
            &Decoder::strict(),
            200,
            "application/json;charset=UTF-8",
            with("\"x\":1")
        )
        .is_ok()
    );
}

#[test]
fn each_leniency_is_noted_and_refused_by_a_strict_decoder() {
    let json = "application/json";
    for (status, content_type, body, quirk, field) in [
        (201, json, with("\"x\":1"), Quirk::Status, None),
        (200, "text/html", with("\"x\":1"), Quirk::ContentType, None),
        (
            200,
            json,
            format!("\u{feff}{}", with("\"x\":1")),
            Quirk::ByteOrderMark,
            None,
        ),
        (
            200,
            json,
            "access_token=t&token_type=bearer".to_owned(),
            Quirk::FormBody,
            None,
        ),
        (200, json, with("\"x\":null"), Quirk::NullMember, None),
        (
            200,
            json,
            with("\"error\":5"),
            Quirk::ErrorIgnored,
            Some("error"),
        ),
        (
            200,
            json,
            with("\"error\":\"\""),
            Quirk::ErrorIgnored,
            Some("error"),
        ),
        (
            200,
            json,
            "{\"access_token\":\"t\"}".to_owned(),
            Quirk::TokenTypeMissing,
            Some("token_type"),
        ),
        (
            200,
            json,
            with("\"expires_in\":\"60\""),
            Quirk::ExpiresInString,
            Some("expires_in"),
        ),
        (
            200,
            json,
            with("\"expires_in\":60.5"),
            Quirk::ExpiresInFraction,
            Some("expires_in"),
        ),
        (
            200,
            json,
            with("\"scope\":[\"a\"]"),
            Quirk::ScopeArray,
            Some("scope"),
        ),
        (
            200,
            json,
            with("\"refresh_token\":5"),
            Quirk::RefreshTokenIgnored,
            Some("refresh_token"),
        ),
        (
            200,
            json,
            with("\"refresh_token\":\"\""),
            Quirk::RefreshTokenSyntax,
            Some("refresh_token"),
        ),
        (
            200,
            json,
            with("\"refresh_token\":\"caf\u{e9}\""),
            Quirk::RefreshTokenSyntax,
            Some("refresh_token"),
        ),
        (
            200,
            json,
            format!("{}\u{c}", with("\"x\":1")),
            Quirk::WhiteSpace,
            None,
        ),
    ] {
        let token = decode_as(&Decoder::lenient(), status, content_type, &body).unwrap();
        assert_eq!(token.quirks(), [quirk], "{body}");
        let error = decode_as(&Decoder::strict(), status, content_type, &body).unwrap_err();
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::Protocol, field),
            "{body}"
        );
        assert!(error.to_string().contains(&quirk.to_string()), "{error}");
    }
}

#[test]
fn a_scope_or_details_out_of_the_grammar_are_noted_and_refused_by_a_strict_decoder() {
    let scopes = ["", " ", " a", "a ", "a  b", "a\\tb", "a\\\"", "\u{e9}"]
        .map(|scope| (format!("\"scope\":\"{scope}\""), Quirk::ScopeSyntax));
    let details = ["\"x\"", "{}", "5", "[5]", "[{}]", "[{\"type\":5}]"].map(|details| {
        (
            format!("\"authorization_details\":{details}"),
            Quirk::AuthorizationDetailsSyntax,
        )
    });
    for (member, quirk) in scopes.into_iter().chain(details) {
        let token = decode(with(&member)).unwrap();
        assert_eq!(token.quirks(), [quirk], "{member}");
        let error =
            decode_as(&Decoder::strict(), 200, "application/json", with(&member)).unwrap_err();
        assert!(error.to_string().contains(&quirk.to_string()), "{error}");
        assert!(member.starts_with(&format!("\"{}\"", error.field().unwrap())));
    }
    for member in [
        "\"scope\":\"a!~ b\"",
        "\"authorization_details\":[]",
        "\"authorization_details\":[{\"type\":\"a\"}]",
        "\"refresh_token\":\"a b~\"",
    ] {
        for body in [with(member), format!(" \r\n\t{} ", with(member))] {
            let token = decode_as(&Decoder::strict(), 200, "application/json", body).unwrap();
            assert_eq!(token.quirks(), [], "{member}");
        }
    }
    let token = decode(with("\"scope\":\"\"")).unwrap();
    assert!(token.scope().unwrap().is_empty());
    let token = decode(with("\"refresh_token\":\"caf\u{e9}\"")).unwrap();
    assert_eq!(token.refresh_token().unwrap().expose(), "caf\u{e9}");
}

#[test]
fn what_no_rfc_forbids_is_noted_and_let_pass() {
    for (member, quirk) in [
        ("\"expires_in\":999999999999", Quirk::ExpiresInClamped),
        ("\"refresh_in\":\"soon\"", Quirk::RefreshInIgnored),
        ("\"x\":1e400", Quirk::ExtraIgnored),
    ] {
        for decoder in [Decoder::lenient(), Decoder::strict()] {
            let token = decode_as(&decoder, 200, "application/json", with(member)).unwrap();
            assert_eq!(token.quirks(), [quirk], "{member}");
        }
    }
}

#[test]
fn a_strict_decoder_knows_only_known_types() {
    let body = "{\"access_token\":\"t\",\"token_type\":\"Application Access Token\"}";
    assert_eq!(
        decode(body).unwrap().token_type(),
        &TokenType::Other("Application Access Token".into())
    );
    let error = decode_as(&Decoder::strict(), 200, "application/json", body).unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::UnsupportedTokenType, false)
    );
    assert!(error.to_string().contains("Application Access Token"));
}

#[test]
fn a_strict_decoder_still_reads_error_codes() {
    let error = decode_as(
        &Decoder::strict(),
        200,
        "text/plain",
        "error=invalid_client",
    )
    .unwrap_err();
    assert_eq!(error.code(), Some("invalid_client"));
}

#[test]
fn a_lifetime_of_zero_is_as_the_decoder_was_told() {
    let minute = Duration::from_secs(60);
    for (policy, lifetime, quirks) in [
        (ZeroLifetime::Expired, Some(Duration::ZERO), &[][..]),
        (ZeroLifetime::Never, None, &[Quirk::ExpiresInReplaced][..]),
        (
            ZeroLifetime::After(minute),
            Some(minute),
            &[Quirk::ExpiresInReplaced][..],
        ),
        (
            ZeroLifetime::After(Duration::MAX),
            Some(Duration::from_secs(315_360_000)),
            &[Quirk::ExpiresInReplaced][..],
        ),
    ] {
        let decoder = Decoder::lenient().zero_lifetime(policy);
        let token = decode_as(&decoder, 200, "application/json", with("\"expires_in\":0")).unwrap();
        assert_eq!(
            (token.expires_in(), token.quirks()),
            (lifetime, quirks),
            "{policy:?}"
        );
        assert_eq!(
            token.is_expired(NOW),
            policy == ZeroLifetime::Expired,
            "{policy:?}"
        );
        let other = decode_as(&decoder, 200, "application/json", with("\"expires_in\":7")).unwrap();
        assert_eq!(other.expires_in(), Some(Duration::from_secs(7)));
    }
}

#[test]
fn commas_separate_scopes_only_when_told() {
    let decoder = Decoder::lenient().comma_separated_scope(true);
    let token = decode_as(
        &decoder,
        200,
        "application/json",
        with("\"scope\":\"a, b,,c d\""),
    )
    .unwrap();
    assert_eq!(
        token.scope().unwrap().iter().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
    assert_eq!(token.quirks(), [Quirk::ScopeCommas]);
    let token = decode(with("\"scope\":\"a,b\"")).unwrap();
    assert_eq!(token.scope().unwrap().to_string(), "a,b");
}

#[test]
fn the_items_of_an_array_are_split_like_a_text() {
    let commas = Decoder::lenient().comma_separated_scope(true);
    let read = |decoder: &Decoder, list: &str| {
        let body = with(&format!("\"scope\":{list}"));
        let token = decode_as(decoder, 200, "application/json", body).unwrap();
        (token.scope().unwrap().to_string(), token.quirks().to_vec())
    };
    assert_eq!(
        read(&commas, "[\"a,b\",\"c\"]"),
        ("a b c".into(), vec![Quirk::ScopeArray, Quirk::ScopeCommas])
    );
    assert_eq!(
        read(&commas, "[\"a\",\"c\"]"),
        ("a c".into(), vec![Quirk::ScopeArray])
    );
    assert_eq!(
        read(&Decoder::lenient(), "[\"a,b\",\"c d\",\"\",\" a,b \"]"),
        ("a,b c d".into(), vec![Quirk::ScopeArray])
    );
    assert_eq!(
        read(&Decoder::lenient(), "[\"\u{e9}\"]"),
        ("\u{e9}".into(), vec![Quirk::ScopeArray, Quirk::ScopeSyntax])
    );
}
