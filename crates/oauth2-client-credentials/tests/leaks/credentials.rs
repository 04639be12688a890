//! What a client proves itself with.

use std::time::{Duration, SystemTime};

use oauth2_client_credentials::{
    AssertionTemplate, BasicEncoding, Certificate, Client, ClientAssertion, ClientAuthentication,
    ClientSecretBasic, ClientSecretJwt, ClientSecretPost, Dpop, DpopKey, DpopNonces, DpopProof,
    DpopRole, EndpointUri, Fresh, Issuer, JwsAlgorithm, KeyError, Material, NoAuthentication,
    PrivateKeyJwt, PublicJwk, SecretString, SelfSignedTlsClientAuth, SigningKey, TlsClientAuth,
};

use crate::{SECRET, TOKEN, shown::Shown};

const CERTIFICATE: &str = include_str!("../keys/p256-certificate.pem");

pub(crate) fn show(shown: &Shown) {
    secrets(shown);
    keys(shown);
    proofs(shown);
}

fn secrets(shown: &Shown) {
    shown.debug(&SecretString::from(SECRET));
    shown.debug(&BasicEncoding::Raw);
    shown.debug(&ClientSecretBasic::new(SECRET).encoding(BasicEncoding::Raw));
    shown.debug(&ClientSecretPost::new(SECRET));
    shown.debug(&ClientSecretJwt::new(SECRET));
    shown.debug(&ClientAssertion::new(format!("{SECRET}.{SECRET}.x")));
    shown.debug(&NoAuthentication);
    shown.debug(&TlsClientAuth);
    shown.debug(&SelfSignedTlsClientAuth);
    shown.debug(&Material::secret(SECRET));
    shown.debug(&Material::from(key()));
    for method in methods() {
        shown.debug(&method);
        shown.debug(&Client::new("svc", method).unwrap());
    }
    let raw = |secret: String| ClientSecretBasic::new(secret).encoding(BasicEncoding::Raw);
    let wrong: [ClientAuthentication; 3] = [
        raw(format!("{SECRET}\n")).into(),
        ClientAssertion::new(format!("{SECRET} x")).into(),
        ClientSecretJwt::new("canary").into(),
    ];
    for method in wrong {
        shown.error(&Client::new("svc", method).unwrap_err());
    }
    // What the server lists rules out what there is.
    let metadata = crate::answers::metadata();
    let material = Material::from(ClientAssertion::new(format!("{SECRET}.{SECRET}.x")));
    shown.error(&material.into_client("svc", Some(&metadata)).unwrap_err());
}

fn methods() -> [ClientAuthentication; 5] {
    [
        ClientSecretBasic::new(SECRET).into(),
        ClientSecretPost::new(SECRET).into(),
        ClientSecretJwt::new(SECRET).into(),
        PrivateKeyJwt::new(key()).into(),
        ClientAssertion::new(format!("{SECRET}.{SECRET}.x")).into(),
    ]
}

/// A key whose private half begins with the canary.
fn key() -> SigningKey {
    let mut bytes = SECRET.as_bytes().iter().copied();
    SigningKey::generate(|key| key.fill_with(|| bytes.next().unwrap())).unwrap()
}

fn keys(shown: &Shown) {
    shown.debug(&JwsAlgorithm::ES256);
    shown.debug(&key());
    shown.debug(&key().public_jwk());
    shown.debug(&PrivateKeyJwt::new(key()));
    shown.debug(&DpopKey::new(key()));
    shown.debug(&Dpop::new(DpopKey::new(key())));
    shown.debug(&Certificate::from_pem(CERTIFICATE).unwrap());
    let broken: [Result<SigningKey, KeyError>; 6] = [
        SigningKey::from_pem(&format!(
            "-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----"
        )),
        SigningKey::from_pem(SECRET),
        SigningKey::from_der(SECRET.as_bytes()),
        SigningKey::from_jwk(&format!(
            "{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\",\"d\":\"{SECRET}\"}}"
        )),
        SigningKey::from_jwk(&format!("{{\"kty\":\"{SECRET}\"}}")),
        SigningKey::from_jwk(&format!("{{\"kty\":\"oct\",\"k\":\"{SECRET}\"")),
    ];
    for broken in broken {
        shown.error(&broken.unwrap_err());
    }
    // A private key where a public one was meant.
    let private =
        format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQ\",\"d\":\"{SECRET}\"}}");
    shown.debug(&PublicJwk::from_json(&private).unwrap());
}

fn proofs(shown: &Shown) {
    let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [7; 16]);
    shown.debug(&fresh);
    let template = AssertionTemplate::new().lifetime(Duration::from_secs(60));
    let template = template.claim("api_key", SECRET);
    shown.debug(&template);
    let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
    let unsigned = template.unsigned(JwsAlgorithm::ES256, "svc", &endpoint, &fresh);
    shown.debug(&unsigned.unwrap());
    let (method, uri) = (
        http::Method::POST,
        http::Uri::from_static("https://a.example/"),
    );
    let token = oauth2_client_credentials::TokenResponse::new(TOKEN).unwrap();
    let proof = DpopProof::new(&method, &uri, &fresh).access_token(&token);
    shown.debug(&proof);
    shown.debug(&DpopRole::ResourceServer);
    let mut nonces = DpopNonces::new();
    // The server's word, and no secret.
    let name = http::HeaderName::from_static("dpop-nonce");
    let headers = http::HeaderMap::from_iter([(name, "n0nce".parse().unwrap())]);
    nonces.learn(DpopRole::ResourceServer, &uri, &headers);
    shown.debug(&nonces);
    shown.debug(&Issuer::new("https://as.example.com").unwrap());
    for wrong in [
        "https://canary:canary@as.example.com",
        "https://as.example.com?canary",
    ] {
        shown.error(&Issuer::new(wrong).unwrap_err());
    }
}
