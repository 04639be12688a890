//! How a fleet treats its authorization server: as many replicas as you like, each with a real token source, under virtual time.
//!
//! ```text
//! cargo run --release -p examples --bin fleet -- --replicas 5000 --hours 6 --outage 10 --plot fleet.svg
//! ```
//!
//! All replicas start in the same second. Nothing of the schedule is written here a second time: sources, states, pauses and, with
//! `--shared-cache`, the cache are those of the libraries; only the clock and the authorization server are made up.
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

mod counts;
#[path = "../../exit.rs"]
mod exit;
mod plot;
mod replica;
mod report;
mod server;
mod simulation;

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;

use self::{report::Report, simulation::Setting};

#[derive(Debug, Parser)]
#[command(about = "Simulates a fleet of replicas and counts their token requests")]
struct Arguments {
    /// How many replicas
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    replicas: u32,
    /// How long they run, in hours
    #[arg(long, default_value_t = 6.0)]
    hours: f64,
    /// How long the authorization server is away, in minutes; 0: not at all
    #[arg(long, default_value_t = 10.0)]
    outage: f64,
    /// When it goes away, in hours from the start [default: after two thirds of the time]
    #[arg(long)]
    outage_at: Option<f64>,
    /// How long tokens live, in seconds
    #[arg(long, default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    lifetime: u64,
    /// Requests a second of each replica
    #[arg(long, default_value_t = 1.0)]
    rps: f64,
    /// Where the random numbers begin: the same seed plays the same again
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With one token for the whole fleet, shared through a store in memory
    #[arg(long)]
    shared_cache: bool,
    /// One JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Draws the token requests of each minute into this SVG file
    #[arg(long)]
    plot: Option<PathBuf>,
}

impl Arguments {
    fn setting(&self) -> Result<Setting, &'static str> {
        let outage_at = self.outage_at.unwrap_or(self.hours * 2.0 / 3.0);
        let within = |value: f64, least: f64, most: f64| value >= least && value <= most;
        if !within(self.hours, 0.01, 10_000.0) {
            return Err("--hours must be between 0.01 and 10000");
        }
        if !within(self.outage, 0.0, self.hours * 60.0) || !within(outage_at, 0.0, self.hours) {
            return Err("the outage must lie within the hours");
        }
        if !within(self.rps, 0.001, 10.0) {
            return Err("--rps must be between 0.001 and 10");
        }
        // Whole minutes, so that none is counted half.
        let minutes = |minutes: f64| Duration::from_secs(minutes.round() as u64 * 60);
        let begin = minutes(outage_at * 60.0);
        Ok(Setting {
            replicas: self.replicas,
            length: minutes((self.hours * 60.0).max(1.0)),
            outage: (self.outage > 0.0).then(|| begin..begin + minutes(self.outage.max(1.0))),
            lifetime: Duration::from_secs(self.lifetime),
            every: Duration::from_secs_f64(1.0 / self.rps),
            seed: self.seed,
            shared_cache: self.shared_cache,
        })
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let setting = match arguments.setting() {
        Ok(setting) => setting,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    exit::exit(run(&arguments, setting))
}

fn run(arguments: &Arguments, setting: Setting) -> Result<(), Box<dyn Error + Send + Sync>> {
    let counts = simulation::run(&setting)?;
    let report = Report::new(&setting, &counts);
    if arguments.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.text());
    }
    if let Some(file) = &arguments.plot {
        std::fs::write(file, plot::draw(&setting, &counts))?;
    }
    Ok(())
}
