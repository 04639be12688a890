//! Whether anything costs more than the accepted baseline: instructions, allocations, bytes, token requests.
//!
//! ```text
//! cargo run --release -- COUNTED.jsonl [--accept]
//! ```
//!
//! `COUNTED.jsonl` is what `cargo bench -- --output-format=json` printed. What is measured besides repeats too, and is measured here.
//! `--accept` makes it the new `baseline.json` instead of comparing. `tests/checks/performance` does it all.
//!
//! Instructions are those of one compiler. With another than the baseline's, what this layer adds to a request is compared beside
//! what tower-http's header adds, and a token request beside that of `oauth2`: both are built by the new one.

mod baseline;
mod counted;
mod measured;
mod verdict;

use std::process::{Command, ExitCode};

use baseline::Baseline;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let accept = arguments.iter().any(|argument| argument == "--accept");
    let Some(file) = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"))
    else {
        eprintln!("the file with what gungraun counted is missing");
        return ExitCode::from(2);
    };
    match check(file, accept) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn check(file: &str, accept: bool) -> Result<bool, Box<dyn std::error::Error>> {
    let now = Baseline {
        rustc: rustc()?,
        instructions: counted::read(file)?,
        repeats: measured::all(),
    };
    if accept {
        now.write()?;
        println!("accepted: {}", baseline::PATH);
        return Ok(true);
    }
    Ok(verdict::print(&Baseline::read()?, &now))
}

fn rustc() -> std::io::Result<String> {
    let answer = Command::new("rustc").arg("-V").output()?;
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
