//! The eyes of the server: what a JWS says, and whether its signature is good.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oauth2_client_credentials::{KeyError, SigningKey};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;
use serde_json::Value;

/// A key as the vectors give it, in one format or two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    jwk: Option<Value>,
    pem: Option<String>,
}

impl Key {
    /// The private key from each format that is there: at least one.
    pub(crate) fn private(&self) -> Result<Vec<Result<SigningKey, KeyError>>, String> {
        let jwk = self.jwk.as_ref();
        let from_jwk = jwk.map(|jwk| SigningKey::from_jwk(&jwk.to_string()));
        let from_pem = self.pem.as_deref().map(SigningKey::from_pem);
        let keys: Vec<_> = from_jwk.into_iter().chain(from_pem).collect();
        if keys.is_empty() {
            return Err("a key without a format".to_owned());
        }
        Ok(keys)
    }

    /// Whether this, which is a public key, says that the signature is good, in
    /// each of its formats. The algorithm is the one that the header names.
    pub(crate) fn verify(&self, jws: &str) -> Result<(), String> {
        let from_jwk = self.jwk.as_ref().map(Public::of_jwk).transpose()?;
        let from_pem = self.pem.as_deref().map(Public::of_pem).transpose()?;
        if from_jwk.is_none() && from_pem.is_none() {
            return Err("a key without a format".to_owned());
        }
        for public in from_jwk.into_iter().chain(from_pem) {
            if !public.is_valid(jws)? {
                return Err(format!("the signature is bad: {jws}"));
            }
        }
        Ok(())
    }

    /// Whether a JWK is this public key.
    pub(crate) fn is(&self, jwk: &Value) -> bool {
        self.jwk.as_ref().is_none_or(|own| own == jwk)
    }
}

/// A public key as ring takes it.
enum Public {
    /// An uncompressed point, or 32 bytes.
    Curve(Vec<u8>),
    Components(RsaPublicKeyComponents<Vec<u8>>),
    /// Either, or the DER of PKCS #1.
    Bytes(Vec<u8>),
}

impl Public {
    fn of_jwk(jwk: &Value) -> Result<Self, String> {
        Ok(match text(jwk, "kty")? {
            "RSA" => Self::Components(RsaPublicKeyComponents {
                n: member(jwk, "n")?,
                e: member(jwk, "e")?,
            }),
            "EC" => Self::Curve([&[4][..], &member(jwk, "x")?, &member(jwk, "y")?].concat()),
            _ => Self::Curve(member(jwk, "x")?),
        })
    }

    /// SubjectPublicKeyInfo: a sequence of an algorithm and a bit string.
    fn of_pem(pem: &str) -> Result<Self, String> {
        let text = pem.lines().filter(|line| !line.starts_with("-----"));
        let der = STANDARD
            .decode(text.collect::<String>())
            .map_err(|error| error.to_string())?;
        let key = || {
            let (content, _) = element(&der)?;
            let (_, bits) = element(content)?;
            let (bits, _) = element(bits)?;
            bits.split_first().map(|(_, key)| key.to_vec())
        };
        key()
            .map(Self::Bytes)
            .ok_or_else(|| "no public key".to_owned())
    }

    fn is_valid(&self, jws: &str) -> Result<bool, String> {
        let (header, _) = decode(jws)?;
        let (message, signature) = jws.rsplit_once('.').ok_or("not a JWS")?;
        let (message, signature) = (message.as_bytes(), bytes(signature)?);
        let name = text(&header, "alg")?;
        if let ("ES512", Self::Curve(point) | Self::Bytes(point)) = (name, self) {
            return is_valid_p521(message, &signature, point);
        }
        let rsa = match name {
            "RS256" => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            "PS256" => Some(&signature::RSA_PSS_2048_8192_SHA256),
            "PS384" => Some(&signature::RSA_PSS_2048_8192_SHA384),
            "PS512" => Some(&signature::RSA_PSS_2048_8192_SHA512),
            _ => None,
        };
        let algorithm: &dyn VerificationAlgorithm = match (name, rsa) {
            (_, Some(rsa)) => {
                if let Self::Components(public) = self {
                    return Ok(public.verify(rsa, message, &signature).is_ok());
                }
                rsa
            }
            ("EdDSA" | "Ed25519", _) => &signature::ED25519,
            ("ES256", _) => &signature::ECDSA_P256_SHA256_FIXED,
            ("ES384", _) => &signature::ECDSA_P384_SHA384_FIXED,
            (other, _) => return Err(format!("cannot check {other}")),
        };
        let (Self::Curve(key) | Self::Bytes(key)) = self else {
            return Ok(false);
        };
        let public = UnparsedPublicKey::new(algorithm, key);
        Ok(public.verify(message, &signature).is_ok())
    }
}

/// What is in the first element of some DER, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [_, length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [_, 0x81, length, rest @ ..] => (usize::from(*length), rest),
        [_, 0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
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

/// Whether the signature is that of the key.
pub(crate) fn is_valid(jws: &str, jwk: &Value) -> Result<bool, String> {
    Public::of_jwk(jwk)?.is_valid(jws)
}

fn is_valid_p521(message: &[u8], signature: &[u8], point: &[u8]) -> Result<bool, String> {
    use p521::ecdsa::signature::Verifier as _;
    use p521::ecdsa::{Signature, VerifyingKey};

    let public = VerifyingKey::from_sec1_bytes(point).map_err(|error| error.to_string())?;
    let signature = Signature::from_slice(signature).map_err(|error| error.to_string())?;
    Ok(public.verify(message, &signature).is_ok())
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
