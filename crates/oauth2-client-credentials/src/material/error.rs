//! Why no method goes with the material.

use std::fmt;

use crate::client_error::ClientError;
use crate::quoted::Beginning;

/// Why a client cannot be made of its [`Material`](crate::Material) for a
/// server.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MaterialError {
    /// The method, or methods, that go with the material; and what the server
    /// lists instead.
    MethodNotListed(Vec<&'static str>, Vec<String>),
    /// The algorithm that the key signs with; and what the server lists instead.
    AlgorithmNotListed(&'static str, Vec<String>),
    /// The material does not make a client.
    Client(ClientError),
}

impl fmt::Display for MaterialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MethodNotListed(methods, listed) => write!(
                f,
                "this credential is for {}, and the server lists {}: use another credential, or name the method",
                methods.join(" or "),
                Listed(listed),
            ),
            Self::AlgorithmNotListed(algorithm, listed) => write!(
                f,
                "the key signs with {algorithm}, and the server lists {}: choose one of these, or another key",
                Listed(listed),
            ),
            Self::Client(_) => {
                f.write_str("the credential makes no client, its cause says what to change")
            }
        }
    }
}

impl std::error::Error for MaterialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Client(error) => Some(error),
            _ => None,
        }
    }
}

/// What a server wrote: on one line, and not too long.
struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        for (place, name) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Beginning(name, 60))?;
        }
        if self.0.len() > SHOWN {
            f.write_str(" and more")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_lists_is_shown_on_one_line() {
        let listed = vec!["a\n\u{1b}".to_owned(), "x".repeat(1_000)];
        let shown = MaterialError::AlgorithmNotListed("ES256", listed).to_string();
        assert!(
            !shown.contains(char::is_control) && shown.len() < 300 && shown.contains("x…: choose"),
            "{shown}"
        );
        let many = MaterialError::MethodNotListed(vec!["none"], vec!["m".to_owned(); 1_000]);
        assert!(many.to_string().contains("m and more: use"), "{many}");
    }
}
