//! Plays scenarios against the real layer under driven time: every `*.json` of the folder that `SCENARIOS_DIR` names, or of
//! `tests/scenarios`, whose README describes them.
//!
//! Prints a line a file and takes the arguments of any other test: a filter picks files.

mod scenario_runner;

use std::process::ExitCode;

fn main() -> ExitCode {
    scenario_runner::main()
}
