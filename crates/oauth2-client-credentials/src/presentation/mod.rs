//! How a token is shown to a resource server.

mod bearer;

use std::fmt;

pub use self::bearer::{Bearer, OnExisting};

/// Why a token was not attached to a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PresentationError {
    /// The token has another type than is shown in this way (RFC 6749 §7.1: a
    /// type that is not understood is not used).
    UnsupportedTokenType(String),
    /// The request goes over plain http to another machine.
    InsecureUri,
    /// The token cannot stand in a header.
    InvalidAccessToken,
    /// There is an `Authorization` already, and
    /// [`OnExisting::Refuse`] was chosen.
    AlreadyAuthorized,
}

impl fmt::Display for PresentationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedTokenType(name) => write!(
                f,
                "a token of type `{}` cannot be shown as a bearer token, see `Bearer::treat_as_bearer`",
                name.escape_debug(),
            ),
            Self::InsecureUri => {
                f.write_str("a token is not sent over plain http to another machine, use https")
            }
            Self::InvalidAccessToken => f.write_str("the access token cannot stand in a header"),
            Self::AlreadyAuthorized => {
                f.write_str("the request has an authorization header already")
            }
        }
    }
}

impl std::error::Error for PresentationError {}
