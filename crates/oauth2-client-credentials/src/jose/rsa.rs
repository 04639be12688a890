//! RSA, which another library signs: see the crate's documentation on features.

use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature;

use super::{JwsAlgorithm, KeyError, PublicJwk};

#[derive(Clone)]
pub(super) struct RsaKey {
    pair: Arc<KeyPair>,
}

impl RsaKey {
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        KeyPair::from_der(der)
            .map_err(|error| match error.to_string().as_str() {
                "InvalidEncoding" => KeyError::Malformed,
                _ => KeyError::WeakOrInconsistent,
            })
            .and_then(Self::checked)
    }

    pub(super) fn from_components(
        components: &KeyPairComponents<Vec<u8>, zeroize::Zeroizing<Vec<u8>>>,
    ) -> Result<Self, KeyError> {
        KeyPair::from_components(components)
            .map_err(|_| KeyError::WeakOrInconsistent)
            .and_then(Self::checked)
    }

    /// The library takes 2047 bits for enough.
    fn checked(pair: KeyPair) -> Result<Self, KeyError> {
        let modulus = PublicKeyComponents::<Vec<u8>>::from(pair.public()).n;
        if modulus.len() < 256 || modulus[0] < 0x80 && modulus.len() == 256 {
            return Err(KeyError::WeakOrInconsistent);
        }
        Ok(Self {
            pair: Arc::new(pair),
        })
    }

    pub(super) fn supports(algorithm: JwsAlgorithm) -> bool {
        padding(algorithm).is_some()
    }

    pub(super) fn public_jwk(&self) -> PublicJwk {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        PublicJwk::rsa(&public.n, &public.e)
    }

    pub(super) fn sign(
        &self,
        algorithm: JwsAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let padding = padding(algorithm).ok_or(KeyError::Algorithm)?;
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(padding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| KeyError::WeakOrInconsistent)?;
        Ok(signature)
    }
}

fn padding(algorithm: JwsAlgorithm) -> Option<&'static dyn signature::RsaEncoding> {
    Some(match algorithm {
        JwsAlgorithm::RS256 => &signature::RSA_PKCS1_SHA256,
        JwsAlgorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        JwsAlgorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        JwsAlgorithm::PS256 => &signature::RSA_PSS_SHA256,
        JwsAlgorithm::PS384 => &signature::RSA_PSS_SHA384,
        JwsAlgorithm::PS512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}
