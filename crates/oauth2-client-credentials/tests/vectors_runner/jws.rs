//! The eyes of the server: what a JWS says, and whether its signature is good.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;
use serde_json::Value;

/// A key as the vectors give it, in two formats.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) jwk: Value,
    pub(crate) pem: String,
}

/// Header and claims of a JWS, or of what is signed in one.
pub(crate) fn decode(jws: &str) -> Result<(Value, Value), String> {
    let mut segments = jws.split('.').map(|segment| {
        let json = bytes(segment)?;
        serde_json::from_slice(&json).map_err(|error| error.to_string())
    });
    let mut next = || segments.next().ok_or("not a JWS")?;
    Ok((next()?, next()?))
}

/// Whether the signature is that of the key. The algorithm is the one that the
/// header names.
pub(crate) fn is_valid(jws: &str, jwk: &Value) -> Result<bool, String> {
    let (header, _) = decode(jws)?;
    let (message, signature) = jws.rsplit_once('.').ok_or("not a JWS")?;
    let (message, signature) = (message.as_bytes(), bytes(signature)?);
    let ecdsa: &dyn VerificationAlgorithm = match text(&header, "alg")? {
        "EdDSA" | "Ed25519" => {
            let public = UnparsedPublicKey::new(&signature::ED25519, member(jwk, "x")?);
            return Ok(public.verify(message, &signature).is_ok());
        }
        "ES256" => &signature::ECDSA_P256_SHA256_FIXED,
        "ES384" => &signature::ECDSA_P384_SHA384_FIXED,
        "ES512" => return is_valid_p521(message, &signature, &point(jwk)?),
        rsa => {
            let algorithm = match rsa {
                "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
                "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
                "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
                "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
                "PS384" => &signature::RSA_PSS_2048_8192_SHA384,
                "PS512" => &signature::RSA_PSS_2048_8192_SHA512,
                other => return Err(format!("cannot check {other}")),
            };
            let (n, e) = (member(jwk, "n")?, member(jwk, "e")?);
            let public = RsaPublicKeyComponents { n, e };
            return Ok(public.verify(algorithm, message, &signature).is_ok());
        }
    };
    let public = UnparsedPublicKey::new(ecdsa, point(jwk)?);
    Ok(public.verify(message, &signature).is_ok())
}

fn is_valid_p521(message: &[u8], signature: &[u8], point: &[u8]) -> Result<bool, String> {
    use p521::ecdsa::signature::Verifier as _;
    use p521::ecdsa::{Signature, VerifyingKey};

    let public = VerifyingKey::from_sec1_bytes(point).map_err(|error| error.to_string())?;
    let signature = Signature::from_slice(signature).map_err(|error| error.to_string())?;
    Ok(public.verify(message, &signature).is_ok())
}

/// Whether both formats are the same public key.
pub(crate) fn is_one_public_key(key: &Key) -> Result<bool, String> {
    let text = key.pem.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD
        .decode(text.collect::<String>())
        .map_err(|error| error.to_string())?;
    let own = match self::text(&key.jwk, "kty")? {
        "RSA" => member(&key.jwk, "n")?,
        "EC" => point(&key.jwk)?,
        _ => member(&key.jwk, "x")?,
    };
    Ok(der.windows(own.len()).any(|part| part == own))
}

fn point(jwk: &Value) -> Result<Vec<u8>, String> {
    Ok([&[4][..], &member(jwk, "x")?, &member(jwk, "y")?].concat())
}

fn member(jwk: &Value, name: &str) -> Result<Vec<u8>, String> {
    bytes(text(jwk, name)?)
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    let value = object.get(name).and_then(Value::as_str);
    value.ok_or_else(|| format!("{name} is missing"))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| error.to_string())
}
