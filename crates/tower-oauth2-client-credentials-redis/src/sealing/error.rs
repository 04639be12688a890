//! Keys that cannot be.

use std::{error::Error, fmt};

/// Why keys cannot seal. It shows no key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealingError {
    /// There is none.
    NoKey,
    /// Two have this id.
    SameId(String),
    /// An id is empty, too long, or has other characters than visible ASCII.
    BadId,
}

impl fmt::Display for SealingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str(
                "there is no key to seal tokens with; give one, or ask for `Sealing::unsealed` by name",
            ),
            Self::SameId(id) => write!(
                f,
                "two sealing keys have the id `{id}`; give each an id of its own, such as the month it is from"
            ),
            Self::BadId => f.write_str(
                "the id of a sealing key is not 1 to 255 visible ASCII characters; give it a short name, such as a month",
            ),
        }
    }
}

impl Error for SealingError {}
