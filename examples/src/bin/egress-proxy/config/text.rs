//! The text of a file, to say where in it something is, and what was probably meant.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use super::ConfigError;

#[derive(Debug)]
pub(super) struct Text {
    path: PathBuf,
    text: String,
}

/// Names that are less alike than this are not suggested.
const ALIKE: f64 = 0.7;

impl Text {
    pub(super) fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// An error at a place of it.
    pub(super) fn error(&self, at: Range<usize>, reason: impl AsRef<str>) -> ConfigError {
        ConfigError::new(&self.path, Some(self.line(at.start)), reason)
    }

    /// An error at a key of a table, or where the table begins if it does not have that, or none is meant.
    pub(super) fn in_table(&self, table: Range<usize>, key: &str, reason: &str) -> ConfigError {
        if key.is_empty() {
            return self.error(table, reason);
        }
        let begin = table.start.min(self.text.len());
        let mut at = begin;
        for (index, line) in self.text[begin..].split_inclusive('\n').enumerate() {
            // The next table.
            if index > 0 && line.starts_with('[') {
                break;
            }
            let rest = line.trim_start().strip_prefix(key);
            if rest.is_some_and(|rest| rest.trim_start().starts_with('=')) {
                return self.error(at..at, format!("{key}: {reason}"));
            }
            at += line.len();
        }
        self.error(table, format!("{key}: {reason}"))
    }

    /// What the parser refused. Its own text would show the line, and a secret may stand there.
    pub(super) fn refused(&self, error: &toml::de::Error) -> ConfigError {
        let reason = without_value(error.message());
        let reason = match suggestion(&reason) {
            Some(more) => format!("{reason}; {more}"),
            // One of ours, which says what to do.
            None if reason.contains("; ") => reason,
            None => format!("{reason}; correct it"),
        };
        match error.span() {
            Some(span) => self.error(span, reason),
            None => ConfigError::new(&self.path, None, reason),
        }
    }

    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

/// serde shows the value that has a wrong type, and every text.
fn without_value(message: &str) -> String {
    let shown = message.strip_prefix("invalid type: ").or_else(|| {
        message
            .strip_prefix("invalid value: ")
            .filter(|rest| rest.starts_with("string "))
    });
    match shown.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((value, expected)) => {
            let kind = value
                .split(['`', '"'])
                .next()
                .unwrap_or_default()
                .trim_end();
            let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
                "an"
            } else {
                "a"
            };
            format!("this cannot be {article} {kind}, expected {expected}")
        }
        None => message.replace('\n', " "),
    }
}

/// What to write where a key is missing, or what was meant by an unknown one, of those that serde lists.
fn suggestion(message: &str) -> Option<String> {
    if message.starts_with("missing field") {
        return Some("write it".to_owned());
    }
    let rest = message.strip_prefix("unknown field `")?;
    let (unknown, expected) = rest.split_once('`')?;
    if unknown == "client_secret" {
        return Some("a secret does not stand in this file: use client_secret_file".to_owned());
    }
    let known = expected.split('`').skip(1).step_by(2);
    nearest(unknown, known).map(|name| format!("did you mean `{name}`?"))
}

/// The name that is most like this one, if it is like it at all.
pub(super) fn nearest<'a>(to: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rated = names.map(|name| (strsim::jaro(to, name), name));
    let best = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_wrong_type_is_not_repeated() {
        for (message, said) in [
            (
                r#"invalid type: string "hunter2", expected a sequence"#,
                "this cannot be a string, expected a sequence",
            ),
            (
                r#"invalid type: string "a", expected b", expected a sequence"#,
                "this cannot be a string, expected a sequence",
            ),
            (
                "invalid type: integer `4711`, expected a string",
                "this cannot be an integer, expected a string",
            ),
            (
                "invalid value: integer `0`, expected a nonzero usize",
                "invalid value: integer `0`, expected a nonzero usize",
            ),
        ] {
            assert_eq!(without_value(message), said);
        }
    }

    #[test]
    fn what_is_not_alike_is_not_suggested() {
        let names = ["prefix", "upstream", "token"];
        assert_eq!(nearest("upstraem", names.into_iter()), Some("upstream"));
        assert_eq!(nearest("xyz", names.into_iter()), None);
    }
}
