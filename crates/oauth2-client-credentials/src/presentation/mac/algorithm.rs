//! The algorithms of a MAC token.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::MacError;
use crate::quoted::kept;

/// What a MAC is computed with (drafts 00 and 01 §3.3). Names compare without
/// regard to case.
///
/// ```
/// use oauth2_client_credentials::MacAlgorithm;
///
/// let algorithm: MacAlgorithm = "HMAC-SHA-256".parse()?;
/// assert_eq!(algorithm.as_str(), "hmac-sha-256");
/// # Ok::<(), oauth2_client_credentials::MacError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MacAlgorithm {
    /// `hmac-sha-1`
    HmacSha1,
    /// `hmac-sha-256`
    HmacSha256,
}

impl MacAlgorithm {
    /// The name in the drafts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac-sha-1",
            Self::HmacSha256 => "hmac-sha-256",
        }
    }

    /// The MAC of `text`, in base64.
    pub(super) fn mac(self, key: &str, text: &str) -> Result<String, MacError> {
        let (key, text) = (key.as_bytes(), text.as_bytes());
        // A key of any length will do for HMAC, but the signature of the library
        // leaves room for one that will not.
        let unusable = |_| MacError::MissingKey;
        Ok(match self {
            Self::HmacSha1 => {
                let mac = Hmac::<Sha1>::new_from_slice(key).map_err(unusable)?;
                STANDARD.encode(mac.chain_update(text).finalize().into_bytes())
            }
            Self::HmacSha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(key).map_err(unusable)?;
                STANDARD.encode(mac.chain_update(text).finalize().into_bytes())
            }
        })
    }

    /// The hash of `body`, in base64.
    pub(super) fn hash(self, body: &[u8]) -> String {
        match self {
            Self::HmacSha1 => STANDARD.encode(Sha1::digest(body)),
            Self::HmacSha256 => STANDARD.encode(Sha256::digest(body)),
        }
    }
}

impl FromStr for MacAlgorithm {
    type Err = MacError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::HmacSha1, Self::HmacSha256]
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| MacError::UnsupportedAlgorithm(kept(name)))
    }
}

impl fmt::Display for MacAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
