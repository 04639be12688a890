//! Private keys as JSON.

use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use super::compact::from_base64url;
use super::kind::Kind;
use super::{KeyError, PublicJwk};

/// What a JWK says of a private key.
pub(super) struct PrivateJwk {
    pub(super) kind: Kind,
    pub(super) algorithm: Option<String>,
    pub(super) key_id: Option<String>,
}

pub(super) fn read(json: &str) -> Result<PrivateJwk, KeyError> {
    let mut jwk: Map<String, Value> =
        serde_json::from_str(json).map_err(|_| KeyError::Malformed)?;
    let key = key(&jwk);
    for value in jwk.values_mut() {
        if let Value::String(text) = value {
            text.zeroize();
        }
    }
    key
}

fn key(jwk: &Map<String, Value>) -> Result<PrivateJwk, KeyError> {
    let public = PublicJwk::of(jwk)?;
    if !jwk.contains_key("d") {
        return Err(KeyError::NotPrivate);
    }
    if !is_for_signing(jwk)? {
        return Err(KeyError::NotForSigning);
    }
    let kind = kind(jwk)?;
    if kind.public_jwk() != public {
        return Err(KeyError::Mismatch);
    }
    Ok(PrivateJwk {
        kind,
        algorithm: optional_text(jwk, "alg")?,
        key_id: optional_text(jwk, "kid")?,
    })
}

/// What is absent says nothing against it.
fn is_for_signing(jwk: &Map<String, Value>) -> Result<bool, KeyError> {
    let is_for_encryption = optional_text(jwk, "use")?.is_some_and(|purpose| purpose == "enc");
    let may_sign = match jwk.get("key_ops") {
        None | Some(Value::Null) => true,
        Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "sign"),
        Some(_) => return Err(KeyError::Malformed),
    };
    Ok(may_sign && !is_for_encryption)
}

fn kind(jwk: &Map<String, Value>) -> Result<Kind, KeyError> {
    let curve = jwk.get("crv").and_then(Value::as_str);
    let kind = match (jwk.get("kty").and_then(Value::as_str), curve) {
        (Some("EC"), Some("P-256")) => Kind::p256_from_scalar(&number(jwk, "d")?),
        (Some("EC"), Some("P-384")) => Kind::p384_from_scalar(&number(jwk, "d")?),
        (Some("EC"), Some("P-521")) => Kind::p521_from_scalar(&number(jwk, "d")?),
        (Some("OKP"), Some("Ed25519")) => {
            let seed = number(jwk, "d")?;
            let seed = <&[u8; 32]>::try_from(&seed[..]).map_err(|_| KeyError::Malformed)?;
            return Kind::ed25519(seed, None);
        }
        (Some("RSA"), _) => return rsa(jwk),
        _ => return Err(KeyError::Unsupported),
    };
    kind.ok_or(KeyError::Malformed)
}

#[cfg(feature = "rsa")]
fn rsa(jwk: &Map<String, Value>) -> Result<Kind, KeyError> {
    use ring::rsa::{KeyPairComponents, PublicKeyComponents};

    let is_missing = |name| jwk.get(name).is_none_or(Value::is_null);
    if ["p", "q", "dp", "dq", "qi"].into_iter().any(is_missing) {
        return Err(KeyError::MissingPrimes);
    }

    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: number(jwk, "n")?.to_vec(),
            e: number(jwk, "e")?.to_vec(),
        },
        d: number(jwk, "d")?,
        p: number(jwk, "p")?,
        q: number(jwk, "q")?,
        dP: number(jwk, "dp")?,
        dQ: number(jwk, "dq")?,
        qInv: number(jwk, "qi")?,
    };
    super::rsa::RsaKey::from_components(&components).map(Kind::Rsa)
}

#[cfg(not(feature = "rsa"))]
fn rsa(_: &Map<String, Value>) -> Result<Kind, KeyError> {
    Err(KeyError::RsaNotEnabled)
}

fn number(jwk: &Map<String, Value>, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = jwk.get(name).and_then(Value::as_str);
    text.and_then(from_base64url)
        .map(Zeroizing::new)
        .ok_or(KeyError::Malformed)
}

fn optional_text(jwk: &Map<String, Value>, name: &str) -> Result<Option<String>, KeyError> {
    match jwk.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(KeyError::Malformed),
    }
}
