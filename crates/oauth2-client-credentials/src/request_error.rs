//! Why a token request cannot be made.

use std::fmt;

use crate::quoted::Quoted;
use crate::secret::SecretString;

/// Why what was asked for cannot be sent.
///
/// Names the parameter and, unless it could be a secret, the value at fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestError {
    kind: RequestErrorKind,
    parameter: String,
    value: Option<String>,
}

impl RequestError {
    pub(crate) fn value(kind: RequestErrorKind, parameter: &str, value: &str) -> Self {
        Self {
            kind,
            parameter: parameter.to_owned(),
            value: Some(value.to_owned()),
        }
    }

    pub(crate) fn parameter_only(kind: RequestErrorKind, parameter: &str) -> Self {
        Self {
            kind,
            parameter: parameter.to_owned(),
            value: None,
        }
    }

    /// That a token which the request is about is empty, if it is.
    pub(crate) fn if_empty(parameter: &str, token: &SecretString) -> Option<Self> {
        let is_empty = token.expose().is_empty();
        is_empty.then(|| Self::parameter_only(RequestErrorKind::EmptyParameter, parameter))
    }

    #[cfg(feature = "jose")]
    pub(crate) fn not_fresh() -> Self {
        Self::parameter_only(RequestErrorKind::NotFresh, "client_assertion")
    }

    /// The client was looked at when it was made, so what is left is its key.
    #[cfg(feature = "jose")]
    pub(crate) fn not_signed(_: crate::client_error::ClientError) -> Self {
        Self::parameter_only(RequestErrorKind::NotSigned, "client_assertion")
    }

    /// What sort of mistake it is.
    pub fn kind(&self) -> RequestErrorKind {
        self.kind
    }

    /// The name of the parameter at fault; empty when a body could not be read
    /// as parameters.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    /// The value at fault, whole, where it is a scope token or a resource.
    pub fn invalid_value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            RequestErrorKind::InvalidScope => {
                let value = Quoted(self.value.as_deref().unwrap_or_default());
                write!(
                    f,
                    "{value} is no scope token, which is visible ASCII without `\"` and `\\`: check how the server spells it"
                )
            }
            RequestErrorKind::InvalidResource => {
                let value = Quoted(self.value.as_deref().unwrap_or_default());
                write!(
                    f,
                    "{value} is no resource, which is an absolute URI without a fragment: write it as `https://host/path`"
                )
            }
            RequestErrorKind::InvalidAuthorizationDetails => f.write_str(
                "authorization_details must be a JSON array of objects, each with a string `type`, such as `[{\"type\":\"t\"}]`",
            ),
            RequestErrorKind::ReservedParameter => {
                write!(
                    f,
                    "the parameter {} cannot be an extra, the client or a method of its own sets it, leave it out here",
                    Quoted(&self.parameter)
                )
            }
            RequestErrorKind::RepeatedParameter => {
                write!(
                    f,
                    "the parameter {} is there more than once, leave all but one out",
                    Quoted(&self.parameter)
                )
            }
            RequestErrorKind::EmptyParameter => {
                write!(
                    f,
                    "the parameter {} is empty, give the token that the request is about",
                    Quoted(&self.parameter)
                )
            }
            RequestErrorKind::InvalidBody => f.write_str("the body to extend is not form-encoded, write it as `name=value&name=value`"),
            RequestErrorKind::NotFresh => f.write_str(
                "this client signs each request and needs time and randomness that no other request had, see `Client::with_fresh`",
            ),
            RequestErrorKind::NotSigned => f.write_str(
                "the client's key could not sign, its parts do not go together, export it anew",
            ),
        }
    }
}

impl std::error::Error for RequestError {}

/// What sort of mistake a [`RequestError`] is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// A scope token with a character that RFC 6749 §3.3 does not allow.
    InvalidScope,
    /// A resource that is no absolute URI, or has a fragment (RFC 8707 §2).
    InvalidResource,
    /// Not the JSON that RFC 9396 §2 asks for.
    InvalidAuthorizationDetails,
    /// An extra parameter with a name that is not the caller's to set, or that
    /// was set by its own method too.
    ReservedParameter,
    /// The token that the request is about is empty.
    EmptyParameter,
    /// A name that is there twice in a body that was to be extended.
    RepeatedParameter,
    /// A body to be extended that is no form.
    InvalidBody,
    /// The client [signs](crate::Client::signs), and was not given the time and
    /// the randomness for it.
    NotFresh,
    /// The client's key could not sign: the parts of an RSA key do not go
    /// together, which is not always seen when it is read.
    NotSigned,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_value_on_one_line_and_not_too_long() {
        let value = format!("a\r\n{}", "x".repeat(1000));
        let error = RequestError::value(RequestErrorKind::InvalidScope, "scope", &value);
        let shown = error.to_string();
        assert!(shown.starts_with("`a\\r\\nxxx"), "{shown}");
        assert!(shown.len() < 250 && !shown.contains('\n'), "{shown}");
        assert_eq!(error.invalid_value(), Some(&*value));
    }
}
