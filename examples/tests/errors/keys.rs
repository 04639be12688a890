//! What is no key, or none that signs.

use oauth2_client_credentials::{Certificate, JwsAlgorithm, KeyError, SigningKey};

use crate::{Collection, failed};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!(
            "../../../crates/oauth2-client-credentials/tests/keys/",
            $name,
            ".pem"
        ))
    };
}

pub(crate) const P256: &str = pem!("p256-pkcs8");
pub(crate) const ED25519: &str = pem!("ed25519-pkcs8");

/// One that signs itself, for [`P256`] or not.
pub(crate) fn certificate() -> &'static str {
    pem!("p256-certificate")
}

pub(crate) fn p256() -> SigningKey {
    SigningKey::from_pem(P256).unwrap()
}

/// One that is whole as far as reading it tells, and cannot sign: an exponent in it is another key's.
pub(crate) fn inconsistent() -> SigningKey {
    SigningKey::from_pem(pem!("rsa-inconsistent-pkcs1")).unwrap()
}

pub(crate) fn collect(all: &mut Collection) {
    all.chapter("A key that cannot sign");
    for (met, pem) in [
        ("no PEM at all", "secret"),
        ("a public key", pem!("p256-public")),
        ("a certificate", pem!("p256-certificate")),
        ("an encrypted key", pem!("encrypted-pkcs8")),
        ("another curve", pem!("secp256k1-sec1")),
        ("a curve that is spelled out", pem!("p256-explicit-pkcs8")),
    ] {
        all.add(met, &failed(SigningKey::from_pem(pem)));
    }
    let jwk = |more: &str| {
        let key =
            r#""kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A""#;
        format!("{{{key},{more}}}")
    };
    let own = r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    for (met, more) in [
        ("a JWK for encryption", format!(r#"{own},"use":"enc""#)),
        (
            "a JWK with an unknown algorithm",
            format!(r#"{own},"alg":"XS256""#),
        ),
        (
            "a JWK with the public part of another key",
            r#""x":"AAqYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#.to_owned(),
        ),
    ] {
        all.add(met, &failed(SigningKey::from_jwk(&jwk(&more))));
    }
    let rsa = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#;
    all.add(
        "an RSA key without its primes",
        &failed(SigningKey::from_jwk(rsa)),
    );
    let weak = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB","p":"AQ","q":"AQ","dp":"AQ","dq":"AQ","qi":"AQ"}"#;
    all.add("a short RSA key", &failed(SigningKey::from_jwk(weak)));
    all.add(
        "an algorithm of another key",
        &failed(p256().with_algorithm(JwsAlgorithm::RS256)),
    );
    all.add(
        "no random bytes",
        &failed(SigningKey::generate(|bytes| bytes.fill(0))),
    );
    all.add(
        "an RSA key without the feature for it",
        &KeyError::RsaNotEnabled,
    );
    all.add("no certificate", &failed(Certificate::from_pem(P256)));
}
