//! What is no key, or none that signs: each with words of its own.

#![cfg(feature = "jose")]
#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2_client_credentials::{KeyError, SigningKey};

const P256: [&str; 2] = [
    include_str!("keys/p256-sec1.pem"),
    include_str!("keys/p256-pkcs8.pem"),
];
const P521: &str = include_str!("keys/p521-sec1.pem");
const ED25519: &str = include_str!("keys/ed25519-pkcs8.pem");
const RSA: [&str; 2] = [
    include_str!("keys/rsa-pkcs1.pem"),
    include_str!("keys/rsa-pkcs8.pem"),
];

const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"k1","alg":"Ed25519",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// What is between the lines of the last block.
fn der(pem: &str) -> Vec<u8> {
    let (_, block) = pem.rsplit_once("-----BEGIN ").unwrap();
    let mut parts = block.split("-----");
    let text: String = parts.nth(1).unwrap().split_whitespace().collect();
    STANDARD.decode(text).unwrap()
}

#[cfg(not(feature = "rsa"))]
#[test]
fn rsa_names_its_feature() {
    for pem in RSA {
        for refused in [SigningKey::from_pem(pem), SigningKey::from_der(&der(pem))] {
            assert_eq!(refused.unwrap_err(), KeyError::RsaNotEnabled);
        }
    }
}

#[test]
fn what_is_no_private_key_is_refused() {
    for (pem, why) in [
        ("", KeyError::Malformed),
        ("-----BEGIN PRIVATE KEY-----\nMC4", KeyError::Malformed),
        (
            "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----",
            KeyError::Malformed,
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----",
            KeyError::Malformed,
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----",
            KeyError::NotPrivate,
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----",
            KeyError::NotPrivate,
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAQID\n-----END OPENSSH PRIVATE KEY-----",
            KeyError::Unsupported,
        ),
        (
            include_str!("keys/encrypted-pkcs8.pem"),
            KeyError::Encrypted,
        ),
        (
            include_str!("keys/encrypted-pkcs1.pem"),
            KeyError::Encrypted,
        ),
        (
            include_str!("keys/secp256k1-sec1.pem"),
            KeyError::Unsupported,
        ),
        (
            "-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----",
            KeyError::Malformed,
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nAQID\n-----END RSA PRIVATE KEY-----",
            KeyError::Malformed,
        ),
    ] {
        assert_eq!(SigningKey::from_pem(pem).unwrap_err(), why, "{pem}");
    }
}

#[test]
fn der_that_is_no_private_key_is_refused() {
    let secp256k1 = der(include_str!("keys/secp256k1-sec1.pem"));
    for (bytes, why) in [
        (&[][..], KeyError::Malformed),
        (&[1, 2, 3], KeyError::Malformed),
        (&[0x30, 0], KeyError::Malformed),
        (&secp256k1, KeyError::Unsupported),
    ] {
        assert_eq!(SigningKey::from_der(bytes).unwrap_err(), why, "{bytes:?}");
    }
}

#[test]
fn each_mistake_has_words_of_its_own() {
    for (pem, why) in [
        (include_str!("keys/p256-public.pem"), KeyError::NotPrivate),
        (
            include_str!("keys/rsa-public-pkcs1.pem"),
            KeyError::NotPrivate,
        ),
        (
            include_str!("keys/p256-certificate.pem"),
            KeyError::NotPrivate,
        ),
        (
            include_str!("keys/encrypted-pkcs8.pem"),
            KeyError::Encrypted,
        ),
        (
            include_str!("keys/p256-explicit-pkcs8.pem"),
            KeyError::ExplicitCurve,
        ),
        (
            include_str!("keys/p256-explicit-sec1.pem"),
            KeyError::ExplicitCurve,
        ),
    ] {
        assert_eq!(SigningKey::from_pem(pem).unwrap_err(), why, "{pem}");
        assert_eq!(SigningKey::from_der(&der(pem)).unwrap_err(), why, "{pem}");
        // Under a label that promises something else.
        let body = STANDARD.encode(der(pem));
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
            let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            assert_eq!(SigningKey::from_pem(&pem).unwrap_err(), why, "{pem}");
        }
    }
}

