//! DPoP (RFC 9449) on both sides: tokens are bound to a key that never leaves this process, and are of no use to whoever reads them.
//!
//! ```text
//! CLIENT_SECRET=… cargo run -p examples --bin dpop -- https://as.example.com orders https://api.example.com/v1/items
//! ```
//!
//! The issuer, the client's id, and what to get. The key is made at the start; a new one has new tokens.
#![allow(clippy::print_stdout, reason = "it shows what it got")]

#[path = "../../exit.rs"]
mod exit;
mod stack;

use std::{env, process::ExitCode, sync::Arc};

use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy, rt::TokioExecutor};
use oauth2_client_credentials::{
    Client, ClientSecretBasic, Dpop, DpopKey, Issuer, KeyError, TokenRequest,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Origins};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let ([issuer, client_id, uri], Ok(secret)) = (arguments.as_slice(), env::var("CLIENT_SECRET"))
    else {
        let usage =
            "it takes ISSUER CLIENT_ID URI and the variable CLIENT_SECRET, as its first lines say";
        return Err(usage.into());
    };
    let uri: Uri = uri.parse()?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err("the URI has to be absolute".into());
    };

    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        // Endpoint and layer see to it that plain HTTP goes to loopback only.
        .https_or_http()
        .enable_all_versions()
        .build();

    let service = stack::protected(
        legacy::Client::builder(TokioExecutor::new()).build(https),
        Issuer::new(issuer)?,
        Client::new(client_id, ClientSecretBasic::new(secret))?,
        TokenRequest::new(),
        Dpop::new(new_key()?),
        Origins::new([format!("{scheme}://{authority}")])?,
    );
    let request = Request::get(uri).body(Full::default())?;
    let answer = service.oneshot(request).await?;
    println!("{}", answer.status());
    let body = answer.into_body().collect().await?.to_bytes();
    println!("{}", String::from_utf8_lossy(&body));
    Ok(())
}

fn new_key() -> Result<DpopKey, KeyError> {
    let random = ring::default_provider().secure_random;
    DpopKey::generate(|bytes| {
        if random.fill(bytes).is_err() {
            // No key, and so an error.
            bytes.fill(0);
        }
    })
}
