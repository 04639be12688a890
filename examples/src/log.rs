//! What a program logs, where it is asked to. Those of these examples share this; each has it as a module of its own.

use std::{env, io};

use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// On standard error as much as the variable `RUST_LOG` says: `trace`, or `target=level,…`. Nothing without it, nor where it cannot be
/// read.
pub(crate) fn start() {
    let wanted = env::var("RUST_LOG").ok();
    let Some(targets) = wanted.and_then(|text| text.parse::<Targets>().ok()) else {
        return;
    };
    let lines = fmt::layer().with_ansi(false).with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .init();
}