#[test]
fn line_ends_may_be_escaped() {
    for pem in [P256[0], P256[1], P521, ED25519] {
        let key = SigningKey::from_pem(pem).unwrap().public_jwk();
        for end in ["\\n", "\\r\\n", " "] {
            let read = SigningKey::from_pem(&pem.replace('\n', end)).unwrap();
            assert_eq!(read.public_jwk(), key, "{end}");
        }
    }
}

#[test]
fn a_jwk_that_is_for_something_else_is_refused() {
    let with = |members: &str| SigningKey::from_jwk(&JWK.replace('}', &format!(",{members}}}")));
    for members in [
        r#""use":"sig""#,
        r#""use":null,"key_ops":null"#,
        r#""key_ops":["verify","sign"]"#,
        r#""use":"sig","key_ops":["sign"]"#,
    ] {
        assert!(with(members).is_ok(), "{members}");
    }
    for (members, why) in [
        (r#""use":"enc""#, KeyError::NotForSigning),
        (r#""key_ops":[]"#, KeyError::NotForSigning),
        (r#""key_ops":["verify"]"#, KeyError::NotForSigning),
        (
            r#""use":"sig","key_ops":["decrypt"]"#,
            KeyError::NotForSigning,
        ),
        (r#""use":1"#, KeyError::Malformed),
        (r#""key_ops":"sign""#, KeyError::Malformed),
    ] {
        assert_eq!(with(members).unwrap_err(), why, "{members}");
    }
}

#[cfg(feature = "rsa")]
#[test]
fn an_rsa_key_without_its_primes_is_told_apart() {
    let jwk = r#"{"kty":"RSA","n":"AQ","e":"AQAB","d":"AQ","p":"AQ","q":"AQ","dp":"AQ","dq":"AQ","qi":"AQ"}"#;
    for name in ["p", "q", "dp", "dq", "qi"] {
        let without = jwk.replace(&format!(",\"{name}\":\"AQ\""), "");
        assert_ne!(without, jwk);
        let refused = SigningKey::from_jwk(&without).unwrap_err();
        assert_eq!(refused, KeyError::MissingPrimes, "{name}");
    }
    let refused = SigningKey::from_jwk(jwk).unwrap_err();
    assert_eq!(refused, KeyError::WeakOrInconsistent);
}

#[test]
fn a_certificate_before_the_key_does_not_hide_it() {
    let pem = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n".to_owned() + P256[0];
    assert!(SigningKey::from_pem(&pem).is_ok());
}

#[test]
fn a_jwk_that_does_not_fit_together_is_refused() {
    for (what, with, why) in [
        ("11qY", "11qZ", KeyError::Mismatch),
        (r#""d""#, r#""_d""#, KeyError::NotPrivate),
        (r#""x""#, r#""_x""#, KeyError::Malformed),
        ("nWGx", "nWG", KeyError::Malformed),
        ("nWGx", "", KeyError::Malformed),
        (
            r#""alg":"Ed25519""#,
            r#""alg":"ES256""#,
            KeyError::Algorithm,
        ),
        (r#""alg":"Ed25519""#, r#""alg":"none""#, KeyError::Algorithm),
        (r#""alg":"Ed25519""#, r#""alg":1"#, KeyError::Malformed),
        (
            r#""crv":"Ed25519""#,
            r#""crv":"X25519""#,
            KeyError::Unsupported,
        ),
        ("OKP", "oct", KeyError::Unsupported),
        ("}", "", KeyError::Malformed),
    ] {
        let jwk = JWK.replace(what, with);
        assert_ne!(jwk, JWK);
        assert_eq!(SigningKey::from_jwk(&jwk).unwrap_err(), why, "{jwk}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_panics(bytes: Vec<u8>, text: String) {
        let _ = SigningKey::from_der(&bytes);
        let _ = SigningKey::from_pem(&text);
        let _ = SigningKey::from_jwk(&text);
        let pem = format!("-----BEGIN PRIVATE KEY-----{}-----END ", STANDARD.encode(&bytes));
        let _ = SigningKey::from_pem(&pem);
    }

    #[test]
    fn nothing_panics_on_a_damaged_key(place: proptest::sample::Index, byte: u8) {
        for pem in [P256[1], P521, ED25519, RSA[1]] {
            let mut bytes = der(pem);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = SigningKey::from_der(&bytes);
        }
    }
}
