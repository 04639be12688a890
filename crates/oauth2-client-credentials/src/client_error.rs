//! Why a client is none.

use std::fmt;

#[cfg(feature = "jose")]
use crate::jose::KeyError;

/// Why a client cannot authenticate as it was told to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientError {
    /// The client id is empty.
    EmptyClientId,
    /// The client id has a colon, which raw HTTP Basic cannot carry (RFC 7617
    /// §2).
    ColonInClientId,
    /// The client id or the secret has a control character, which raw HTTP
    /// Basic cannot carry (RFC 7617 §2).
    ControlCharacter,
    /// The assertion that was given is empty or not in ASCII without spaces.
    InvalidAssertion,
    /// A claim has a name that every assertion has already, or that is there
    /// twice.
    ClaimTaken,
    /// A client assertion would live for less than a second.
    ShortLifetime,
    /// The signature algorithm does not go with the method: a secret signs with
    /// HS256, HS384 and HS512 only.
    UnsupportedAlgorithm,
    /// The secret has less than 32 bytes, which is not enough to sign with (RFC
    /// 7518 §3.2).
    ShortSecret,
    /// The key could not sign.
    #[cfg(feature = "jose")]
    Key(KeyError),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyClientId => "the client id is empty, give the one that the authorization server has registered",
            Self::ColonInClientId => {
                "the client id has a colon, which raw HTTP Basic cannot carry, use `BasicEncoding::Form` or another method"
            }
            Self::ControlCharacter => {
                "the client id or the secret has a control character (a line end?), which raw HTTP Basic cannot carry, trim them"
            }
            Self::InvalidAssertion => {
                "the client assertion is empty or is not visible ASCII, give it as it was issued and without line ends"
            },
            Self::ClaimTaken => {
                "a claim of the client assertion has a name that is taken: iss, sub, aud, jti, iat, exp, or one that is there twice, call it something else"
            }
            Self::ShortLifetime => "a client assertion has to live for a second at least, give it longer",
            Self::UnsupportedAlgorithm => {
                "the signature algorithm does not go with the method, a secret signs with HS256, HS384 or HS512: name one of these"
            }
            Self::ShortSecret => {
                "the client secret is too short to sign with, 32 bytes are the least, have the server issue a longer one"
            }
            #[cfg(feature = "jose")]
            Self::Key(_) => "the client's key could not sign, its cause says what to change",
        })
    }
}

impl std::error::Error for ClientError {
    #[cfg(feature = "jose")]
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key(error) => Some(error),
            _ => None,
        }
    }
}
