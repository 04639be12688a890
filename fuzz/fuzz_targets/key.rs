//! Any bytes as a key: PEM, DER or JWK; and as a certificate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{Certificate, PublicJwk, SigningKey};

fuzz_target!(|input: &[u8]| {
    check(SigningKey::from_der(input));
    if let Ok(certificate) = Certificate::from_der(input) {
        assert_eq!(certificate.thumbprint_s256().len(), 43);
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    check(SigningKey::from_pem(text));
    check(SigningKey::from_jwk(text));
    let _ = Certificate::from_pem(text);
    if let Ok(jwk) = PublicJwk::from_json(text) {
        assert_eq!(jwk.thumbprint().len(), 43);
    }
});

/// A key that was read can sign, and what it shows is the public half alone.
fn check<E: std::fmt::Display>(key: Result<SigningKey, E>) {
    match key {
        Ok(key) => {
            let _ = key.sign(b"message");
            let _ = format!("{key:?}");
            let jwk = key.public_jwk();
            assert!(!jwk.canonical_json().contains("\"d\""));
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}
