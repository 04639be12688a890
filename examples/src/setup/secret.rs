//! Where the client's secret comes from. Never from an argument: `ps` shows those to everybody.

use std::{env, fs::File, io::Read, path::Path};

use oauth2_client_credentials::SecretString;

use super::failure::Failure;

/// A secret is no larger, in bytes.
const LONGEST: usize = 65_536;

/// The secret in `file`, or else the one in the environment, or else none.
///
/// # Errors
///
/// The file cannot be read or has no secret in it; or the secret is not UTF-8.
pub(crate) fn read(file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
    match file {
        Some(path) => in_file("client secret", path).map(Some),
        None => in_environment(),
    }
}

/// What is in the file at `path`, without the line ends after it. `what` it is, for the error.
///
/// # Errors
///
/// It cannot be read, has nothing in it, or is not UTF-8.
pub(crate) fn in_file(what: &str, path: &Path) -> Result<SecretString, Failure> {
    let failure = |problem: &dyn std::fmt::Display| {
        Failure::configuration(format!(
            "the {what} file {}: {problem}; check the path, who may read it, and what is in it",
            path.display()
        ))
    };
    // Large enough from the start: what grows leaves copies behind.
    let mut text = String::with_capacity(LONGEST + 1);
    File::open(path)
        .and_then(|file| file.take(LONGEST as u64 + 1).read_to_string(&mut text))
        .map_err(|error| failure(&error))?;
    if text.len() > LONGEST {
        return Err(failure(&format_args!("it is over {LONGEST} bytes")));
    }
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    if text.is_empty() {
        return Err(failure(&"it is empty"));
    }
    Ok(text.into())
}

fn in_environment() -> Result<Option<SecretString>, Failure> {
    match env::var("CLIENT_SECRET") {
        Ok(secret) => Ok(Some(secret)
            .filter(|secret| !secret.is_empty())
            .map(Into::into)),
        Err(env::VarError::NotPresent) => Ok(None),
        // The error would show it.
        Err(env::VarError::NotUnicode(_)) => Err(Failure::configuration(
            "CLIENT_SECRET in the environment is not UTF-8; set it anew, or use --client-secret-file",
        )),
    }
}
