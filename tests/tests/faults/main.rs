//! What becomes of requests when something fails under load: the network, a certificate, a clock, a process.
//!
//! All of it happens in a network namespace of its own, where the kernel drops and resets what it is told to; `unshare`, `ip` and `nft`
//! have to be there (`just servers`). All faults run at the same time, against one real authorization server.
//!
//! `--nocapture` shows the table. `FAULTS_REPORT=FILE` has each fault last long enough for `docs/reliability.md`, with everything as it
//! is by default, and writes the table into that file. Without it the times are short.
#![allow(clippy::print_stdout, reason = "the table is shown by --nocapture")]

mod clock;
mod firewall;
mod happened;
mod judge;
mod kind;
mod pace;
mod play;
mod program;
mod report;
mod scale;
mod soak;
mod stack;

use std::{env, process::Command};

use tests::{OidcProvider, write_table};
use tokio::{net::TcpStream, task::JoinSet};
use tower_oauth2_client_credentials::BoxError;

use crate::{kind::Kind, scale::Scale, stack::Stack};

/// Set in the namespace.
const INSIDE: &str = "FAULTS_INSIDE";

/// What the shell does in the namespace first.
const ENTER: &str = "PATH=\"$PATH:/usr/sbin:/sbin\"; ip link set lo up && nft list tables >/dev/null && exec \"$@\"";

#[test]
fn requests_outlive_every_fault_as_long_as_their_token() -> Result<(), BoxError> {
    let status = Command::new("unshare")
        .args(["--map-root-user", "--net", "sh", "-c", ENTER, "sh"])
        .arg(env::current_exe()?)
        .args(["inside", "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "{status} in the network namespace; if nothing is said above: this test needs unshare, ip and nft (`just servers`), \
             and a kernel that lets this user have a network namespace (try `unshare --map-root-user --net true`)"
        )
        .into()),
        Err(error) => Err(format!("cannot run `unshare`, of util-linux: {error}").into()),
    }
}

/// The same in the namespace, where the test above has started this binary; among the tests it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn inside() -> Result<(), BoxError> {
    if env::var_os(INSIDE).is_none() {
        return Ok(());
    }
    let scale = Scale::from_environment();
    let provider = OidcProvider::builder().token_ttl(scale.lifetime).start()?;
    let port = port_of(&provider.token_endpoint()?.uri().to_string())?;
    // One that is left over from a run that failed would make every fault a success.
    TcpStream::connect(("127.0.0.1", port)).await?;

    let mut runs = JoinSet::new();
    for kind in Kind::ALL {
        let scale = scale.clone();
        runs.spawn(async move {
            let row = match kind.needs_a_process() {
                true => program::run(kind, &scale, port).await,
                false => match Stack::start(kind, &scale, port).await {
                    Ok(stack) => play::run(kind, &scale, &stack).await,
                    Err(error) => Err(error),
                },
            };
            (kind, row)
        });
    }
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    while let Some(run) = runs.join_next().await {
        let (kind, row) = run?;
        match row {
            Ok(row) => {
                let broken = row.problems().iter();
                problems.extend(broken.map(|problem| format!("{}: {problem}", kind.name())));
                rows.push((kind, row));
            }
            Err(error) => problems.push(format!("{}: {error}", kind.name())),
        }
    }
    rows.sort_by_key(|(kind, _)| *kind);
    let table = report::table(&scale, &rows);
    println!("{table}");
    assert!(problems.is_empty(), "{problems:#?}");
    if let Some(file) = env::var_os(scale::REPORT) {
        write_table(file.as_ref(), "just faults", &table)?;
    }
    Ok(())
}

fn port_of(uri: &str) -> Result<u16, BoxError> {
    let uri: http::Uri = uri.parse()?;
    uri.port_u16().ok_or_else(|| "no port".into())
}
