//! Writing to standard output.

use std::io::{self, Write};

use super::failure::Failure;

/// Writes `bytes` and makes sure of a line end.
///
/// # Errors
///
/// Standard output cannot be written to. That nobody reads any further, as `head` does, is none.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let line_end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
    let written = stdout
        .write_all(bytes)
        .and_then(|()| stdout.write_all(line_end))
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::of_this_machine("standard output", &error))
        }
        _ => Ok(()),
    }
}

/// `text` with a space for everything that could end a line or steer a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let steers = |unit: char| {
        unit.is_control() || matches!(unit, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(steers, " ")
}
