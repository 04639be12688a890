//! A token from a real server, and a request that carries it, from the command line.
//!
//! ```text
//! CLIENT_SECRET=… cargo run -p examples --bin token -- \
//!     --token-endpoint https://as.example.com/token --client-id svc --scope read
//!
//! CLIENT_SECRET=… cargo run -p examples --bin token -- \
//!     --token-endpoint https://as.example.com/token --client-id svc \
//!     --get https://api.example.com/orders --repeat 200 --concurrency 50 --json
//!
//! cargo run -p examples --bin token -- \
//!     --issuer https://as.example.com --client-id svc --key-file key.pem --key-id k1 --dpop
//! ```
//!
//! The first prints what was granted, the second the last answer and what was counted; the third signs an assertion and has
//! the token bound to a new key. The program ends with 0 when all went
//! well, with 1 and one line on standard error when it did not, and with 2 when its arguments are wrong. It writes no secret
//! and no token to standard error.

mod arguments;
mod counts;
mod fetch;
mod get;
mod job;
#[path = "../../log.rs"]
mod log;
mod outcome;
#[path = "../../setup/mod.rs"]
mod setup;
mod tokens;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tokio::runtime::Runtime;

use crate::{arguments::Arguments, job::Job, setup::failure::Failure};

fn main() -> ExitCode {
    let arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Of help to nobody if that fails too: there is no other place to say it.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    log::start();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let job = Job::new(arguments)?;
    let runtime =
        Runtime::new().map_err(|error| Failure::of_this_machine("the runtime", &error))?;
    let result = runtime.block_on(job.run());
    // Not waiting for a name that is still being resolved after its time was up.
    runtime.shutdown_background();
    result
}
