//! Why a text names no origin.

use std::{error::Error, fmt};

/// Text that is no origin for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOrigin {
    /// As it was written, if it can be shown.
    origin: Option<String>,
    reason: &'static str,
}

impl InvalidOrigin {
    pub(super) fn new(origin: Option<&str>, reason: &'static str) -> Self {
        Self {
            origin: origin.map(str::to_owned),
            reason,
        }
    }
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "invalid origin {origin:?}: {}", self.reason),
            None => write!(f, "invalid origin: {}", self.reason),
        }
    }
}

impl Error for InvalidOrigin {}
