//! Tokens that are bound to a key, from the token request to the resource.

#![cfg(feature = "jose")]
#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri, request, response};
use oauth2_client_credentials::{
    Bearer, Decoder, Dpop, DpopKey, Fresh, Presentation, PresentationError, ResponseError,
    TokenRequest, TokenResponse,
};
use serde_json::Value;

const TOKEN_ENDPOINT: &str = "https://as.example/token?a=b";

fn dpop() -> Dpop {
    Dpop::new(DpopKey::generate(|bytes| bytes.fill(7)).unwrap())
}

fn fresh() -> Fresh {
    Fresh::new(SystemTime::UNIX_EPOCH + Duration::from_secs(9), [1; 16])
}

fn token(name: &str) -> TokenResponse {
    TokenResponse::builder("t")
        .token_type(name.into())
        .build()
        .unwrap()
}

fn claims(headers: &HeaderMap) -> Value {
    let proof = headers["dpop"].to_str().unwrap();
    let claims = proof.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn parts(uri: &str) -> request::Parts {
    Request::get(uri).body(()).unwrap().into_parts().0
}

/// The claims of the next proof for a resource.
fn shown(dpop: &Dpop, uri: &str) -> Value {
    let mut parts = parts(uri);
    dpop.attach(&mut parts, &token("DPoP"), &fresh()).unwrap();
    claims(&parts.headers)
}

/// The claims of the next proof for a token request.
fn asked(dpop: &Dpop) -> Value {
    let mut parts = Request::post(TOKEN_ENDPOINT)
        .body(())
        .unwrap()
        .into_parts()
        .0;
    dpop.attach_to_token_request(&mut parts, &fresh()).unwrap();
    assert!(parts.headers["dpop"].is_sensitive());
    claims(&parts.headers)
}

fn answer(status: u16, nonce: &str, challenge: &str) -> response::Parts {
    let mut answer = Response::builder().status(status);
    for (name, value) in [("dpop-nonce", nonce), ("www-authenticate", challenge)] {
        if !value.is_empty() {
            answer = answer.header(name, value);
        }
    }
    answer.body(()).unwrap().into_parts().0
}

fn error(status: u16, nonce: &str, body: &'static str) -> ResponseError {
    let head = answer(status, nonce, "");
    let response = Response::from_parts(head, Bytes::from_static(body.as_bytes()));
    Decoder::lenient()
        .decode(&TokenRequest::new(), &response, SystemTime::UNIX_EPOCH)
        .unwrap_err()
}

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

const ASKS: &str = "DPoP error=\"use_dpop_nonce\"";

#[test]
fn a_resource_gets_token_proof_and_its_own_nonce() {
    let dpop = dpop();
    let handle: Arc<dyn Presentation> = Arc::new(dpop.clone());
    let mut head = parts("https://API.example:443/x?y=z");
    handle.attach(&mut head, &token("dpop"), &fresh()).unwrap();
    assert_eq!(head.headers["authorization"], "DPoP t");
    let first = claims(&head.headers);
    assert_eq!(first["htu"], "https://api.example/x");
    assert_eq!(first["htm"], "GET");
    assert_eq!(first["iat"], 9);
    assert_eq!(first["ath"], "47mKTaMaEn1L3m5DAz9muidMqw636xxw7EFAK_YnPdg");
    assert!(first.get("nonce").is_none());

    assert!(handle.learn(&uri("https://api.example/x"), &answer(401, "n1", ASKS)));
    // The clone has it too, and nobody else.
    assert_eq!(shown(&dpop, "https://api.example/other")["nonce"], "n1");
    assert!(
        shown(&dpop, "https://api.example:8443/")
            .get("nonce")
            .is_none()
    );
    assert!(asked(&dpop).get("nonce").is_none());
}

#[test]
fn a_request_is_worth_another_attempt_only_for_a_nonce_that_it_did_not_have() {
    let dpop = dpop();
    let api = uri("https://api.example/");
    let sent = |head: response::Parts| {
        shown(&dpop, "https://api.example/");
        dpop.learn(&api, &head)
    };
    assert!(sent(answer(401, "n1", ASKS)));
    assert!(!sent(answer(401, "n1", ASKS)));
    assert!(!sent(answer(200, "n2", "")));
    assert!(!sent(answer(401, "n2", ASKS)));
    assert!(sent(answer(401, "n3", ASKS)));
    for (status, nonce, challenge) in [
        (401, "", ASKS),
        (401, "a b", ASKS),
        (401, "n4", "DPoP error=\"invalid_token\""),
        (401, "n5", ""),
        (400, "n6", ASKS),
        (403, "n7", ASKS),
    ] {
        let head = answer(status, nonce, challenge);
        assert!(!sent(head), "{status} {nonce} {challenge}");
    }
    assert_eq!(shown(&dpop, "https://api.example/")["nonce"], "n7");
}

#[test]
fn a_token_request_gets_the_nonce_of_the_authorization_server() {
    let dpop = dpop();
    let endpoint = uri(TOKEN_ENDPOINT);
    let first = asked(&dpop);
    assert_eq!(first["htu"], "https://as.example/token");
    assert_eq!(first["htm"], "POST");
    assert!(first.get("ath").is_none() && first.get("nonce").is_none());

    let wants = |nonce| error(400, nonce, "{\"error\":\"use_dpop_nonce\"}");
    assert!(dpop.learn_from_token_error(&endpoint, &wants("n1")));
    assert_eq!(asked(&dpop)["nonce"], "n1");
    assert!(!dpop.learn_from_token_error(&endpoint, &wants("n1")));
    asked(&dpop);
    let other = error(401, "n2", "{\"error\":\"invalid_client\"}");
    assert!(!dpop.learn_from_token_error(&endpoint, &other));
    assert_eq!(asked(&dpop)["nonce"], "n2");
    assert!(!dpop.learn_from_token_error(&endpoint, &wants("")));
    // To resources it says nothing.
    assert!(shown(&dpop, "https://as.example/").get("nonce").is_none());
}

#[test]
fn an_answer_of_the_authorization_server_is_learned_from_without_its_body() {
    let dpop = dpop();
    let endpoint = uri(TOKEN_ENDPOINT);
    let learn = |status, nonce| {
        asked(&dpop);
        dpop.learn_from_token_response(&endpoint, &answer(status, nonce, ""))
    };
    assert!(learn(400, "n1"));
    assert!(!learn(400, "n1"));
    assert!(learn(401, "n2"));
    assert!(!learn(200, "n3"));
    assert!(!learn(503, "n4"));
    assert!(!learn(400, ""));
    assert_eq!(asked(&dpop)["nonce"], "n4");
}

#[test]
fn a_token_of_another_type_is_refused_unless_allowed() {
    let dpop = dpop();
    let strict = dpop.clone();
    let lenient = dpop.allow_bearer();
    for (name, is_dpop, is_allowed) in [
        ("DPoP", true, true),
        ("Bearer", false, true),
        ("mac", false, false),
    ] {
        assert_eq!(strict.check(&token(name)).is_ok(), is_dpop, "{name}");
        assert_eq!(lenient.check(&token(name)).is_ok(), is_allowed, "{name}");
        for (dpop, expected) in [(&strict, is_dpop), (&lenient, is_allowed)] {
            let mut head = parts("https://api.example/");
            let attached = dpop.attach(&mut head, &token(name), &fresh());
            if expected {
                assert_eq!(head.headers.contains_key("dpop"), is_dpop);
            } else {
                let why = PresentationError::UnsupportedTokenType(name.to_owned());
                assert_eq!(attached, Err(why));
                assert!(head.headers.is_empty());
            }
        }
    }
    let mut head = parts("http://api.example/");
    let refused = lenient.attach(&mut head, &token("Bearer"), &fresh());
    assert_eq!(refused, Err(PresentationError::InsecureUri));
}

#[test]
fn the_thumbprint_is_that_of_the_key() {
    let dpop = dpop();
    assert_eq!(dpop.jkt(), dpop.key().public_jwk().thumbprint());
    assert!(!format!("{dpop:?}").contains("7, 7"));
}

#[test]
fn what_learns_nothing_asks_for_nothing() {
    let scheme: Arc<dyn Presentation> = Arc::new(Bearer::new());
    let head = answer(StatusCode::UNAUTHORIZED.as_u16(), "n", ASKS);
    assert!(!scheme.learn(&uri("https://api.example/"), &head));
}
