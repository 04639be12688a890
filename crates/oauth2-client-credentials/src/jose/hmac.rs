//! HS256, HS384 and HS512.

use std::fmt;

use ::hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::JwsAlgorithm;

/// A shared secret that signs (RFC 7518 §3.2).
#[derive(Clone)]
pub(crate) struct HmacKey {
    octets: Zeroizing<Vec<u8>>,
}

impl HmacKey {
    /// The key is the UTF-8 octets of the secret (OpenID Connect Core §10.1).
    pub(crate) fn new(secret: &str) -> Self {
        Self {
            octets: Zeroizing::new(secret.as_bytes().to_vec()),
        }
    }

    /// What it was made of.
    pub(crate) fn secret(&self) -> Option<&str> {
        std::str::from_utf8(&self.octets).ok()
    }

    /// The tag, or `None` if the algorithm is none with a shared secret.
    pub(crate) fn sign(&self, algorithm: JwsAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        macro_rules! tag {
            ($hash:ty) => {{
                let mut mac = Hmac::<$hash>::new_from_slice(&self.octets).ok()?;
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            }};
        }
        Some(match algorithm {
            JwsAlgorithm::HS256 => tag!(Sha256),
            JwsAlgorithm::HS384 => tag!(Sha384),
            JwsAlgorithm::HS512 => tag!(Sha512),
            _ => return None,
        })
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 §4.3.
    #[test]
    fn the_tag_of_a_known_message() {
        let key = HmacKey::new("Jefe");
        let sign = |algorithm| {
            key.sign(algorithm, b"what do ya want for nothing?")
                .unwrap()
        };
        assert_eq!(sign(JwsAlgorithm::HS256)[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(sign(JwsAlgorithm::HS384)[..4], [0xaf, 0x45, 0xd2, 0xe3]);
        assert_eq!(sign(JwsAlgorithm::HS512)[..4], [0x16, 0x4b, 0x7a, 0x7b]);
    }

    #[test]
    fn only_hmac_is_signed_with_a_secret() {
        assert_eq!(HmacKey::new("s").sign(JwsAlgorithm::RS256, b""), None);
        assert_eq!(
            HmacKey::new("s")
                .sign(JwsAlgorithm::HS384, b"")
                .map(|tag| tag.len()),
            Some(48)
        );
    }
}
