//! Clients that sign: what they need for it, and what goes into the request.

#![cfg(feature = "jose")]
#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use oauth2_client_credentials::{
    AssertionTemplate, Client, ClientAuthentication, ClientError, ClientSecretJwt,
    ClientSecretPost, DpopKey, EndpointUri, Fresh, JwsAlgorithm, PrivateKeyJwt, RefreshRequest,
    RequestErrorKind, Revocation, SigningKey, TokenRequest,
};
use serde_json::{Value, json};

const SECRET: &str = "a-client-secret-of-at-least-32-bytes!!";

fn endpoint() -> EndpointUri {
    EndpointUri::new("https://as.example.com/token").unwrap()
}

fn fresh(random: u8) -> Fresh {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    Fresh::new(now, [random; 16])
}

fn key() -> SigningKey {
    SigningKey::generate(|bytes| bytes.fill(7)).unwrap()
}

fn clients() -> Vec<Client> {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    [
        ClientAuthentication::from(ClientSecretJwt::new(SECRET)),
        PrivateKeyJwt::new(key()).into(),
        PrivateKeyJwt::new(SigningKey::from_jwk(jwk).unwrap()).into(),
    ]
    .into_iter()
    .map(|authentication| Client::new("svc", authentication).unwrap())
    .collect()
}

fn bytes(client: &Client) -> Vec<u8> {
    let request = TokenRequest::builder().scope("read").build().unwrap();
    let request = client.token_request(&endpoint(), &request).unwrap();
    request.into_body().to_vec()
}

/// Header and claims of the assertion in a form.
fn assertion(body: &[u8]) -> (Value, Value) {
    let body = std::str::from_utf8(body).unwrap();
    let (_, jwt) = body.split_once("&client_assertion=").unwrap();
    let mut segments = jwt.split('.').map(|segment| {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap_or_default())
            .unwrap_or_default()
    });
    (segments.next().unwrap(), segments.next().unwrap())
}

#[test]
fn every_byte_repeats_with_the_same_time_and_randomness() {
    for client in clients() {
        assert_eq!(
            bytes(&client.with_fresh(fresh(1))),
            bytes(&client.with_fresh(fresh(1)))
        );
    }
}

#[test]
fn each_request_has_an_identifier_of_its_own() {
    for client in clients() {
        let id = |random| assertion(&bytes(&client.with_fresh(fresh(random)))).1["jti"].take();
        assert_ne!(id(1), id(2));
    }
}

#[test]
fn the_assertion_stands_after_the_request_and_the_clients_id() {
    for client in clients() {
        let body = String::from_utf8(bytes(&client.with_fresh(fresh(1)))).unwrap();
        let before = "grant_type=client_credentials&scope=read&client_id=svc\
            &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
            &client_assertion=";
        assert!(body.starts_with(before), "{body}");
        assert_eq!(body.matches("client_id=").count(), 1);
    }
}

#[test]
fn a_client_that_signs_needs_time_and_randomness() {
    for client in clients() {
        assert!(client.signs());
        let refused = client.token_request(&endpoint(), &TokenRequest::new());
        assert_eq!(refused.unwrap_err().kind(), RequestErrorKind::NotFresh);
    }
}

#[test]
fn for_a_client_with_a_secret_nothing_changes() {
    let client = Client::new("svc", ClientSecretPost::new("s")).unwrap();
    assert!(!client.signs());
    assert_eq!(bytes(&client), bytes(&client.with_fresh(fresh(1))));
}

#[test]
fn refresh_and_revocation_are_signed_too() {
    for client in clients() {
        let refresh = client
            .with_fresh(fresh(1))
            .refresh_request(&endpoint(), &RefreshRequest::new("r"))
            .unwrap();
        let revocation = client
            .with_fresh(fresh(2))
            .revocation_request(&endpoint(), &Revocation::new("t"))
            .unwrap();
        for body in [refresh.body(), revocation.body()] {
            assert_eq!(assertion(body).1["sub"], "svc");
        }
    }
}

