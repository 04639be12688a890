//! Private keys in DER: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) and SEC1 (RFC
//! 5915).

use p256::pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::KeyError;
use super::signing_key::Kind;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A key in whichever of the three formats.
pub(super) fn any(der: &[u8]) -> Result<Kind, KeyError> {
    match pkcs8(der) {
        Err(KeyError::Malformed) => {}
        result => return result,
    }
    match sec1(der) {
        Err(KeyError::Malformed) => pkcs1(der),
        result => result,
    }
}

pub(super) fn pkcs8(der: &[u8]) -> Result<Kind, KeyError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Malformed)?;
    let inner = info.private_key.as_bytes();
    let key = match info.algorithm.oid {
        EC => match info.algorithm.parameters_oid() {
            Ok(P256) => Kind::p256_from_sec1(inner),
            Ok(P384) => Kind::p384_from_sec1(inner),
            Ok(P521) => Kind::p521_from_sec1(inner),
            _ => return Err(KeyError::Unsupported),
        },
        ED25519 => {
            let public = info.public_key.map(|key| key.raw_bytes());
            return ed25519(inner, public);
        }
        RSA => return pkcs1(inner),
        _ => return Err(KeyError::Unsupported),
    };
    key.ok_or(KeyError::Malformed)
}

/// Without a wrapper that names the curve, the key itself may name it, and else
/// its length has to tell.
pub(super) fn sec1(der: &[u8]) -> Result<Kind, KeyError> {
    Kind::p256_from_sec1(der)
        .or_else(|| Kind::p384_from_sec1(der))
        .or_else(|| Kind::p521_from_sec1(der))
        // A sequence of a version 1 and octets: another curve, or a public part of
        // another key.
        .ok_or(match der {
            [0x30, _, 2, 1, 1, 4, ..] | [0x30, 0x81, _, 2, 1, 1, 4, ..] => KeyError::Unsupported,
            _ => KeyError::Malformed,
        })
}

/// An octet string within the octet string (RFC 8410 §7).
fn ed25519(inner: &[u8], public: Option<&[u8]>) -> Result<Kind, KeyError> {
    let [0x04, 0x20, seed @ ..] = inner else {
        return Err(KeyError::Malformed);
    };
    let seed = <[u8; 32]>::try_from(seed).map_err(|_| KeyError::Malformed)?;
    Kind::ed25519(&Zeroizing::new(seed), public)
}

#[cfg(feature = "rsa")]
pub(super) fn pkcs1(der: &[u8]) -> Result<Kind, KeyError> {
    super::rsa::RsaKey::from_pkcs1(der).map(Kind::Rsa)
}

#[cfg(not(feature = "rsa"))]
pub(super) fn pkcs1(der: &[u8]) -> Result<Kind, KeyError> {
    // A sequence that begins with the version 0 and the modulus.
    let is_rsa = matches!(der, [0x30, 0x82, _, _, 0x02, 0x01, 0x00, 0x02, ..]);
    Err(if is_rsa {
        KeyError::RsaNotEnabled
    } else {
        KeyError::Malformed
    })
}
