//! What can be wrong with an issuer and its metadata.

use std::fmt;

use http::StatusCode;

use crate::endpoint_uri::EndpointUriError;
use crate::quoted::Quoted;

use super::Metadata;

/// Why a text is no issuer (RFC 8414 §2). The text is not part of the error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IssuerError {
    /// It is no URI that a client may connect to.
    Uri(EndpointUriError),
    /// It has a query.
    Query,
    /// No URI can be as long as that of its metadata.
    TooLong,
}

impl fmt::Display for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uri(EndpointUriError::Invalid) => {
                "the issuer is not a valid URI, check its port and escape characters that are not allowed"
            },
            Self::Uri(EndpointUriError::Fragment) => {
                "the issuer has a fragment, remove `#` and what follows"
            }
            Self::Uri(EndpointUriError::UserInformation) => {
                "the issuer has user information, remove what stands before the `@`, and the `@`"
            }
            Self::Uri(EndpointUriError::Plaintext) => {
                "the issuer is plain http, use https or allow it with `Issuer::allow_plaintext`"
            }
            Self::Uri(EndpointUriError::NotAbsolute) => {
                "the issuer is not an absolute http or https URI, write it as `https://host/path`"
            }
            Self::Query => "the issuer has a query, remove `?` and what follows",
            Self::TooLong => "the issuer is too long, check that it is one URI",
        })
    }
}

impl std::error::Error for IssuerError {}

/// Why an answer is not the metadata of the issuer that was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MetadataError {
    /// Another status than 200 (RFC 8414 §3.2). With 404 the document may be at
    /// the other [well-known place](crate::WellKnown).
    Status(StatusCode),
    /// A body beyond [`Metadata::MAX_BODY`](crate::Metadata::MAX_BODY).
    TooLarge,
    /// No JSON object, or one with a name twice.
    Unreadable,
    /// The metadata of this other issuer (RFC 8414 §3.3): 1 000 characters of it
    /// at most, and `…` if it has more.
    IssuerMismatch(String),
    /// A member that is missing or is not what it has to be.
    Field(&'static str),
}

impl MetadataError {
    /// The member at fault, if it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(field) => Some(field),
            Self::IssuerMismatch(_) => Some("issuer"),
            _ => None,
        }
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(
                f,
                "the server answered {status} instead of its metadata, try the other well-known place, or name the token endpoint itself"
            ),
            Self::TooLarge => write!(
                f,
                "the metadata is over {} bytes, check the issuer",
                Metadata::MAX_BODY
            ),
            Self::Unreadable => {
                f.write_str("the metadata is not a JSON object with unique names, check the issuer")
            }
            Self::IssuerMismatch(found) => {
                write!(
                    f,
                    "the metadata is of the issuer {}, which is not, character for character, the one that was asked: give that one if it is the server you mean",
                    Quoted(found)
                )
            }
            Self::Field(field) => write!(
                f,
                "`{field}` in the metadata is missing or is not what RFC 8414 has it be: name the token endpoint itself, and tell whoever runs the server"
            ),
        }
    }
}

impl std::error::Error for MetadataError {}
