//! Makes the tables and plots of `docs/performance.md` from what was measured.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin report -- PROFILE.md SWEEP.json BUILDS.json COMPARE.json...
//! ```
//!
//! `benches/report` measures and makes all of it. What stands between markers in the page is replaced, and no number is written by hand.
//! Each COMPARE.json is of one process: the goals show all of them, everything else the first.

mod data;
mod goals;
mod page;
mod plots;
mod tables;

use std::{error::Error, fs, path::Path, process::ExitCode};

use data::Data;

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args().skip(1).collect();
    let [profile, sweep, builds, compare @ ..] = files.as_slice() else {
        eprintln!(
            "files are needed: of a profile, of sweep, of build-cost, and of compare once or more"
        );
        return ExitCode::from(2);
    };
    match report(profile, sweep, builds, compare) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(
    profile: &str,
    sweep: &str,
    builds: &str,
    compare: &[String],
) -> Result<(), Box<dyn Error>> {
    let processes = compare.iter().map(|file| Data::read(sweep, builds, file));
    let processes = processes.collect::<Result<Vec<_>, _>>()?;
    let first = processes.first().ok_or("nothing was compared")?;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let plots = docs.join("performance");
    fs::create_dir_all(&plots)?;
    for (name, svg) in plots::all(first) {
        fs::write(plots.join(name), svg)?;
    }
    let mut texts = tables::all(first);
    texts.push(("goals", goals::goals(&processes)));
    texts.push(("profile", fs::read_to_string(profile)?));
    page::fill(&docs.join("performance.md"), &texts)
}
