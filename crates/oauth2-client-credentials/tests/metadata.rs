//! Reading what an authorization server says about itself.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use bytes::Bytes;
use http::{Response, StatusCode};
use oauth2_client_credentials::{Issuer, Metadata, MetadataError};
use serde_json::{Value, json};

const ISSUER: &str = "https://as.example.com";

fn decode_text(body: &[u8]) -> Result<Metadata, MetadataError> {
    Issuer::new(ISSUER)
        .unwrap()
        .decode_metadata(&Response::new(Bytes::copy_from_slice(body)))
}

/// The least that is metadata, with `members` beside it or in its place.
fn decode(members: Value) -> Result<Metadata, MetadataError> {
    let mut document = json!({
        "issuer": ISSUER,
        "token_endpoint": "https://as.example.com/token",
    });
    let object = document.as_object_mut().unwrap();
    object.extend(members.as_object().unwrap().clone());
    decode_text(document.to_string().as_bytes())
}

#[test]
fn all_that_a_client_asks_for() {
    let metadata = decode(json!({
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint": "https://as.example.com/revoke",
        "mtls_endpoint_aliases": {
            "token_endpoint": "https://mtls.as.example.com/token",
            "revocation_endpoint": "https://mtls.as.example.com/revoke",
            "introspection_endpoint": 1,
        },
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": ["read"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "tls_client_certificate_bound_access_tokens": true,
        "jwks_uri": 7,
    }))
    .unwrap();
    assert_eq!(metadata.issuer(), ISSUER);
    assert!(metadata.supports_auth_method("private_key_jwt"));
    assert!(!metadata.supports_auth_method("client_secret_basic"));
    assert_eq!(metadata.auth_signing_algorithms(), ["ES256"]);
    for (has_certificate, host) in [(false, "as"), (true, "mtls.as")] {
        let uri = |path: &str| format!("https://{host}.example.com/{path}");
        assert_eq!(
            metadata.token_endpoint(has_certificate).to_string(),
            uri("token")
        );
        let revocation = metadata.revocation_endpoint(has_certificate).unwrap();
        assert_eq!(revocation.to_string(), uri("revoke"));
    }
    assert_eq!(metadata.revocation_auth_methods(), ["client_secret_basic"]);
    assert_eq!(metadata.grant_types().unwrap(), ["client_credentials"]);
    assert_eq!(metadata.scopes().unwrap(), ["read"]);
    assert_eq!(metadata.dpop_signing_algorithms(), ["ES256"]);
    assert!(metadata.binds_tokens_to_certificates());
    assert_eq!(metadata.document()["jwks_uri"], 7);
}

#[test]
fn what_is_left_out_null_or_empty() {
    let metadata = decode(json!({
        "token_endpoint_auth_methods_supported": [],
        "mtls_endpoint_aliases": {"token_endpoint": null},
        "revocation_endpoint": null,
        "grant_types_supported": null,
    }))
    .unwrap();
    assert!(metadata.auth_methods().is_empty());
    assert!(metadata.supports_auth_method("client_secret_basic"));
    assert!(!metadata.supports_auth_method("client_secret_post"));
    assert_eq!(
        metadata.token_endpoint(true),
        metadata.token_endpoint(false)
    );
    assert_eq!(metadata.revocation_endpoint(true), None);
    assert!(metadata.revocation_auth_methods().is_empty());
    assert_eq!(metadata.grant_types(), None);
    assert_eq!(metadata.scopes(), None);
    assert!(metadata.dpop_signing_algorithms().is_empty());
    assert!(!metadata.binds_tokens_to_certificates());
}

#[test]
fn without_a_list_of_methods_it_is_basic() {
    for members in [
        json!({}),
        json!({"token_endpoint_auth_methods_supported": null}),
    ] {
        let metadata = decode(members).unwrap();
        assert_eq!(metadata.auth_methods(), ["client_secret_basic"]);
    }
}

#[test]
fn members_that_are_not_what_they_have_to_be() {
    for (members, field) in [
        (json!({"issuer": 1}), "issuer"),
        (json!({"issuer": null}), "issuer"),
        (json!({"token_endpoint": null}), "token_endpoint"),
        (
            json!({"token_endpoint": ["https://as.example.com/"]}),
            "token_endpoint",
        ),
        (
            json!({"token_endpoint": "https://as.example.com/#f"}),
            "token_endpoint",
        ),
        (
            json!({"token_endpoint": "http://127.0.0.1.example.com/"}),
            "token_endpoint",
        ),
        (
            json!({"token_endpoint_auth_methods_supported": "client_secret_post"}),
            "token_endpoint_auth_methods_supported",
        ),
        (
            json!({"token_endpoint_auth_methods_supported": ["client_secret_post", 1]}),
            "token_endpoint_auth_methods_supported",
        ),
    ] {
        let error = decode(members).unwrap_err();
        assert_eq!(error, MetadataError::Field(field));
        assert!(error.to_string().contains(field));
    }
}

