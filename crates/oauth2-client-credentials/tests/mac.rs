//! Requests that are signed with a MAC.

#![cfg(feature = "mac")]
#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response, request};
use oauth2_client_credentials::{
    Decoder, Fresh, Mac, MacAlgorithm, MacError, OnExisting, Presentation, PresentationError,
    TokenRequest, TokenResponse,
};

const ISSUED: Duration = Duration::from_secs(1_000);

fn fresh() -> Fresh {
    Fresh::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_060), [0; 16])
}

/// As a server of the drafts would answer (draft 01 §5.1).
fn answered(members: &str) -> TokenResponse {
    let body =
        format!("{{\"access_token\":\"id\",\"token_type\":\"MAC\",\"expires_in\":600{members}}}");
    Decoder::lenient()
        .decode(
            &TokenRequest::new(),
            &Response::new(Bytes::from(body)),
            SystemTime::UNIX_EPOCH + ISSUED,
        )
        .unwrap()
}

fn token() -> TokenResponse {
    answered(",\"mac_key\":\"canary\",\"mac_algorithm\":\"hmac-sha-256\"")
}

fn head(uri: &str) -> request::Parts {
    Request::get(uri).body(()).unwrap().into_parts().0
}

fn value(parts: &request::Parts) -> &str {
    parts.headers[AUTHORIZATION].to_str().unwrap()
}

#[test]
fn key_and_algorithm_come_with_the_token() {
    let mac = Mac::draft_01_from(&token()).unwrap();
    let mut parts = head("https://a.example/x");
    mac.attach(&mut parts, &token(), &fresh()).unwrap();
    let given = Mac::draft_01("canary", MacAlgorithm::HmacSha256);
    let nonce = "AAAAAAAAAAAAAAAAAAAAAA";
    let expected = given.sign(&head("https://a.example/x"), b"", "id", 1_060, nonce);
    assert_eq!(
        parts.headers[AUTHORIZATION],
        expected.unwrap().authorization()
    );
    assert!(parts.headers[AUTHORIZATION].is_sensitive());

    for (members, why) in [
        (",\"mac_algorithm\":\"hmac-sha-1\"", MacError::MissingKey),
        (
            ",\"mac_key\":\"\",\"mac_algorithm\":\"hmac-sha-1\"",
            MacError::MissingKey,
        ),
        (
            ",\"mac_key\":\"k\",\"mac_algorithm\":\"none\"",
            MacError::UnsupportedAlgorithm("none".to_owned()),
        ),
        (
            ",\"mac_key\":\"k\"",
            MacError::UnsupportedAlgorithm(String::new()),
        ),
    ] {
        assert_eq!(Mac::draft_00_from(&answered(members)).unwrap_err(), why);
    }
}

#[test]
fn the_nonce_of_draft_00_begins_with_the_age_of_the_key() {
    let mac = Mac::draft_00_from(&token()).unwrap();
    let nonce = |mac: &Mac, token: &TokenResponse| {
        let mut parts = head("https://a.example/");
        mac.attach(&mut parts, token, &fresh()).unwrap();
        let (_, rest) = value(&parts).split_once("nonce=\"").unwrap();
        rest.split_once(':').unwrap().0.to_owned()
    };
    assert_eq!(nonce(&mac, &token()), "60");
    let unknown = TokenResponse::builder("id")
        .token_type("mac".into())
        .build();
    assert_eq!(nonce(&mac, &unknown.unwrap()), "0");
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_050);
    assert_eq!(nonce(&mac.clone().issued_at(at), &token()), "10");
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000);
    assert_eq!(nonce(&mac.issued_at(later), &token()), "0");
}

#[test]
fn only_draft_00_covers_the_body() {
    for (mac, covers) in [
        (Mac::draft_00("k", MacAlgorithm::HmacSha1), true),
        (Mac::draft_01("k", MacAlgorithm::HmacSha1), false),
    ] {
        let mut request = Request::post("https://a.example/")
            .body(Bytes::from_static(b"a"))
            .unwrap();
        mac.attach_to(&mut request, &token(), &fresh()).unwrap();
        let shown = request.headers()[AUTHORIZATION].to_str().unwrap();
        assert_eq!(shown.contains("bodyhash=\""), covers, "{shown}");
        assert_eq!(request.body(), "a");
        assert_eq!(request.method(), "POST");
    }
}

