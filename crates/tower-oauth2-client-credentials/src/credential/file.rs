//! A credential in a file that somebody else renews.

use std::{
    cmp::Reverse,
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    io::Read,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use oauth2_client_credentials::SecretString;
use tokio::runtime::Handle;

use super::{
    ask::{Asking, Question},
    current::Current,
    evidence::Evidence,
};
use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    heard::Hidden,
};

/// Makes evidence of a file's bytes.
pub(super) type Reader = Box<dyn Fn(&[u8]) -> Result<Evidence, BoxError> + Send + Sync>;

/// A file, and what was in it the last time.
pub(super) struct CredentialFile {
    path: PathBuf,
    reader: Reader,
    question: Question,
    /// A fingerprint with a key of this process: of the secret itself there is no second copy.
    seen: Mutex<Option<u64>>,
    hasher: RandomState,
}

/// No credential is larger, in bytes.
const LARGEST: usize = 65_536;

/// In bytes. What is shorter tells nothing, and would be found everywhere.
const SHORTEST_PART: usize = 8;

/// How many lines and words of a file are looked for in an error of its reader. Of a file with more, nothing that its reader says is
/// shown.
const PARTS: usize = 200;

/// How often the file is looked at while requests fail because of what was in it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl CredentialFile {
    pub(super) fn new(path: PathBuf, reader: Reader) -> Self {
        Self {
            path,
            reader,
            question: Question::default(),
            seen: Mutex::new(None),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn may_look(&self) -> bool {
        self.question.may_look(LOOK_EVERY)
    }

    /// Reads it on a thread for blocking work: a file may lie on a network.
    pub(super) fn read(self: &Arc<Self>, runtime: &Handle, current: &Arc<Current>) -> Asking {
        self.question.ask(|answering| {
            let (this, current) = (Arc::clone(self), Arc::clone(current));
            drop(runtime.spawn_blocking(move || {
                let outcome = panic::catch_unwind(AssertUnwindSafe(|| this.try_read()))
                    .unwrap_or_else(|_| {
                        Err("what reads it panicked, and the panic hook was told why".into())
                    });
                this.question
                    .publish(&answering, || this.take(&current, outcome));
            }));
        })
    }

    fn take(&self, current: &Current, outcome: Result<Option<New>, BoxError>) {
        let adopted = outcome.and_then(|new| match new {
            None => {
                current.confirm();
                Ok(())
            }
            Some(new) => {
                current.adopt(new.evidence)?;
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.print);
                Ok(())
            }
        });
        if let Err(problem) = adopted {
            let problem = Hidden::default().in_causes(&*problem);
            let message = format!(
                "the credential file {} cannot be used: {problem}; check the path, who may read it, and what is in it",
                self.path.display()
            );
            current.fail(TokenError::new(TokenErrorKind::Configuration, message));
        }
    }

    /// What is in it, if that is something else than the last time.
    fn try_read(&self) -> Result<Option<New>, BoxError> {
        let bytes = Wiped::read(&self.path)?;
        let bytes = bytes.as_slice();
        if bytes.is_empty() {
            return Err("it is empty".into());
        }
        if bytes.len() > LARGEST {
            return Err(format!("it is over {LARGEST} bytes").into());
        }
        let print = self.hasher.hash_one(bytes);
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen == Some(print) {
            return Ok(None);
        }
        match (self.reader)(bytes) {
            Ok(evidence) => Ok(Some(New { evidence, print })),
            // The reader is the user's, and parsers like to show where they stood.
            Err(error) => Err(without_content(error, bytes)),
        }
    }
}

/// What a file has now and did not have before.
struct New {
    evidence: Evidence,
    print: u64,
}

/// A file's bytes, of which no copy is left behind if they are text.
enum Wiped {
    Text(SecretString),
    Bytes(Vec<u8>),
}

impl Wiped {
    fn read(path: &Path) -> Result<Self, BoxError> {
        // Before it is opened: that of a FIFO takes until somebody writes.
        if !fs::metadata(path)?.is_file() {
            return Err("it is no regular file".into());
        }
        // Large enough from the start: what grows leaves copies behind.
        let mut bytes = Vec::with_capacity(LARGEST + 1);
        File::open(path)?
            .take(LARGEST as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(error) => Self::Bytes(error.into_bytes()),
        })
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.expose().as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// An error of a reader without what it read: all of it, or a part that is not short.
fn without_content(error: BoxError, bytes: &[u8]) -> BoxError {
    let texts = || bytes.utf8_chunks().map(|chunk| chunk.valid().trim());
    let mut parts: Vec<_> = texts()
        .flat_map(parts)
        .filter(|part| part.len() >= SHORTEST_PART)
        .chain(texts().filter(|text| !text.is_empty()))
        .collect();
    parts.sort_unstable_by_key(|part| (Reverse(part.len()), *part));
    parts.dedup();
    if parts.len() > PARTS {
        return "its reader refuses it, with words that are not shown, for the file is too long to look for all of it in them".into();
    }
    parts
        .into_iter()
        .fold(Hidden::default(), |hidden, part| hidden.and(&part.into()))
        .in_error(error)
}

/// The lines of a text, what is between its quotes or behind a name, and its words, in whatever format it has. `\n` is how a key is kept
/// on one line.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let separates =
        |unit: char| unit.is_whitespace() || matches!(unit, '"' | '\'' | '`' | ':' | '=' | ',');
    let lines = text.lines().map(str::trim);
    let words = text.split(separates);
    let words = words.flat_map(|word| {
        let bare = word.trim_matches(|unit: char| "{}[]()<>;".contains(unit));
        [word, bare].into_iter().chain(word.split("\\n"))
    });
    let quoted = ['"', '\'', '`']
        .into_iter()
        .flat_map(|quote| text.split(quote));
    let values = text.lines().filter_map(|line| line.split_once([':', '=']));
    let values = values.map(|(_, value)| value.trim());
    lines.chain(quoted).chain(values).chain(words)
}

/// The secret in a file's bytes, without the line ends that editors and `echo` put after it.
pub(super) fn secret_text(bytes: &[u8]) -> Result<SecretString, BoxError> {
    // The error of the standard library would be as good, but says nothing of the file's.
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err("it has nothing but line ends in it".into());
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_no_part_of_a_secret_and_all_else_is() {
        for (text, secret) in [
            ("s", "s"),
            ("s\n", "s"),
            ("s\r\n", "s"),
            ("s\n\n", "s"),
            (" s \n", " s "),
            ("a\nb\n", "a\nb"),
        ] {
            assert_eq!(secret_text(text.as_bytes()).unwrap().expose(), secret);
        }
        for bytes in [&b"\r\n"[..], b"\xff"] {
            assert!(secret_text(bytes).is_err(), "{bytes:?}");
        }
    }
}
