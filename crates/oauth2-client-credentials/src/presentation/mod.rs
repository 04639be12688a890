//! How a token is shown to a resource server.

mod accepted;
mod bearer;
#[cfg(feature = "jose")]
mod dpop;
mod form_body;
#[cfg(feature = "mac")]
mod mac;
mod query;
mod scheme;

use std::fmt;

#[cfg(feature = "jose")]
use crate::jose::KeyError;
use crate::quoted::{Quoted, kept};
use crate::token_response::TokenResponse;

pub use self::bearer::{Bearer, OnExisting};
#[cfg(feature = "jose")]
pub use self::dpop::{Dpop, DpopKey, DpopNonces, DpopProof, DpopRole, attach_dpop_proof};
pub use self::form_body::BearerInForm;
#[cfg(feature = "mac")]
pub use self::mac::{Mac, MacAlgorithm, MacError, MacSignature};
pub use self::query::BearerInQuery;
pub use self::scheme::Presentation;

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
    /// [`OnExisting::Refuse`] was chosen; or an `access_token` in the query or
    /// the form, which may be there but once.
    AlreadyAuthorized,
    /// The request cannot carry a token in this way: its method or its content
    /// type has no form body (RFC 6750 §2.2).
    UnsupportedPlacement,
    /// A proof needs the host that the request goes to, and the URI names none.
    RelativeUri,
    /// The port of the URI is none: no number, or beyond 65535. A proof of
    /// another port would be for another server.
    InvalidPort,
    /// The request cannot be signed with a MAC.
    #[cfg(feature = "mac")]
    NoMac(MacError),
    /// The key could not sign the proof.
    #[cfg(feature = "jose")]
    NotSigned(KeyError),
    /// What a scheme of the caller's own says, without the token.
    Other(String),
}

impl PresentationError {
    /// The token's type is not one that is shown in this way. The name may be
    /// the server's.
    pub(crate) fn unsupported(token: &TokenResponse) -> Self {
        Self::UnsupportedTokenType(kept(token.token_type().as_str()))
    }
}

impl fmt::Display for PresentationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedTokenType(name) => write!(
                f,
                "a token of type {} cannot be shown in this way, see `Bearer::treat_as_bearer` for what is a bearer token by another name",
                Quoted(name),
            ),
            Self::InsecureUri => {
                f.write_str("a token is sent over https, or over http to this machine, to a host that the URI names: write the URI as `https://host/path`")
            }
            Self::InvalidAccessToken => f.write_str("the access token has characters that cannot stand in a header, have the server issue another"),
            Self::AlreadyAuthorized => {
                f.write_str("the request has an authorization already, remove it or let it be replaced (`OnExisting`)")
            }
            Self::UnsupportedPlacement => f.write_str(
                "the token goes into a form only: give the request the content type `application/x-www-form-urlencoded` and a method other than GET and HEAD, or show the token in the header",
            ),
            Self::RelativeUri => f.write_str("a proof needs a URI that names the host, make it absolute"),
            Self::InvalidPort => f.write_str("the port of the URI is not a number up to 65535, correct it"),
            #[cfg(feature = "mac")]
            Self::NoMac(_) => f.write_str("the request cannot be signed with a MAC, its cause says what to change"),
            #[cfg(feature = "jose")]
            Self::NotSigned(_) => f.write_str("the key could not sign the proof, its cause says what to change"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for PresentationError {
    #[cfg(any(feature = "jose", feature = "mac"))]
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            #[cfg(feature = "mac")]
            Self::NoMac(error) => Some(error),
            #[cfg(feature = "jose")]
            Self::NotSigned(error) => Some(error),
            _ => None,
        }
    }
}
