//! What is wrong with a file, and where.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

use crate::setup::output::one_line;

/// A file that cannot be meant. It never repeats a value that may be a secret.
#[derive(Debug)]
pub(crate) struct ConfigError {
    path: PathBuf,
    /// From 1.
    line: Option<usize>,
    reason: String,
}

impl ConfigError {
    /// A name in the file may have a line end in it; what is told has none.
    pub(super) fn new(path: &Path, line: Option<usize>, reason: impl AsRef<str>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            reason: one_line(reason.as_ref()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_whatever_the_file_has_in_it() {
        let error = ConfigError::new(Path::new("x"), Some(2), "there is no [token.a\nb\u{1b}]");
        assert_eq!(error.to_string(), "x: line 2: there is no [token.a b ]");
    }
}
