//! Why a request cannot be signed with a MAC.

use std::fmt;

use crate::quoted::Quoted;

/// Why a request cannot be signed with a MAC. No key and no token is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MacError {
    /// An algorithm that is not known; its name as given.
    UnsupportedAlgorithm(String),
    /// There is no key: the answer had no `mac_key`, and none was given.
    MissingKey,
    /// The request's URI has no host or another scheme than http and https.
    MissingHost,
    /// The port of the URI is none: no number, or beyond 65535.
    InvalidPort,
    /// The token, the nonce or the text to be signed too cannot stand in quotes;
    /// or token or nonce is empty.
    InvalidCharacter,
}

impl fmt::Display for MacError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedAlgorithm(name) => write!(
                f,
                "the MAC algorithm {} is not known, use hmac-sha-1 or hmac-sha-256",
                Quoted(name)
            ),
            Self::MissingKey => f.write_str("there is no MAC key, the answer had no `mac_key`: have the server issue MAC tokens, or give the key"),
            Self::MissingHost => f.write_str(
                "a MAC covers the host, so the request needs an absolute http or https URI",
            ),
            Self::InvalidPort => f.write_str("the port of the URI is not a number up to 65535, correct it"),
            Self::InvalidCharacter => f.write_str(
                "the token, the nonce or `ext` is not visible ASCII without quotes and backslashes, which a MAC cannot cover: change `ext`, or have the server issue another token",
            ),
        }
    }
}

impl std::error::Error for MacError {}
