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
    /// A name in the file may have a line end in it, and no end; what is told has none, and one.
    pub(super) fn new(path: &Path, line: Option<usize>, reason: impl AsRef<str>) -> Self {
        const LONGEST: usize = 1_000;
        let reason = reason.as_ref();
        let end = reason.char_indices().nth(LONGEST);
        Self {
            path: path.to_owned(),
            line,
            reason: match end {
                Some((end, _)) => one_line(&reason[..end]) + "…",
                None => one_line(reason),
            },
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

    #[test]
    fn it_is_not_long_whatever_the_file_has_in_it() {
        let error = ConfigError::new(Path::new("x"), None, "\u{e4}".repeat(1_000_000));
        assert_eq!(error.to_string().chars().count(), 1_004);
    }
}
