//! Keys as programs write them, and what is signed with them.
//!
//! The keys in `tests/keys` were made by OpenSSL and protect nothing. What is
//! signed is checked by another library than signed it, where that knows the
//! curve.

#![cfg(feature = "jose")]
#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oauth2_client_credentials::{JwsAlgorithm, KeyError, SigningKey};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::Value;

const P256: [&str; 3] = [
    include_str!("keys/p256-sec1.pem"),
    include_str!("keys/p256-pkcs8.pem"),
    include_str!("keys/p256-sec1-without-public.pem"),
];
const P384: [&str; 2] = [
    include_str!("keys/p384-sec1.pem"),
    include_str!("keys/p384-pkcs8.pem"),
];
const P521: [&str; 2] = [
    include_str!("keys/p521-sec1.pem"),
    include_str!("keys/p521-pkcs8.pem"),
];
const ED25519: &str = include_str!("keys/ed25519-pkcs8.pem");
#[cfg(feature = "rsa")]
const RSA: [&str; 2] = [
    include_str!("keys/rsa-pkcs1.pem"),
    include_str!("keys/rsa-pkcs8.pem"),
];

/// What is between the lines of the last block.
fn der(pem: &str) -> Vec<u8> {
    let (_, block) = pem.rsplit_once("-----BEGIN ").unwrap();
    let mut parts = block.split("-----");
    let text: String = parts.nth(1).unwrap().split_whitespace().collect();
    STANDARD.decode(text).unwrap()
}

fn member(key: &SigningKey, name: &str) -> Vec<u8> {
    let jwk: Value = serde_json::from_str(&key.public_jwk().to_string()).unwrap();
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}

fn point(key: &SigningKey) -> Vec<u8> {
    [&[4][..], &member(key, "x"), &member(key, "y")].concat()
}

fn verify(algorithm: &'static dyn VerificationAlgorithm, public: &[u8], key: &SigningKey) {
    let message = b"a message";
    let mut signature = key.sign(message).unwrap();
    let public = UnparsedPublicKey::new(algorithm, public);
    public.verify(message, &signature).unwrap();
    signature[0] ^= 1;
    public.verify(message, &signature).unwrap_err();
}

#[test]
fn one_key_in_every_format() {
    for (pems, algorithm) in [
        (&P256[..], JwsAlgorithm::ES256),
        (&P384, JwsAlgorithm::ES384),
        (&P521, JwsAlgorithm::ES512),
        (&[ED25519], JwsAlgorithm::EdDSA),
    ] {
        let first = SigningKey::from_pem(pems[0]).unwrap();
        assert_eq!(first.algorithm(), algorithm);
        for pem in pems {
            for key in [
                SigningKey::from_pem(pem).unwrap(),
                SigningKey::from_pem(&pem.replace('\n', "\r\n")).unwrap(),
                SigningKey::from_der(&der(pem)).unwrap(),
            ] {
                assert_eq!(key.public_jwk(), first.public_jwk());
                assert_eq!(key.sign(b"m"), first.sign(b"m"));
            }
        }
    }
}

#[test]
fn other_eyes_find_the_signatures_good() {
    let p256 = SigningKey::from_pem(P256[0]).unwrap();
    verify(&signature::ECDSA_P256_SHA256_FIXED, &point(&p256), &p256);
    let p384 = SigningKey::from_pem(P384[0]).unwrap();
    verify(&signature::ECDSA_P384_SHA384_FIXED, &point(&p384), &p384);
    let ed25519 = SigningKey::from_pem(ED25519).unwrap();
    verify(&signature::ED25519, &member(&ed25519, "x"), &ed25519);
    let ed25519 = ed25519.with_algorithm(JwsAlgorithm::Ed25519).unwrap();
    verify(&signature::ED25519, &member(&ed25519, "x"), &ed25519);
}

/// RFC 6979, A.2.5 and A.2.7: the message `sample` with the curve's own hash.
#[test]
fn ecdsa_is_that_of_rfc_6979() {
    for (length, private, expected) in [
        (
            32,
            "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
             F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            66,
            "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75\
             CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538",
            "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F\
             174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA\
             00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF\
             282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A",
        ),
    ] {
        // SEC1 without curve and public part: the length tells.
        let sec1 = [&[0x30, length + 5, 2, 1, 1, 4, length][..], &hex(private)].concat();
        let key = SigningKey::from_der(&sec1).unwrap();
        assert_eq!(key.sign(b"sample").unwrap(), hex(expected));
    }
}

