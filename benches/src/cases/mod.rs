//! What is done with the subjects, a case or a few that belong together in each file.

pub mod challenges;
pub mod deadlines;
pub mod failing;
pub mod protocol;
pub mod refusals;
pub mod sizes;
pub mod sweeps;
pub mod together;
pub mod warm;

use tokio::runtime::{Builder, Runtime};

use crate::report::Row;

/// The cases of a file, by their names, and what measures one of them.
pub type Cases = (&'static [&'static str], fn(&'static str) -> Vec<Row>);

/// All cases, in the order in which they are shown.
pub const ALL: [Cases; 7] = [
    (&warm::CASES, warm::rows),
    (&together::CASES, together::rows),
    (&failing::CASES, failing::rows),
    (&deadlines::CASES, deadlines::rows),
    (&refusals::CASES, refusals::rows),
    (&sizes::CASES, sizes::rows),
    (&protocol::CASES, protocol::rows),
];

/// What tasks, timers and sockets run in.
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime")
}
