//! Token requests with a proof of the key that tokens are to be bound to.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "dpop")]

mod support;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2_client_credentials::{
    Client, ClientSecretPost, Dpop, DpopKey, EndpointUri, TokenResponse,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ReceivedRequest};
use serde_json::{Value, json};
use support::TokioClock;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{
    EndpointError, Fetch, TokenEndpoint, TokenErrorKind, TokenSource,
};

fn dpop() -> Dpop {
    Dpop::new(DpopKey::generate(|bytes| bytes.fill(7)).unwrap())
}

fn endpoint(server: &AuthorizationServer, dpop: &Dpop) -> TokenEndpoint {
    let uri = EndpointUri::new("https://as.example.com/token?tenant=2").unwrap();
    let client = Client::new("svc", ClientSecretPost::new("s3cret")).unwrap();
    TokenEndpoint::new(server.clone(), uri, client).dpop(dpop.clone())
}

async fn fetch(endpoint: &TokenEndpoint) -> Result<TokenResponse, EndpointError> {
    let answer = endpoint.clone().oneshot(Fetch::new(Default::default()));
    answer.await
}

fn token(token_type: &str) -> Answer {
    Answer::json(
        200,
        json!({"access_token": "t", "token_type": token_type, "expires_in": 60}),
    )
}

fn wants_nonce(nonce: &str) -> Answer {
    Answer::oauth_error(400, "use_dpop_nonce").header("dpop-nonce", nonce)
}

/// Header and claims of the proof that a request carried.
fn proof(request: &ReceivedRequest) -> (Value, Value) {
    let mut proofs = request.headers().get_all("dpop").iter();
    let proof = proofs.next().expect("a proof").to_str().unwrap();
    assert!(proofs.next().is_none(), "one proof");
    let mut parts = proof.split('.').map(|part| {
        let json = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&json).unwrap_or(Value::Null)
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn each_token_request_has_a_proof_of_its_own() {
    let server = AuthorizationServer::builder()
        .script([token("DPoP"), token("dpop")])
        .build();
    let (dpop, clock) = (dpop(), TokioClock::new());
    let endpoint = endpoint(&server, &dpop).clock(clock);
    for _ in 0..2 {
        fetch(&endpoint).await.unwrap();
    }
    let proofs: Vec<_> = server.requests().iter().map(proof).collect();
    for (header, claims) in &proofs {
        assert_eq!(header["typ"], "dpop+jwt");
        assert_eq!(claims["htm"], "POST");
        assert_eq!(
            claims["htu"], "https://as.example.com/token",
            "without its query"
        );
        assert_eq!(claims["iat"], 1_767_225_600, "by the endpoint's clock");
        assert_eq!(claims.get("nonce"), None);
        assert_eq!(claims.get("ath"), None, "there is no token yet");
    }
    assert_ne!(proofs[0].1["jti"], proofs[1].1["jti"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_lacks_a_nonce_is_sent_once_more_at_once() {
    let server = AuthorizationServer::builder()
        .script([
            wants_nonce("n1"),
            token("DPoP"),
            token("DPoP").header("dpop-nonce", "n2"),
            token("DPoP"),
        ])
        .build();
    let endpoint = endpoint(&server, &dpop());
    for _ in 0..3 {
        fetch(&endpoint).await.unwrap();
    }
    let proofs: Vec<_> = server
        .requests()
        .iter()
        .map(|request| proof(request).1)
        .collect();
    let nonces: Vec<_> = proofs
        .iter()
        .map(|claims| claims["nonce"].as_str())
        .collect();
    assert_eq!(nonces, [None, Some("n1"), Some("n1"), Some("n2")]);
    assert_ne!(proofs[0]["jti"], proofs[1]["jti"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_never_content_is_asked_twice_and_no_more() {
    let always_new = [wants_nonce("n1"), wants_nonce("n2"), token("DPoP")];
    let always_same = [wants_nonce("n1"), wants_nonce("n1"), token("DPoP")];
    let none = [
        Answer::oauth_error(400, "use_dpop_nonce"),
        token("DPoP"),
        token("DPoP"),
    ];
    for (answers, requests) in [(always_new, 2), (always_same, 2), (none, 1)] {
        let server = AuthorizationServer::builder().script(answers).build();
        let source = TokenSource::builder(endpoint(&server, &dpop()))
            .clock(TokioClock::new())
            .build();
        let error = source.token().await.unwrap_err();
        assert_eq!(error.code(), Some("use_dpop_nonce"), "{error}");
        assert_eq!(server.token_requests(), requests);
    }
}

/// The proof had the very nonce that the server asks for: with the same one it would be refused again.
#[tokio::test(start_paused = true)]
async fn a_nonce_that_the_proof_had_is_no_reason_to_send_it_again() {
    let server = AuthorizationServer::builder()
        .script([
            token("DPoP").header("dpop-nonce", "n1"),
            wants_nonce("n1"),
            token("DPoP"),
        ])
        .build();
    let endpoint = endpoint(&server, &dpop());
    fetch(&endpoint).await.unwrap();
    fetch(&endpoint).await.unwrap_err();
    assert_eq!(server.token_requests(), 2);
    assert_eq!(proof(&server.requests()[1]).1["nonce"], "n1");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_bound_is_refused_unless_it_is_allowed() {
    for (allowed, token_type, taken) in [
        (false, "DPoP", true),
        (false, "Bearer", false),
        (true, "Bearer", true),
        (true, "mac", false),
    ] {
        let server = AuthorizationServer::builder()
            .script([token(token_type)])
            .build();
        let dpop = if allowed {
            dpop().allow_bearer()
        } else {
            dpop()
        };
        let source = TokenSource::builder(endpoint(&server, &dpop))
            .clock(TokioClock::new())
            .build();
        let outcome = source.token().await;
        assert_eq!(
            outcome.is_ok(),
            taken,
            "{allowed} {token_type}: {outcome:?}"
        );
        if let Err(error) = outcome {
            assert_eq!(error.kind(), TokenErrorKind::UnsupportedTokenType);
            assert!(error.to_string().contains(token_type), "{error}");
            assert_eq!(server.token_requests(), 1, "asking again cannot help");
        }
    }
}

#[test]
fn the_identity_has_the_keys_thumbprint() {
    let server = AuthorizationServer::new();
    let other = Dpop::new(DpopKey::generate(|bytes| bytes.fill(8)).unwrap());
    let [one, other] = [dpop(), other].map(|dpop| {
        let identity = endpoint(&server, &dpop).identity();
        assert!(identity.contains(dpop.jkt()), "{identity}");
        identity
    });
    assert_ne!(one, other);
}
