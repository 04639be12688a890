//! Connections that say nothing cost little, and nobody else is served worse for them.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use tests::{OidcProvider, ask, http_client};
use tokio::task::spawn_blocking;

use crate::{TestResult, origin, proxy::Proxy, ready, start};

const CONNECTIONS: u64 = 10_000;

/// A connection that has had its first request takes about 10 kB; without optimisation, and with the allocator's slack.
const MOST_BYTES: u64 = 40_000;

/// What the proxy has in memory, in bytes.
fn resident(proxy: &Proxy) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", proxy.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn ten_thousand_idle_connections_are_held() -> TestResult {
    let provider = OidcProvider::start()?;
    let proxy = start(&provider, &origin(&provider), "access_log = false")?;
    ready(&proxy).await;
    let before = resident(&proxy);
    let port = proxy.address().rsplit(':').next().unwrap().to_owned();
    let mut child = Command::new("python3")
        .args([
            concat!(env!("CARGO_MANIFEST_DIR"), "/servers/egress-proxy/idle.py"),
            "127.0.0.1",
        ])
        .args([&port, &CONNECTIONS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (opened, mut lines) = spawn_blocking(move || (lines.next(), lines)).await?;
    assert_eq!(opened.unwrap()?, CONNECTIONS.to_string());

    // One more is served among them.
    let uri = format!("{}/resource", proxy.address());
    assert_eq!(ask(http_client(), &uri).await?.status(), 200);
    let after = resident(&proxy);
    child.stdin.take().unwrap().flush()?;
    let still_open = spawn_blocking(move || lines.next()).await?;
    assert_eq!(still_open.unwrap()?, CONNECTIONS.to_string());
    child.wait()?;
    let each = after.saturating_sub(before) / CONNECTIONS;
    println!(
        "{CONNECTIONS} idle connections: {:.1} MB before, {:.1} MB with them, {each} bytes each",
        before as f64 / 1e6,
        after as f64 / 1e6
    );
    assert!(each < MOST_BYTES, "{each} bytes each");
    Ok(())
}
