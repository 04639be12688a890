//! Makes the tables and plots of `docs/performance.md` from what was measured.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin report -- COMPARE.json SWEEP.json BUILDS.json
//! ```
//!
//! `benches/report` measures and makes all of it. What stands between markers in the page is replaced, and no number is written by hand.

mod data;
mod page;
mod plots;
mod tables;

use std::{error::Error, fs, path::Path, process::ExitCode};

use data::Data;

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args().skip(1).collect();
    let [compare, sweep, builds] = files.as_slice() else {
        eprintln!("three files are needed: what compare, sweep and build-cost wrote");
        return ExitCode::from(2);
    };
    match report(compare, sweep, builds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn report(compare: &str, sweep: &str, builds: &str) -> Result<(), Box<dyn Error>> {
    let data = Data::read(compare, sweep, builds)?;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let plots = docs.join("performance");
    fs::create_dir_all(&plots)?;
    for (name, svg) in plots::all(&data) {
        fs::write(plots.join(name), svg)?;
    }
    page::fill(&docs.join("performance.md"), &tables::all(&data))
}