#[test]
fn what_is_refused_leaves_the_request_as_it_was() {
    let mac = Mac::draft_01("k", MacAlgorithm::HmacSha1);
    let refused = |mac: &Mac, uri: &str, token: &TokenResponse| {
        let mut parts = head(uri);
        let error = mac.attach(&mut parts, token, &fresh()).unwrap_err();
        assert!(parts.headers.is_empty());
        error
    };
    assert_eq!(
        refused(&mac, "http://a.example/", &token()),
        PresentationError::InsecureUri
    );
    assert_eq!(
        refused(
            &mac,
            "https://a.example/",
            &TokenResponse::new("t").unwrap()
        ),
        PresentationError::UnsupportedTokenType("Bearer".to_owned())
    );
    let quoted = TokenResponse::builder("a\"b")
        .token_type("mac".into())
        .build();
    for error in [
        refused(&mac, "https://a.example/", &quoted.unwrap()),
        refused(&mac.clone().ext("a\nb"), "https://a.example/", &token()),
    ] {
        assert_eq!(error, PresentationError::NoMac(MacError::InvalidCharacter));
        let source = error.source().unwrap().downcast_ref::<MacError>();
        assert_eq!(source, Some(&MacError::InvalidCharacter));
    }
    let sign = |uri, nonce| mac.sign(&head(uri), b"", "id", 0, nonce).unwrap_err();
    assert_eq!(sign("/", "n"), MacError::MissingHost);
    assert_eq!(sign("ftp://a.example/", "n"), MacError::MissingHost);
    assert_eq!(sign("https://a.example/", ""), MacError::InvalidCharacter);
    assert_eq!(sign("https://a.example:99999/", "n"), MacError::InvalidPort);
    assert_eq!(
        sign("https://a.example/", "n\\"),
        MacError::InvalidCharacter
    );
}

#[test]
fn the_key_that_came_with_the_token_comes_before_the_fixed_one() {
    let attached = |mac: &Mac, token: &TokenResponse| {
        let mut parts = head("https://a.example/");
        let scheme: &dyn Presentation = mac;
        scheme
            .attach(&mut parts, token, &fresh())
            .map(|()| value(&parts).to_owned())
    };
    let bare = TokenResponse::builder("id")
        .token_type("MAC".into())
        .build()
        .unwrap();
    let fixed = Mac::draft_01("k", MacAlgorithm::HmacSha1);
    let issued = Mac::draft_01_with_issued_keys();
    let of_token = Mac::draft_01_from(&token()).unwrap();

    assert_eq!(
        attached(&fixed, &token()).unwrap(),
        attached(&of_token, &token()).unwrap()
    );
    assert_eq!(
        attached(&issued, &token()).unwrap(),
        attached(&of_token, &token()).unwrap()
    );
    assert_ne!(
        attached(&fixed, &bare).unwrap(),
        attached(&of_token, &bare).unwrap()
    );
    for mac in [issued, Mac::draft_00_with_issued_keys()] {
        assert_eq!(
            attached(&mac, &bare).unwrap_err(),
            PresentationError::NoMac(MacError::MissingKey)
        );
        let signed = mac.sign(&head("https://a.example/"), b"", "id", 0, "n");
        assert_eq!(signed.unwrap_err(), MacError::MissingKey);
    }
}

#[test]
fn an_existing_header_is_kept_unless_told_otherwise() {
    let mac = Mac::draft_01("k", MacAlgorithm::HmacSha1);
    let mut parts = head("https://a.example/");
    parts
        .headers
        .insert(AUTHORIZATION, "Basic eA==".parse().unwrap());
    let scheme: &dyn Presentation = &mac;
    scheme.attach(&mut parts, &token(), &fresh()).unwrap();
    assert_eq!(value(&parts), "Basic eA==");
    let mac = mac.clone().on_existing(OnExisting::Replace);
    mac.attach(&mut parts, &token(), &fresh()).unwrap();
    assert!(value(&parts).starts_with("MAC id=\"id\""));
}

#[test]
fn nothing_shows_the_key() {
    let mac = Mac::draft_01_from(&token()).unwrap();
    let signature = mac.sign(&head("https://a.example/"), b"", "canary2", 0, "n");
    let shown = format!("{mac:?} {signature:?} {:?}", mac.clone().ext("\n"));
    assert!(!shown.contains("canary"), "{shown}");
}
