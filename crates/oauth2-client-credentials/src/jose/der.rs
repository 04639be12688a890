//! Private keys in DER: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) and SEC1 (RFC
//! 5915).

use p256::pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::KeyError;
use super::kind::Kind;
use super::misfit::misfit;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A key in whichever of the three formats.
pub(super) fn any(der: &[u8]) -> Result<Kind, KeyError> {
    for read in [pkcs8, sec1] {
        match read(der) {
            Err(KeyError::Malformed) => {}
            result => return result,
        }
    }
    match misfit(der) {
        KeyError::Malformed => pkcs1(der),
        error => Err(error),
    }
}

fn pkcs8(der: &[u8]) -> Result<Kind, KeyError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Malformed)?;
    let inner = info.private_key.as_bytes();
    let key = match info.algorithm.oid {
        EC => match info.algorithm.parameters_oid() {
            Ok(P256) => Kind::p256_from_sec1(inner),
            Ok(P384) => Kind::p384_from_sec1(inner),
            Ok(P521) => Kind::p521_from_sec1(inner),
            Ok(_) => return Err(KeyError::Unsupported),
            // The numbers of the curve (RFC 3279 §2.3.5) in the place of its name.
            Err(_) => return Err(KeyError::ExplicitCurve),
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
fn sec1(der: &[u8]) -> Result<Kind, KeyError> {
    Kind::p256_from_sec1(der)
        .or_else(|| Kind::p384_from_sec1(der))
        .or_else(|| Kind::p521_from_sec1(der))
        .ok_or(KeyError::Malformed)
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
fn pkcs1(der: &[u8]) -> Result<Kind, KeyError> {
    super::rsa::RsaKey::from_pkcs1(der).map(Kind::Rsa)
}

#[cfg(not(feature = "rsa"))]
fn pkcs1(der: &[u8]) -> Result<Kind, KeyError> {
    // A sequence that begins with the version 0 and the modulus.
    let is_rsa = matches!(der, [0x30, 0x82, _, _, 0x02, 0x01, 0x00, 0x02, ..]);
    Err(if is_rsa {
        KeyError::RsaNotEnabled
    } else {
        KeyError::Malformed
    })
}
