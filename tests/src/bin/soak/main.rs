//! Half an hour of load with tokens that live for five seconds, while everything around the program fails: does it grow?
//!
//! ```text
//! cargo run --release -p tests --bin soak -- --minutes 30 --rps 2000 --seed 1
//! ```
//!
//! `--seconds` instead of `--minutes` for a quick look; `--report FILE` writes the table into that file. It needs oidc-provider
//! (`just servers`).
//!
//! The program that is measured is a process of its own, so that servers and faults are not in its figures. Three times it is told to
//! send nothing until nothing is under way, and then tells its memory, tasks and descriptors: after a first storm, in the middle, and at
//! the end. It fails if any of them grew, if a request carried a token that had ended, or if the authorization server was asked too often.
#![allow(clippy::print_stdout, reason = "it shows what it counted")]

mod arguments;
mod counts;
mod faults;
mod program;
mod sample;
mod servers;
mod verdict;

use std::{env, process::ExitCode};

use tests::write_table;
use tower_oauth2_client_credentials::BoxError;

use crate::arguments::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match env::var_os(program::TOKEN_ENDPOINT) {
        Some(_) => program::run().await,
        None => soak().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn soak() -> Result<(), BoxError> {
    let arguments = Arguments::parse(env::args().skip(1))?;
    let measured = servers::run(&arguments).await?;
    let table = verdict::table(&arguments, &measured);
    println!("{table}");
    let problems = verdict::problems(&arguments, &measured);
    if !problems.is_empty() {
        return Err(problems.join("; ").into());
    }
    if let Some(file) = &arguments.report {
        write_table(file, "just soak", &table)?;
    }
    Ok(())
}
