//! Runs the test vectors: every JSON file of the folder that `VECTORS_DIR`
//! names, or of `tests/vectors`.
//!
//! A file that is not known, a member that is not known and a folder without
//! files are failures, so nothing is skipped in silence. Prints a line a file
//! and takes the arguments of any other test: a filter picks files.

mod vectors_runner;

use std::process::ExitCode;

fn main() -> ExitCode {
    vectors_runner::main()
}
