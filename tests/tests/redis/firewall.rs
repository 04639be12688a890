//! Redis behind a firewall that drops every packet, or refuses them: the whole fleet in a network namespace of its own, where nftables
//! may be told what to do without touching the machine's.

use std::{
    env,
    process::{Command, Stdio},
};

use tests::Redis;
use tower_oauth2_client_credentials::BoxError;

use crate::{
    mishaps::{Fleet, STEADY, provider},
    replica::Setup,
};

/// This binary runs it once more, as root of a namespace that has nothing but a loopback.
#[test]
fn cut_off_by_a_firewall() -> Result<(), BoxError> {
    if env::var_os("FLEET_NAMESPACE").is_none() {
        return in_a_namespace();
    }
    run("ip", &["link", "set", "lo", "up"])?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(fleet())
}

fn in_a_namespace() -> Result<(), BoxError> {
    let path = env::var("PATH").unwrap_or_default();
    let ran = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(env::current_exe()?)
        .args(["firewall::cut_off_by_a_firewall", "--exact", "--nocapture"])
        .env("FLEET_NAMESPACE", "1")
        // Not every user's has the folder of root's tools.
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .stdin(Stdio::null())
        .output()?;
    print!("{}", String::from_utf8_lossy(&ran.stdout));
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    Err(format!("in a network namespace ({}); where the kernel has none for this user, run as root:\n{said}", ran.status).into())
}

fn run(program: &str, arguments: &[&str]) -> Result<(), BoxError> {
    let ran = Command::new(program).args(arguments).output();
    let ran = ran.map_err(|error| {
        format!(
            "cannot run `{program}` ({error}): run `just servers`, or tests/servers/redis/install"
        )
    })?;
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    Err(format!("{program} {}: {said}", arguments.join(" ")).into())
}

/// What becomes of packets to a port, until this is dropped.
struct Rule;

impl Rule {
    fn new(port: u16, verdict: &str) -> Result<Self, BoxError> {
        run("nft", &["add", "table", "inet", "fleet"])?;
        let rule = Self;
        run(
            "nft",
            &["add chain inet fleet in { type filter hook input priority 0; }"],
        )?;
        run(
            "nft",
            &[&format!(
                "add rule inet fleet in tcp dport {port} {verdict}"
            )],
        )?;
        Ok(rule)
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        let _ = run("nft", &["delete", "table", "inet", "fleet"]);
    }
}

async fn fleet() -> Result<(), BoxError> {
    let (provider, redis) = (provider()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let fleet = Fleet::start(provider, &setup).await?;
    fleet.run("no firewall", 2).await?;
    for (verdict, what) in [
        ("drop", "packets dropped"),
        ("reject with tcp reset", "connections reset"),
    ] {
        let failures = setup.log.count("StoreFailed");
        let rule = Rule::new(redis.port(), verdict)?;
        fleet.run(what, 3).await?;
        assert_ne!(setup.log.count("StoreFailed"), failures, "{what}");
        drop(rule);
    }
    // Half a minute is the longest that a store is left alone for; after two short cuts it is not much.
    fleet.run("the firewall is gone", 6).await?;
    let asked = fleet.run("all is well again", 3).await?;
    assert!(asked <= 3 * STEADY + 1, "{asked}");
    Ok(())
}