/// RFC 7515, A.4: a signature that another implementation made.
#[test]
fn a_foreign_es512_signature_is_good_for_the_same_key() {
    use p521::ecdsa::signature::Verifier as _;
    use p521::ecdsa::{Signature, VerifyingKey};

    let key = SigningKey::from_jwk(
        r#"{"kty":"EC","crv":"P-521",
            "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
            "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
            "d":"AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"}"#,
    )
    .unwrap();
    let message = b"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA";
    let foreign = URL_SAFE_NO_PAD
        .decode(
            "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7Xdt\
             AG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
        )
        .unwrap();
    let own = key.sign(message).unwrap();
    assert_eq!(own.len(), foreign.len());
    let public = VerifyingKey::from_sec1_bytes(&point(&key)).unwrap();
    for mut signature in [foreign, own] {
        let verify = |bytes: &[u8]| {
            let signature = Signature::from_slice(bytes).unwrap();
            public.verify(message, &signature)
        };
        verify(&signature).unwrap();
        signature[131] ^= 1;
        verify(&signature).unwrap_err();
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text
        .chars()
        .map(|digit| digit.to_digit(16).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_in_every_format_with_every_padding() {
    use ring::signature::RsaPublicKeyComponents;

    let first = SigningKey::from_pem(RSA[0]).unwrap();
    for pem in RSA {
        for key in [
            SigningKey::from_pem(pem).unwrap(),
            SigningKey::from_der(&der(pem)).unwrap(),
        ] {
            assert_eq!(key.algorithm(), JwsAlgorithm::RS256);
            assert_eq!(key.public_jwk(), first.public_jwk());
            assert_eq!(key.sign(b"m"), first.sign(b"m"));
        }
    }
    let public = RsaPublicKeyComponents {
        n: member(&first, "n"),
        e: member(&first, "e"),
    };
    for (algorithm, verifier) in [
        (JwsAlgorithm::RS256, &signature::RSA_PKCS1_2048_8192_SHA256),
        (JwsAlgorithm::RS384, &signature::RSA_PKCS1_2048_8192_SHA384),
        (JwsAlgorithm::RS512, &signature::RSA_PKCS1_2048_8192_SHA512),
        (JwsAlgorithm::PS256, &signature::RSA_PSS_2048_8192_SHA256),
        (JwsAlgorithm::PS384, &signature::RSA_PSS_2048_8192_SHA384),
        (JwsAlgorithm::PS512, &signature::RSA_PSS_2048_8192_SHA512),
    ] {
        let key = first.clone().with_algorithm(algorithm).unwrap();
        let signature = key.sign(b"m").unwrap();
        public.verify(verifier, b"m", &signature).unwrap();
        public.verify(verifier, b"n", &signature).unwrap_err();
    }
}

/// Reading a key does not tell that `dP` is wrong, and signing with it would give the key away.
#[cfg(feature = "rsa")]
#[test]
fn an_rsa_key_that_would_sign_wrongly_does_not_sign() {
    let key = SigningKey::from_pem(include_str!("keys/rsa-inconsistent-pkcs1.pem")).unwrap();
    for algorithm in [JwsAlgorithm::RS256, JwsAlgorithm::PS256] {
        let key = key.clone().with_algorithm(algorithm).unwrap();
        assert_eq!(key.sign(b"m").unwrap_err(), KeyError::WeakOrInconsistent);
    }
}

#[test]
fn an_algorithm_goes_with_one_kind_of_key() {
    let key = SigningKey::from_pem(P256[0]).unwrap();
    for algorithm in [
        JwsAlgorithm::ES384,
        JwsAlgorithm::RS256,
        JwsAlgorithm::EdDSA,
        JwsAlgorithm::HS256,
    ] {
        assert!(!key.supports(algorithm));
        let refused = key.clone().with_algorithm(algorithm);
        assert_eq!(refused.unwrap_err(), KeyError::Algorithm, "{algorithm}");
    }
}

const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"k1","alg":"Ed25519",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

#[test]
fn a_jwk_brings_its_id_and_its_algorithm() {
    let key = SigningKey::from_jwk(JWK).unwrap();
    assert_eq!(key.key_id(), Some("k1"));
    assert_eq!(key.algorithm(), JwsAlgorithm::Ed25519);
}

#[test]
fn a_key_is_made_of_the_bytes_that_are_given() {
    let generate = |byte| SigningKey::generate(|bytes| bytes.fill(byte));
    let key = generate(7).unwrap();
    assert_eq!(key.public_jwk(), generate(7).unwrap().public_jwk());
    assert_ne!(key.public_jwk(), generate(8).unwrap().public_jwk());
    verify(&signature::ECDSA_P256_SHA256_FIXED, &point(&key), &key);

    // Zero and what is beyond the curve's order are no keys: other bytes are asked for.
    let mut draws = [0, 0xff, 7].into_iter();
    let third = SigningKey::generate(|bytes| bytes.fill(draws.next().unwrap())).unwrap();
    assert_eq!(third.public_jwk(), key.public_jwk());
    assert_eq!(generate(0).unwrap_err(), KeyError::Randomness);
}
