//! The sidecar between oidc-provider and programs that know nothing of tokens, in other languages.
#![allow(clippy::print_stdout, reason = "the counts are shown by --nocapture")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients;
mod grpc;
mod idle;
mod outage;
mod program;
#[path = "../../../examples/tests/egress_proxy/proxy.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod proxy;
#[path = "../tonic/server.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod server;

use std::{path::Path, time::Duration};

use tests::{OidcProvider, ask, http_client};
use tokio::time;
use tower_oauth2_client_credentials::BoxError;

use crate::proxy::{LIMIT, Proxy};

type TestResult = Result<(), BoxError>;

const SECRET: &str = "post-secret";

/// A proxy to `upstream` for a client of `provider`.
fn start(provider: &OidcProvider, upstream: &str, more: &str) -> Result<Proxy, BoxError> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let secret = proxy::file(folder, "secret", SECRET);
    let config = format!(
        "{more}\n[[route]]\nprefix = \"/\"\nupstream = \"{upstream}\"\ntoken = \"main\"\nhttp2 = {}\n\
         [token.main]\ntoken_endpoint = \"{}\"\nclient_id = \"post\"\nauth = \"client_secret_post\"\n\
         client_secret_file = \"{}\"\nscope = [\"read\"]\n{}",
        upstream.ends_with('/'),
        provider.token_endpoint()?.as_str(),
        secret.display(),
        // The gRPC server asks about its tokens, the resource reads them.
        if upstream.ends_with('/') {
            String::new()
        } else {
            format!("resource = [\"{}\"]\n", OidcProvider::RESOURCE)
        }
    );
    Ok(Proxy::start(program::path(), folder, &config))
}

/// Where the resource of oidc-provider is.
fn origin(provider: &OidcProvider) -> String {
    provider.resource_uri().replace("/resource", "")
}

/// Waits until it has its token.
async fn ready(proxy: &Proxy) {
    let uri = format!("{}/ready", proxy.admin());
    let ready = async {
        loop {
            match ask(http_client(), &uri).await {
                Ok(answer) if answer.status() == 200 => return,
                _ => time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let in_time = time::timeout(LIMIT, ready).await;
    assert!(in_time.is_ok(), "not ready:\n{}", proxy.said());
}
