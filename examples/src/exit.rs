//! How a program says why it did not go on. Those of these examples share this; each has it as a module of its own.

use std::{
    error::Error,
    io::{self, Write},
    iter,
    process::ExitCode,
};

/// 0, or 1 and a line on standard error: the error and what caused it, in their own words.
pub(crate) fn exit(result: Result<(), Box<dyn Error + Send + Sync>>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    // Of help to nobody if that fails too: there is no other place to say it.
    let _ = writeln!(io::stderr(), "error: {}", causes(&*error));
    ExitCode::FAILURE
}

/// The error and what caused it. One whose line ends with its cause's has said that already.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    for cause in iter::successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}
