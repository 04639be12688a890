//! Public keys as JSON, and their thumbprints.

use std::fmt;

use serde_json::{Map, Value};

use super::KeyError;
use super::compact::{Object, base64url, from_base64url};
use super::sha256;

/// A public key as a JWK (RFC 7517), with the members that make the key and no
/// others: no `kid`, no `alg`, and nothing private.
///
/// `Display` is its JSON.
///
/// ```
/// use oauth2_client_credentials::PublicJwk;
///
/// let jwk = PublicJwk::from_json(
///     r#"{"kty":"OKP","kid":"k1","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
/// )?;
/// assert_eq!(jwk.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), oauth2_client_credentials::KeyError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicJwk {
    key_type: &'static str,
    /// In the order in which they are written.
    members: Vec<(&'static str, String)>,
}

impl PublicJwk {
    /// The public part of a JWK of the type `EC`, `OKP` or `RSA`.
    ///
    /// # Errors
    /// When a member of the key is missing or is not base64url.
    pub fn from_json(json: &str) -> Result<Self, KeyError> {
        let jwk: Map<String, Value> =
            serde_json::from_str(json).map_err(|_| KeyError::Malformed)?;
        Self::of(&jwk)
    }

    pub(super) fn of(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        let text = |name: &'static str| {
            let value = jwk.get(name).and_then(Value::as_str);
            value.ok_or(KeyError::Malformed)
        };
        let (key_type, names): (_, &[_]) = match text("kty")? {
            "EC" => ("EC", &["crv", "x", "y"]),
            "OKP" => ("OKP", &["crv", "x"]),
            "RSA" => ("RSA", &["n", "e"]),
            _ => return Err(KeyError::Unsupported),
        };
        let mut members = Vec::with_capacity(names.len());
        for name in names {
            let value = text(name)?;
            if *name != "crv" && from_base64url(value).is_none_or(|bytes| bytes.is_empty()) {
                return Err(KeyError::Malformed);
            }
            members.push((*name, value.to_owned()));
        }
        Ok(Self { key_type, members })
    }

    /// A point on a curve, uncompressed: a byte that says so, x, y.
    pub(super) fn ec(curve: &str, point: &[u8]) -> Self {
        let (x, y) = point
            .get(1..)
            .map_or((&[][..], &[][..]), |both| both.split_at(both.len() / 2));
        Self {
            key_type: "EC",
            members: vec![
                ("crv", curve.to_owned()),
                ("x", base64url(x)),
                ("y", base64url(y)),
            ],
        }
    }

    pub(super) fn ed25519(public: &[u8; 32]) -> Self {
        Self {
            key_type: "OKP",
            members: vec![("crv", "Ed25519".to_owned()), ("x", base64url(public))],
        }
    }

    #[cfg(feature = "rsa")]
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self {
            key_type: "RSA",
            members: vec![("n", base64url(modulus)), ("e", base64url(exponent))],
        }
    }

    /// The text that the thumbprint is taken of: the members in alphabetical
    /// order, without white space (RFC 7638 §3).
    pub fn canonical_json(&self) -> String {
        let mut members: Vec<_> = self.members().collect();
        members.sort_unstable();
        object(members).finish()
    }

    /// The thumbprint with SHA-256, in base64url (RFC 7638): DPoP's `jkt` (RFC
    /// 9449 §6).
    pub fn thumbprint(&self) -> String {
        sha256(self.canonical_json().as_bytes())
    }

    fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        let rest = self.members.iter().map(|(name, value)| (*name, &**value));
        std::iter::once(("kty", self.key_type)).chain(rest)
    }

    pub(crate) fn object(&self) -> Object {
        object(self.members())
    }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Object {
    let empty = Object::new();
    members
        .into_iter()
        .fold(empty, |object, (name, value)| object.text(name, value))
}

impl fmt::Display for PublicJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.object().finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_public_members_is_taken() {
        let json =
            r#"{"d":"AQ","y":"Ag","x":"AQ","crv":"P-256","kty":"EC","kid":"k","alg":"ES256"}"#;
        let jwk = PublicJwk::from_json(json).unwrap();
        assert_eq!(
            jwk.to_string(),
            r#"{"kty":"EC","crv":"P-256","x":"AQ","y":"Ag"}"#
        );
        assert_eq!(
            jwk.canonical_json(),
            r#"{"crv":"P-256","kty":"EC","x":"AQ","y":"Ag"}"#
        );
    }

    #[test]
    fn what_is_no_public_key() {
        for (json, error) in [
            ("", KeyError::Malformed),
            ("[]", KeyError::Malformed),
            ("{}", KeyError::Malformed),
            (r#"{"kty":"oct","k":"AQ"}"#, KeyError::Unsupported),
            (
                r#"{"kty":"EC","crv":"P-256","x":"AQ"}"#,
                KeyError::Malformed,
            ),
            (r#"{"kty":"RSA","n":"AQ==","e":"AQ"}"#, KeyError::Malformed),
            (r#"{"kty":"RSA","n":"","e":"AQ"}"#, KeyError::Malformed),
            (r#"{"kty":"RSA","n":1,"e":"AQ"}"#, KeyError::Malformed),
        ] {
            assert_eq!(PublicJwk::from_json(json), Err(error), "{json}");
        }
    }
}
