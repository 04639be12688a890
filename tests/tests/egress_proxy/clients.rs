//! curl, Python and Node.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::OidcProvider;
use tokio::task::spawn_blocking;

use crate::{TestResult, origin, proxy::Proxy, ready, start};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/egress-proxy");

async fn run(program: &str, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(args).current_dir(FOLDER);
    let output = spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// What a client of the folder prints.
async fn statuses(program: &str, args: &[&str]) -> Value {
    let output = run(program, args).await;
    serde_json::from_slice(&output.stdout).unwrap()
}

fn resource(proxy: &Proxy) -> String {
    format!("{}/resource", proxy.address())
}

#[tokio::test]
async fn curl_is_served_over_both_versions() -> TestResult {
    let provider = OidcProvider::start()?;
    let proxy = start(&provider, &origin(&provider), "")?;
    for version in ["--http1.1", "--http2", "--http2-prior-knowledge"] {
        let uri = resource(&proxy);
        let output = run("curl", &["--silent", "--fail", version, "-u", "a:b", &uri]).await;
        let told: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(
            (&told["client_id"], &told["scope"]),
            (&json!("post"), &json!("read")),
            "{version}"
        );
    }
    let stats = provider.stats().await?;
    println!("curl: 3 served, {} token requests", stats.token_requests());
    assert_eq!((stats.token_requests(), stats.resource_refused()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn two_hundred_of_node_at_once_make_one_token_request() -> TestResult {
    for version in ["1", "2"] {
        let provider = OidcProvider::start()?;
        // No token yet: all of them wait for the same.
        let proxy = start(&provider, &origin(&provider), "")?;
        let args = ["client.mjs", &resource(&proxy), "200", version];
        let statuses = statuses("node", &args).await;
        let stats = provider.stats().await?;
        println!(
            "Node, HTTP/{version}: {statuses}, {} token requests",
            stats.token_requests()
        );
        assert_eq!(statuses, json!({ "200": 200 }));
        assert_eq!((stats.token_requests(), stats.resource_refused()), (1, 0));
    }
    Ok(())
}

#[tokio::test]
async fn python_has_its_requests_healed_when_tokens_are_refused() -> TestResult {
    let provider = OidcProvider::start()?;
    let proxy = start(&provider, &origin(&provider), "")?;
    ready(&proxy).await;
    let uri = resource(&proxy);
    let before = statuses("python3", &["client.py", &uri, "200", "50"]).await;
    assert_eq!(before, json!({ "200": 200 }));
    assert_eq!(provider.stats().await?.token_requests(), 1);

    // It comes back with other keys, and knows no token of before.
    let port = origin(&provider).rsplit(':').next().unwrap().parse()?;
    drop(provider);
    let provider = OidcProvider::builder().port(port).start()?;
    let after = statuses("python3", &["client.py", &uri, "200", "50"]).await;
    let stats = provider.stats().await?;
    println!(
        "Python: {before}, and when tokens are refused {after}: {} refusals, {} token requests",
        stats.resource_refused(),
        stats.token_requests()
    );
    assert_eq!(after, json!({ "200": 200 }));
    assert_eq!(stats.token_requests(), 1);
    assert!(stats.resource_refused() >= 1, "{stats:?}");
    Ok(())
}
