//! What repeats when time and randomness are given, and what does not.

#![cfg(feature = "jose")]
#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use oauth2_client_credentials::{
    AssertionTemplate, Client, ClientAuthentication, ClientSecretJwt, Dpop, DpopKey, EndpointUri,
    Fresh, JwsAlgorithm, PrivateKeyJwt, SigningKey, TokenRequest,
};

const PEMS: [&str; 4] = [
    include_str!("keys/p256-pkcs8.pem"),
    include_str!("keys/p384-pkcs8.pem"),
    include_str!("keys/p521-pkcs8.pem"),
    include_str!("keys/ed25519-pkcs8.pem"),
];

fn fresh() -> Fresh {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    Fresh::new(now, [3; 16])
}

/// A token request with everything in it, proof included.
fn request(authentication: impl Into<ClientAuthentication>, proof: SigningKey) -> Request<Bytes> {
    let asked = TokenRequest::builder()
        .scope("read write")
        .resource("https://api.example.com/")
        .authorization_details(r#"[{"type":"a","b":[1,2]}]"#)
        .parameter("tenant", "t-1");
    let client = Client::new("svc", authentication).unwrap();
    let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
    let request = client
        .with_fresh(fresh())
        .token_request(&endpoint, &asked.build().unwrap())
        .unwrap();
    let (mut parts, body) = request.into_parts();
    Dpop::new(DpopKey::new(proof))
        .attach_to_token_request(&mut parts, &fresh())
        .unwrap();
    Request::from_parts(parts, body)
}

fn signed_by(key: SigningKey) -> Request<Bytes> {
    let template = AssertionTemplate::new().claim("tenant", "t-1");
    let jwt = PrivateKeyJwt::new(key.clone()).template(template);
    request(jwt, key)
}

fn assert_same(one: &Request<Bytes>, other: &Request<Bytes>) {
    assert_eq!(one.method(), other.method());
    assert_eq!(one.uri(), other.uri());
    assert_eq!(one.headers(), other.headers());
    assert_eq!(one.body(), other.body());
}

#[test]
fn each_byte_of_a_request_repeats() {
    for pem in PEMS {
        let key = || SigningKey::from_pem(pem).unwrap();
        assert_same(&signed_by(key()), &signed_by(key()));
    }
    for algorithm in [
        JwsAlgorithm::HS256,
        JwsAlgorithm::HS384,
        JwsAlgorithm::HS512,
    ] {
        let request = || {
            let key = SigningKey::from_pem(PEMS[0]).unwrap();
            request(
                ClientSecretJwt::new("s".repeat(64)).algorithm(algorithm),
                key,
            )
        };
        assert_same(&request(), &request());
    }
}

#[cfg(feature = "rsa")]
mod rsa {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use oauth2_client_credentials::JwsAlgorithm as Jws;
    use ring::signature::{self, RsaParameters, RsaPublicKeyComponents};
    use serde_json::Value;

    use super::*;

    fn key(algorithm: Jws) -> SigningKey {
        let key = SigningKey::from_pem(include_str!("keys/rsa-pkcs8.pem")).unwrap();
        key.with_algorithm(algorithm).unwrap()
    }

    #[test]
    fn each_byte_of_a_request_repeats_with_pkcs1() {
        for algorithm in [Jws::RS256, Jws::RS384, Jws::RS512] {
            assert_same(&signed_by(key(algorithm)), &signed_by(key(algorithm)));
        }
    }

    fn member(key: &SigningKey, name: &str) -> Vec<u8> {
        let jwk: Value = serde_json::from_str(&key.public_jwk().to_string()).unwrap();
        URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
    }

    /// What is signed and the signature, if that is good.
    fn verified<'a>(jws: &'a str, key: &SigningKey, how: &RsaParameters) -> (&'a str, Vec<u8>) {
        let (message, signature) = jws.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = RsaPublicKeyComponents {
            n: member(key, "n"),
            e: member(key, "e"),
        };
        public.verify(how, message.as_bytes(), &signature).unwrap();
        (message, signature)
    }

    #[test]
    fn all_but_the_signatures_repeats_with_pss() {
        for (algorithm, how) in [
            (Jws::PS256, &signature::RSA_PSS_2048_8192_SHA256),
            (Jws::PS384, &signature::RSA_PSS_2048_8192_SHA384),
            (Jws::PS512, &signature::RSA_PSS_2048_8192_SHA512),
        ] {
            let key = key(algorithm);
            let requests = [signed_by(key.clone()), signed_by(key.clone())];
            let [one, other] = requests.each_ref().map(|request| {
                let body = std::str::from_utf8(request.body()).unwrap();
                let (before, assertion) = body.split_once("client_assertion=").unwrap();
                let proof = request.headers()["dpop"].to_str().unwrap();
                let mut rest = request.headers().clone();
                rest.remove("dpop");
                let [assertion, proof] = [assertion, proof].map(|jws| verified(jws, &key, how));
                (before, rest, assertion, proof)
            });
            assert_eq!(requests[0].uri(), requests[1].uri());
            assert_eq!((one.0, &one.1), (other.0, &other.1));
            for (one, other) in [(one.2, other.2), (one.3, other.3)] {
                assert_eq!(one.0, other.0, "{algorithm}: what is signed");
                assert_ne!(one.1, other.1, "{algorithm}: the salt is new");
            }
        }
    }
}
