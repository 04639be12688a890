//! How a token is to be used.

use std::fmt;

/// What kind of token the server issued (RFC 6749 §7.1).
///
/// Names are compared without regard to case. A type that this crate does not
/// know is kept in the server's spelling, and showing such a token to a
/// resource server is an error unless the caller vouches for it
/// ([`Bearer::treat_as_bearer`](crate::Bearer::treat_as_bearer)).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenType {
    /// Whoever holds it may use it (RFC 6750).
    Bearer,
    /// Bound to a key, of which each use needs a proof (RFC 9449).
    DPoP,
    /// Anything else, as the server wrote it.
    Other(String),
}

impl TokenType {
    /// The name: `Bearer` and `DPoP` in this spelling, others as given.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bearer => "Bearer",
            Self::DPoP => "DPoP",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for TokenType {
    fn from(name: &str) -> Self {
        if name.eq_ignore_ascii_case("bearer") {
            Self::Bearer
        } else if name.eq_ignore_ascii_case("dpop") {
            Self::DPoP
        } else {
            Self::Other(name.to_owned())
        }
    }
}

impl From<String> for TokenType {
    fn from(name: String) -> Self {
        Self::from(&*name)
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_in_any_case() {
        assert_eq!(TokenType::from("bEAreR"), TokenType::Bearer);
        assert_eq!(TokenType::from("dpop").as_str(), "DPoP");
    }

    #[test]
    fn others_as_given() {
        assert_eq!(TokenType::from("Bearer ").to_string(), "Bearer ");
        assert_eq!(TokenType::from(""), TokenType::Other(String::new()));
    }
}
