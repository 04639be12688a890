//! What authorization servers answer.

use std::time::SystemTime;

use bytes::Bytes;
use http::Response;
use oauth2_client_credentials::{Decoder, Revocation, TokenRequest};

use crate::{Collection, failed};

pub(crate) fn collect(all: &mut Collection) {
    all.chapter("An answer of the authorization server that is no token");
    let coded = |code: &str| format!(r#"{{"error":"{code}","error_description":"its own words"}}"#);
    for (status, code) in [
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (400, "unsupported_grant_type"),
        (400, "invalid_request"),
        (400, "invalid_scope"),
        (400, "invalid_target"),
        (400, "invalid_dpop_proof"),
        (400, "use_dpop_nonce"),
        (400, "access_denied"),
        (400, "invalid_authorization_details"),
        (500, "server_error"),
        (503, "temporarily_unavailable"),
        (400, "its_own_code"),
    ] {
        add(
            all,
            &format!("{status} {code}"),
            status,
            &coded(code),
            &Decoder::lenient(),
        );
    }
    for (met, status, body) in [
        ("a web page", 200, "<html>".to_owned()),
        ("an empty answer", 200, String::new()),
        ("a redirect", 302, String::new()),
        ("no such path", 404, "<html>".to_owned()),
        ("unauthorized, without a code", 401, String::new()),
        ("too many requests", 429, String::new()),
        ("a broken server", 500, "<html>".to_owned()),
        (
            "no access token",
            200,
            r#"{"token_type":"Bearer"}"#.to_owned(),
        ),
        (
            "a token that breaks a header",
            200,
            r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#.to_owned(),
        ),
        (
            "a lifetime that is none",
            200,
            r#"{"access_token":"a","token_type":"Bearer","expires_in":"soon"}"#.to_owned(),
        ),
        ("too much", 200, " ".repeat(70_000)),
    ] {
        add(all, met, status, &body, &Decoder::lenient());
    }
    with_nonce(all);
    revocations(all);
    let strict = Decoder::strict();
    add(
        all,
        "a lifetime as text, strictly read",
        200,
        r#"{"access_token":"a","token_type":"Bearer","expires_in":"60"}"#,
        &strict,
    );
    add(
        all,
        "an unknown type, strictly read",
        200,
        r#"{"access_token":"a","token_type":"mac","expires_in":60}"#,
        &strict,
    );
}

fn add(all: &mut Collection, met: &str, status: u16, body: &str, decoder: &Decoder) {
    let answer = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("retry-after", if status == 429 { "30" } else { "x" })
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    all.add(
        met,
        &failed(decoder.decode(&TokenRequest::new(), &answer, SystemTime::UNIX_EPOCH)),
    );
}

/// The server gave one with its refusal.
fn with_nonce(all: &mut Collection) {
    let answer = Response::builder()
        .status(400)
        .header("dpop-nonce", "n-0S6")
        .body(Bytes::from_static(br#"{"error":"use_dpop_nonce"}"#))
        .unwrap();
    let decoded = Decoder::lenient().decode(&TokenRequest::new(), &answer, SystemTime::UNIX_EPOCH);
    all.add("400 use_dpop_nonce, with a nonce", &failed(decoded));
}

fn revocations(all: &mut Collection) {
    for (met, status, body) in [
        (
            "a revocation of a kind of token that is not revoked",
            400,
            r#"{"error":"unsupported_token_type"}"#.to_owned(),
        ),
        (
            "a revocation by a client that is not known",
            401,
            r#"{"error":"invalid_client"}"#.to_owned(),
        ),
        ("a revocation that is redirected", 302, String::new()),
        ("a revocation at no such path", 404, "<html>".to_owned()),
        ("a revocation that is forbidden", 403, String::new()),
        ("a revocation with too much", 400, " ".repeat(70_000)),
    ] {
        let answer = Response::builder().status(status).body(Bytes::from(body));
        let decoded = Revocation::decode(&answer.unwrap(), SystemTime::UNIX_EPOCH);
        all.add(met, &failed(decoded));
    }
}
