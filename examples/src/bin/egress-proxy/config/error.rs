//! What is wrong with a file, and where.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

/// A file that cannot be meant. It never repeats a value that may be a secret.
#[derive(Debug)]
pub(crate) struct ConfigError {
    path: PathBuf,
    /// From 1.
    line: Option<usize>,
    reason: String,
}

impl ConfigError {
    pub(super) fn new(path: &Path, line: Option<usize>, reason: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl Error for ConfigError {}