#[test]
fn what_is_optional_and_malformed_is_as_good_as_absent() {
    let metadata = decode(json!({
        "token_endpoint_auth_signing_alg_values_supported": "ES256",
        "mtls_endpoint_aliases": {"token_endpoint": "http://a.example/"},
        "revocation_endpoint": "/revoke",
        "revocation_endpoint_auth_methods_supported": 1,
        "grant_types_supported": {},
        "scopes_supported": ["read", 1],
        "dpop_signing_alg_values_supported": true,
        "tls_client_certificate_bound_access_tokens": "true",
    }))
    .unwrap();
    assert!(metadata.auth_signing_algorithms().is_empty());
    let endpoint = metadata.token_endpoint(false);
    assert_eq!(metadata.token_endpoint(true), endpoint);
    assert_eq!(metadata.checked_token_endpoint(false), Ok(endpoint));
    assert_eq!(
        metadata.checked_token_endpoint(true),
        Err(MetadataError::Field("mtls_endpoint_aliases"))
    );
    assert_eq!(metadata.revocation_endpoint(false), None);
    assert!(metadata.revocation_auth_methods().is_empty());
    assert_eq!(
        metadata.checked_revocation_endpoint(false),
        Err(MetadataError::Field("revocation_endpoint"))
    );
    assert_eq!(metadata.grant_types(), None);
    assert_eq!(metadata.scopes(), None);
    assert!(metadata.dpop_signing_algorithms().is_empty());
    assert!(!metadata.binds_tokens_to_certificates());
}

#[test]
fn an_alias_is_checked_for_each_endpoint() {
    for aliases in [json!([]), json!({"revocation_endpoint": "x"})] {
        let metadata = decode(json!({
            "mtls_endpoint_aliases": aliases.clone(),
            "revocation_endpoint": "https://as.example.com/revoke",
        }))
        .unwrap();
        let why = Err(MetadataError::Field("mtls_endpoint_aliases"));
        assert_eq!(metadata.checked_revocation_endpoint(true), why);
        let plain = metadata.checked_revocation_endpoint(false).unwrap();
        assert_eq!(plain.unwrap().as_str(), "https://as.example.com/revoke");
        assert_eq!(metadata.revocation_endpoint(true), plain);
        let token = metadata.checked_token_endpoint(true);
        assert_eq!(token.is_err(), aliases.is_array());
    }
    assert_eq!(
        decode(json!({})).unwrap().checked_revocation_endpoint(true),
        Ok(None)
    );
}

#[test]
fn endpoints_are_the_texts_that_were_given() {
    let text = "https://AS.example.com:443?a=b";
    let metadata = decode(json!({ "token_endpoint": text })).unwrap();
    assert_eq!(metadata.token_endpoint(false).as_str(), text);
}

#[test]
fn a_byte_order_mark_and_white_space_do_not_count() {
    let document = format!("{{\"issuer\":\"{ISSUER}\",\"token_endpoint\":\"{ISSUER}/t\"}}");
    for text in [
        format!("\u{feff}{document}"),
        format!(" \r\n\u{feff}\n{document}\n"),
    ] {
        assert!(decode_text(text.as_bytes()).is_ok(), "{text:?}");
    }
    let twice = format!("\u{feff}\u{feff}{document}");
    assert_eq!(
        decode_text(twice.as_bytes()).unwrap_err(),
        MetadataError::Unreadable
    );
}

#[test]
fn another_issuer_is_refused_and_named_on_one_line() {
    let error = decode(json!({"issuer": "https://evil.example.com/\n\u{1b}"})).unwrap_err();
    assert_eq!(error.field(), Some("issuer"));
    let shown = error.to_string();
    assert!(shown.contains("evil.example.com") && !shown.contains(char::is_control));
}

#[test]
fn what_is_no_document() {
    for body in [
        &b""[..],
        b"[]",
        b"null",
        b"<html>",
        b"{\"issuer\":\"https://as.example.com\"",
        b"{\"issuer\":\"https://as.example.com\",\"issuer\":\"https://as.example.com\"}",
        b"{\"a\":{\"b\":1,\"b\":2}}",
        b"{\"a\":\"\xff\"}",
    ] {
        assert_eq!(decode_text(body).unwrap_err(), MetadataError::Unreadable);
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(
        decode_text(deep.as_bytes()).unwrap_err(),
        MetadataError::Unreadable
    );
    let large = vec![b' '; Metadata::MAX_BODY + 1];
    assert_eq!(decode_text(&large).unwrap_err(), MetadataError::TooLarge);
}

#[test]
fn only_200_brings_a_document() {
    let issuer = Issuer::new(ISSUER).unwrap();
    let body =
        br#"{"issuer":"https://as.example.com","token_endpoint":"https://as.example.com/t"}"#;
    for status in [201, 301, 404, 500] {
        let status = StatusCode::from_u16(status).unwrap();
        let error = issuer.decode_metadata_parts(status, body).unwrap_err();
        assert_eq!(error, MetadataError::Status(status));
    }
    assert!(issuer.decode_metadata_parts(StatusCode::OK, body).is_ok());
}

#[test]
fn plain_http_needs_permission_for_issuer_and_endpoints() {
    let body = br#"{"issuer":"http://as.internal","token_endpoint":"http://as.internal/t"}"#;
    assert!(Issuer::new("http://as.internal").is_err());
    let issuer = Issuer::allow_plaintext("http://as.internal").unwrap();
    let metadata = issuer.decode_metadata_parts(StatusCode::OK, body).unwrap();
    assert!(!metadata.token_endpoint(false).is_secure());
}

#[test]
fn never_panics() {
    let issuer = Issuer::new(ISSUER).unwrap();
    proptest::proptest!(|(text in "[\\[\\]{}\",:a-z0-9\\\\]{0,60}")| {
        let body = format!("{{\"issuer\":\"{ISSUER}\",\"token_endpoint\":{text}}}");
        let _ = issuer.decode_metadata_parts(StatusCode::OK, body.as_bytes());
        let _ = issuer.decode_metadata_parts(StatusCode::OK, text.as_bytes());
        if let Ok(issuer) = Issuer::new(&format!("https://{text}")) {
            assert_ne!(issuer.metadata_uri(Default::default()), "/");
        }
    });
}
