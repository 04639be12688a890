//! One key, and what it does.

use std::fmt;

use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SealingError;

/// One secret of the fleet, and the id by which a value says that it was sealed with it.
///
/// The id is seen in the store; the secret is 32 bytes from a source of randomness, such as a vault or
/// `openssl rand 32`. What seals and what hashes names is derived from it.
#[derive(Clone)]
pub struct SealingKey {
    id: String,
    seals: Zeroizing<[u8; 32]>,
    names: Zeroizing<[u8; 32]>,
}

const NONCE: usize = 24;

impl SealingKey {
    /// The key with this id.
    ///
    /// # Errors
    ///
    /// The id is empty, longer than 255 bytes, or not of visible ASCII.
    pub fn new(id: impl Into<String>, secret: &[u8; 32]) -> Result<Self, SealingError> {
        let id = id.into();
        if id.is_empty() || id.len() > 255 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SealingError::BadId);
        }
        Ok(Self {
            id,
            seals: Zeroizing::new(tag(secret, b"oauth2 shared token: value")),
            names: Zeroizing::new(tag(secret, b"oauth2 shared token: name")),
        })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn name(&self, cell: &[u8]) -> [u8; 32] {
        tag(&self.names, cell)
    }

    pub(super) fn seal(&self, name: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let payload = Payload {
            msg: plain,
            aad: name.as_bytes(),
        };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    pub(super) fn open(&self, name: &str, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = value.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: sealed,
            aad: name.as_bytes(),
        };
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some(Zeroizing::new(plain))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.seals))
    }
}

fn tag(secret: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A name that is hashed with no secret.
pub(super) fn digest(cell: &[u8]) -> [u8; 32] {
    Sha256::digest(cell).into()
}

impl fmt::Debug for SealingKey {
    /// Shows the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