#[test]
fn header_and_claims_are_those_of_the_template() {
    let template = AssertionTemplate::new()
        .issuer("https://as.example.com")
        .typ("JWT")
        .key_id("k1")
        .x5t_s256("thumb")
        .claim("tenant", "t-1");
    let jwt = PrivateKeyJwt::new(key()).template(template);
    let client = Client::new("svc", jwt).unwrap().with_fresh(fresh(0));
    let (header, claims) = assertion(&bytes(&client));
    assert_eq!(
        header,
        json!({ "alg": "ES256", "typ": "JWT", "kid": "k1", "x5t#S256": "thumb" })
    );
    assert_eq!(
        claims,
        json!({
            "iss": "svc", "sub": "svc", "aud": "https://as.example.com",
            "jti": "AAAAAAAAAAAAAAAAAAAAAA", "iat": 1_700_000_000, "exp": 1_700_000_060,
            "tenant": "t-1",
        })
    );
}

#[test]
fn the_key_id_of_a_jwk_stays_unless_another_is_given() {
    let jwk = key().public_jwk().to_string();
    let d = URL_SAFE_NO_PAD.encode([7; 32]);
    let jwk = jwk.replace("{", &format!(r#"{{"kid":"from-jwk","d":"{d}","#));
    let key = || SigningKey::from_jwk(&jwk).unwrap();
    for (jwt, expected) in [
        (PrivateKeyJwt::new(key()), "from-jwk"),
        (
            PrivateKeyJwt::new(key()).template(AssertionTemplate::new()),
            "from-jwk",
        ),
        (
            PrivateKeyJwt::new(key()).template(AssertionTemplate::new().key_id("mine")),
            "mine",
        ),
    ] {
        let client = Client::new("svc", jwt).unwrap().with_fresh(fresh(0));
        assert_eq!(assertion(&bytes(&client)).0["kid"], expected);
    }
}

#[test]
fn mistakes_come_out_when_the_client_is_made() {
    let taken = AssertionTemplate::new().claim("sub", "other");
    for (authentication, why) in [
        (
            ClientAuthentication::from(ClientSecretJwt::new("short")),
            ClientError::ShortSecret,
        ),
        (
            ClientSecretJwt::new(SECRET)
                .algorithm(JwsAlgorithm::ES256)
                .into(),
            ClientError::UnsupportedAlgorithm,
        ),
        (
            ClientSecretJwt::new(SECRET).template(taken.clone()).into(),
            ClientError::ClaimTaken,
        ),
        (
            PrivateKeyJwt::new(key()).template(taken).into(),
            ClientError::ClaimTaken,
        ),
    ] {
        assert_eq!(Client::new("svc", authentication).unwrap_err(), why);
    }
}

#[test]
fn two_steps_are_the_same_as_one() {
    let template = AssertionTemplate::new().key_id("k1");
    let unsigned = template
        .unsigned(JwsAlgorithm::ES256, "svc", &endpoint(), &fresh(1))
        .unwrap();
    let signature = key().sign(unsigned.signing_input().as_bytes()).unwrap();
    let in_two = Client::new("svc", unsigned.with_signature(&signature)).unwrap();

    let in_one = Client::new("svc", PrivateKeyJwt::new(key()).template(template)).unwrap();
    assert_eq!(bytes(&in_two), bytes(&in_one.with_fresh(fresh(1))));
    assert!(!in_two.signs());
    assert_eq!(
        in_two.authentication_method(),
        in_one.authentication_method()
    );
}

#[test]
fn client_authentication_and_dpop_go_together() {
    let client = Client::new("svc", PrivateKeyJwt::new(key())).unwrap();
    let mut request: Request<_> = client
        .with_fresh(fresh(1))
        .token_request(&endpoint(), &TokenRequest::new())
        .unwrap();
    let dpop = DpopKey::generate(|bytes| bytes.fill(9)).unwrap();
    dpop.prove(&mut request, Some("n"), &fresh(2)).unwrap();
    let proof = request.headers()["dpop"].to_str().unwrap();
    let claims = URL_SAFE_NO_PAD
        .decode(proof.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["htu"], "https://as.example.com/token");
    assert_eq!(claims["htm"], "POST");
    assert_eq!(claims["nonce"], "n");
    assert_eq!(claims.get("ath"), None);
    assert_ne!(claims["jti"], assertion(request.body()).1["jti"]);
}
