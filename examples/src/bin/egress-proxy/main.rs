//! A sidecar: programs in any language call it over plain HTTP on loopback, and what they send goes on over TLS with a token.
//!
//! ```text
//! cargo run --release -p examples --bin egress-proxy -- --config egress-proxy.toml
//! ```
//!
//! All that is about tokens is the layer's, around an HTTP client: `token.rs` and `route.rs` are where it is put together. The rest
//! is what a proxy owes its callers. `docs/egress-proxy.md` has every key of the file.
//!
//! It prints where it listens, a line each, and logs to standard error (`RUST_LOG` says how much). SIGHUP has it read its file again,
//! SIGTERM and SIGINT have it end what it has begun.

mod admin;
mod body;
mod config;
mod connections;
mod failure;
mod head;
#[path = "../../hop_by_hop.rs"]
mod hop_by_hop;
mod listener;
mod metrics;
mod opening;
mod problem;
mod proxy;
mod route;
mod run;
mod seen;
#[path = "../../setup/mod.rs"]
mod setup;
mod state;
mod token;
mod upstream;

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{config::Config, failure::Failure};

/// Adds OAuth 2.0 tokens to the HTTP requests of programs on this machine, and sends them on.
#[derive(Parser)]
#[command(name = "egress-proxy")]
struct Arguments {
    /// The file that says where it listens, where requests go, and with which tokens
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Of help to nobody if that fails too: there is no other place to say it.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    log();
    match start(arguments.config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn start(path: PathBuf) -> Result<(), Failure> {
    let config = Config::read(&path)?;
    let runtime = runtime(&config).map_err(|error| Failure::new("the runtime", &error))?;
    // On the threads that do the rest: what this one allocated would be in an arena of its own.
    let task = runtime.spawn(run::run(path, config));
    let result = runtime
        .block_on(task)
        .unwrap_or_else(|error| Err(Failure::new("it broke", &error)));
    // Not waiting for a name that is still being resolved.
    runtime.shutdown_background();
    result
}

fn runtime(config: &Config) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = config.threads() {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}

/// `RUST_LOG` in the form `target=level,…`; one that cannot be read is passed over.
fn log() {
    let wanted = env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let targets = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .init();
}
