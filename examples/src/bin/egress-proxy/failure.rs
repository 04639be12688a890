//! Why the program cannot go on.

use std::{error::Error, fmt};

/// A line for whoever started it.
#[derive(Debug)]
pub(crate) struct Failure {
    reason: String,
}

impl Failure {
    /// This machine does not give what is needed.
    pub(crate) fn new(what: &str, error: &dyn Error) -> Self {
        Self {
            reason: format!("{what}: {error}"),
        }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
