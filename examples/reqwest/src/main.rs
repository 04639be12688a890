//! reqwest's client with the layer around it, and below the token endpoint too.
//!
//! ```text
//! cargo run -p example-reqwest
//! ```
//!
//! An authorization server and an API run in this process, on loopback. The layer's part is in `src/lib.rs`, the adapter in
//! `src/transport.rs`.
#![allow(clippy::print_stdout, reason = "it shows what it did")]

#[path = "../../src/exit.rs"]
mod exit;
#[path = "../../src/log.rs"]
mod log;

use std::{process::ExitCode, sync::Arc};

use example_reqwest::{client, protected};
use http::Request;
use http_body_util::BodyExt;
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Origins};

#[tokio::main]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let server = AuthorizationServer::builder()
        .client("orders", "s3cret")
        .build();
    let tokens = server.serve().await?;
    let api = ResourceServer::new(&server).serve().await?;

    // A program has its roots from rustls-native-certs or a file; on loopback there is no TLS.
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let service = protected(
        client(tls)?,
        EndpointUri::new(&tokens.token_endpoint())?,
        Client::new("orders", ClientSecretBasic::new("s3cret"))?,
        TokenRequest::builder().scope("stock.write").build()?,
        Origins::new([api.origin()])?,
    );

    for body in ["one apple", "two pears", "no figs"] {
        let request = Request::post(api.origin()).body(body)?;
        let answer = service.clone().oneshot(request).await?;
        let status = answer.status();
        let text = answer.into_body().collect().await?.to_bytes();
        println!("{body}: {status} {}", String::from_utf8_lossy(&text));
    }
    println!("3 requests, {} token request", server.token_requests());
    Ok(())
}
