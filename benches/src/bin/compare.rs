//! This project beside its peers, in one run.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin compare -- [--json] [--case NAME]… [--no-instructions]
//! ```
//!
//! Rounds of all subjects take turns, so that a machine whose speed wanders is the same for all; medians are shown. `control` is
//! `static` once more: how far they are from each other is how much noise there is. Instructions are counted where valgrind is
//! installed. `--no-default-features` leaves the peers out.

use std::process::ExitCode;

use benches::{cases, instructions, report};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (mut json, mut wanted, mut rest) = (false, Vec::new(), arguments.as_slice());
    loop {
        rest = match rest {
            [] => break,
            // The second process, which valgrind runs.
            [instructions::ARGUMENT, "protocol", subject] => {
                cases::protocol::count(subject);
                return ExitCode::SUCCESS;
            }
            [instructions::ARGUMENT, case, subject] => {
                cases::warm::count(case, subject);
                return ExitCode::SUCCESS;
            }
            ["--json", rest @ ..] => {
                json = true;
                rest
            }
            ["--no-instructions", rest @ ..] => {
                instructions::leave_out();
                rest
            }
            ["--case", case, rest @ ..] if known().any(|known| known == *case) => {
                wanted.push(*case);
                rest
            }
            [unknown, ..] => {
                eprintln!(
                    "{unknown}: not known, or not complete; there are --json, --no-instructions and --case with one of"
                );
                known().for_each(|case| eprintln!("  {case}"));
                return ExitCode::from(2);
            }
        };
    }
    if !instructions::can_be_counted() {
        eprintln!("without valgrind no instructions are counted");
    }
    let mut rows = Vec::new();
    for (names, measure) in cases::ALL {
        for case in names {
            if wanted.is_empty() || wanted.contains(case) {
                eprintln!("{case} …");
                rows.extend(measure(case));
            }
        }
    }
    if json {
        println!("{}", report::as_json(&rows));
    } else {
        report::print(&rows);
    }
    ExitCode::SUCCESS
}

fn known() -> impl Iterator<Item = &'static str> {
    cases::ALL
        .iter()
        .flat_map(|(names, _)| names.iter().copied())
}
