//! Connections that say nothing cost little, and nobody else is served worse for them.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use tests::{OidcProvider, ask, http_client};
use tokio::task::spawn_blocking;
use tower_oauth2_client_credentials::BoxError;

use crate::{TestResult, origin, proxy::Proxy, ready, start};

/// How many connections that never say anything, and how many that have had a request; and what each may take at most, in bytes. Without
/// optimisation, and with the allocator's slack.
const SILENT: (u64, u64) = (10_000, 8_000);
const SERVED: (u64, u64) = (1_000, 40_000);

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
    for (kind, (connections, most), path) in [
        ("silent", SILENT, None),
        ("served", SERVED, Some("/resource")),
    ] {
        // One each: what is freed stays with the process.
        let proxy = start(&provider, &origin(&provider), "access_log = false")?;
        ready(&proxy).await;
        let before = resident(&proxy);
        let held = Held::open(&proxy, connections, path).await?;
        // One more is served among them.
        let uri = format!("{}/resource", proxy.address());
        assert_eq!(ask(http_client(), &uri).await?.status(), 200);
        let after = resident(&proxy);
        assert_eq!(held.close().await?, connections.to_string());
        let each = after.saturating_sub(before) / connections;
        println!(
            "{connections} idle connections, {kind}: {:.1} MB before, {:.1} MB with them, {each} bytes each",
            before as f64 / 1e6,
            after as f64 / 1e6
        );
        assert!(each < most, "{kind}: {each} bytes each");
    }
    Ok(())
}

/// The program that holds them.
struct Held {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Held {
    async fn open(proxy: &Proxy, connections: u64, path: Option<&str>) -> Result<Self, BoxError> {
        let port = proxy.address().rsplit(':').next().unwrap().to_owned();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/egress-proxy/idle.py");
        let mut child = Command::new("python3")
            .args([script, "127.0.0.1", &port, &connections.to_string()])
            .args(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (opened, lines) = spawn_blocking(move || (lines.next(), lines)).await?;
        assert_eq!(opened.unwrap()?, connections.to_string());
        Ok(Self { child, lines })
    }

    /// Tells how many were still open.
    async fn close(mut self) -> Result<String, BoxError> {
        drop(self.child.stdin.take());
        let still_open = spawn_blocking(move || self.lines.next()).await?;
        self.child.wait()?;
        Ok(still_open.unwrap()?)
    }
}
