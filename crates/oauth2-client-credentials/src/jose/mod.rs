//! The little of JOSE that client assertions and DPoP need: compact JWS (RFC
//! 7515), keys (RFC 7517, RFC 7518) and their thumbprints (RFC 7638).

mod algorithm;
pub(crate) mod compact;
#[cfg(feature = "jose")]
mod der;
#[cfg(feature = "jose")]
mod hmac;
#[cfg(feature = "jose")]
mod jwk;
#[cfg(feature = "jose")]
mod key_error;
#[cfg(feature = "jose")]
mod kind;
#[cfg(feature = "jose")]
mod misfit;
#[cfg(feature = "jose")]
pub(crate) mod pem;
#[cfg(feature = "jose")]
mod private_jwk;
#[cfg(feature = "rsa")]
mod rsa;
#[cfg(feature = "jose")]
mod signing_key;

pub use self::algorithm::JwsAlgorithm;
#[cfg(feature = "jose")]
pub(crate) use self::hmac::HmacKey;
#[cfg(feature = "jose")]
pub use self::jwk::PublicJwk;
#[cfg(feature = "jose")]
pub use self::key_error::KeyError;
#[cfg(feature = "jose")]
pub use self::signing_key::SigningKey;

/// The SHA-256 of `bytes` in base64url, as thumbprints and `ath` are written.
#[cfg(feature = "jose")]
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    compact::base64url(&sha2::Sha256::digest(bytes))
}
