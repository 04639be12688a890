//! The kinds of private keys: what each signs with, and how.

use ed25519_dalek::SigningKey as Ed25519;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature as P256Signature, SigningKey as P256};
use p384::ecdsa::{Signature as P384Signature, SigningKey as P384};
use p521::ecdsa::{Signature as P521Signature, SigningKey as P521};

use super::{JwsAlgorithm, KeyError, PublicJwk};

/// A private key, by its kind.
#[derive(Clone)]
pub(super) enum Kind {
    P256(P256),
    P384(P384),
    P521(Box<P521>),
    Ed25519(Box<Ed25519>),
    #[cfg(feature = "rsa")]
    Rsa(super::rsa::RsaKey),
}

impl Kind {
    /// What signs with it if nobody says another.
    pub(super) fn usual_algorithm(&self) -> JwsAlgorithm {
        match self {
            Self::P256(_) => JwsAlgorithm::ES256,
            Self::P384(_) => JwsAlgorithm::ES384,
            Self::P521(_) => JwsAlgorithm::ES512,
            Self::Ed25519(_) => JwsAlgorithm::EdDSA,
            #[cfg(feature = "rsa")]
            Self::Rsa(_) => JwsAlgorithm::RS256,
        }
    }

    pub(super) fn supports(&self, algorithm: JwsAlgorithm) -> bool {
        use JwsAlgorithm as Jws;
        match self {
            Self::P256(_) => algorithm == Jws::ES256,
            Self::P384(_) => algorithm == Jws::ES384,
            Self::P521(_) => algorithm == Jws::ES512,
            Self::Ed25519(_) => matches!(algorithm, Jws::EdDSA | Jws::Ed25519),
            #[cfg(feature = "rsa")]
            Self::Rsa(_) => super::rsa::RsaKey::supports(algorithm),
        }
    }

    pub(super) fn public_jwk(&self) -> PublicJwk {
        match self {
            Self::P256(key) => {
                PublicJwk::ec("P-256", key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Self::P384(key) => {
                PublicJwk::ec("P-384", key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Self::P521(key) => {
                PublicJwk::ec("P-521", key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Self::Ed25519(key) => PublicJwk::ed25519(key.verifying_key().as_bytes()),
            #[cfg(feature = "rsa")]
            Self::Rsa(key) => key.public_jwk(),
        }
    }

    /// RSA is the only kind that has to be told the algorithm.
    #[cfg_attr(
        not(feature = "rsa"),
        allow(unused_variables, reason = "the others have one each")
    )]
    pub(super) fn sign(
        &self,
        algorithm: JwsAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let refused = |_| KeyError::WeakOrInconsistent;
        Ok(match self {
            Self::P256(key) => {
                let signature: P256Signature = key.try_sign(message).map_err(refused)?;
                signature.to_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: P384Signature = key.try_sign(message).map_err(refused)?;
                signature.to_bytes().to_vec()
            }
            Self::P521(key) => {
                let signature: P521Signature = key.try_sign(message).map_err(refused)?;
                signature.to_bytes().to_vec()
            }
            Self::Ed25519(key) => key.try_sign(message).map_err(refused)?.to_bytes().to_vec(),
            #[cfg(feature = "rsa")]
            Self::Rsa(key) => key.sign(algorithm, message)?,
        })
    }
}

/// Each curve is a type of its own, so what differs by nothing else is here
/// once.
macro_rules! curve {
    ($curve:ident, $variant:ident, $wrap:path, $from_sec1:ident, $from_scalar:ident) => {
        impl Kind {
            /// From a SEC1 structure. A public part in it has to be its own.
            pub(super) fn $from_sec1(der: &[u8]) -> Option<Self> {
                let key = $curve::SecretKey::from_sec1_der(der).ok()?;
                Some(Self::$variant($wrap((&key).into())))
            }

            /// From the private number in all its length.
            pub(super) fn $from_scalar(scalar: &[u8]) -> Option<Self> {
                let key = $curve::ecdsa::SigningKey::from_slice(scalar).ok()?;
                Some(Self::$variant($wrap(key)))
            }
        }
    };
}

curve!(
    p256,
    P256,
    std::convert::identity,
    p256_from_sec1,
    p256_from_scalar
);
curve!(
    p384,
    P384,
    std::convert::identity,
    p384_from_sec1,
    p384_from_scalar
);
curve!(p521, P521, Box::new, p521_from_sec1, p521_from_scalar);

impl Kind {
    /// From the 32 bytes that RFC 8032 calls the private key.
    pub(super) fn ed25519(seed: &[u8; 32], public: Option<&[u8]>) -> Result<Self, KeyError> {
        let key = Box::new(Ed25519::from_bytes(seed));
        if public.is_some_and(|public| public != key.verifying_key().as_bytes()) {
            return Err(KeyError::Mismatch);
        }
        Ok(Self::Ed25519(key))
    }
}
