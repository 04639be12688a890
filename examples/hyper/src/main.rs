//! hyper-util's client over rustls: one client for both sides, two different ones, and HTTP/2.
//!
//! ```text
//! cargo run -p example-hyper
//! ```
//!
//! An authorization server and an API run in this process, with TLS on loopback. The layer's part is in `src/lib.rs`.
#![allow(clippy::print_stdout, reason = "it shows what it did")]

#[path = "../../src/exit.rs"]
mod exit;
#[path = "../../src/log.rs"]
mod log;
mod servers;

use std::process::ExitCode;

use bytes::Bytes;
use example_hyper::{Http, http_2, https, one_client, two_clients};
use http::Request;
use http_body_util::Full;
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, ClientCredentials, HttpClient, Origins};

use self::servers::Authority;

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
    let resource = ResourceServer::new(&server).serve().await?;
    let authority = Authority::new()?;
    let token_endpoint = format!("{}/token", authority.serve(tokens.addr()).await?);
    let api = authority.serve(resource.addr()).await?;

    let token_endpoint = EndpointUri::new(&token_endpoint)?;
    let client = Client::new("orders", ClientSecretBasic::new("s3cret"))?;
    let wanted = TokenRequest::builder().scope("stock.read").build()?;
    let origins = Origins::new([&api])?;
    let tls = authority.client_config()?;

    for (shape, http) in [
        ("one client", https(tls.clone())),
        ("one client, HTTP/2 only", http_2(tls.clone())),
    ] {
        let (endpoint, origins) = (token_endpoint.clone(), origins.clone());
        let service = one_client(http, endpoint, client.clone(), wanted.clone(), origins);
        show(shape, service, &api, &server).await?;
    }
    let ready = HttpClient::builder()
        .root_certificates_pem(authority.pem())
        .build()?;
    let service = two_clients(https(tls), ready, token_endpoint, client, wanted, origins);
    show("two clients", service, &api, &server).await
}

async fn show(
    shape: &str,
    service: ClientCredentials<Http>,
    api: &str,
    server: &AuthorizationServer,
) -> Result<(), BoxError> {
    const REQUESTS: usize = 3;
    let before = server.token_requests();
    for _ in 0..REQUESTS {
        let request = Request::get(api).body(Full::<Bytes>::default())?;
        let answer = service.clone().oneshot(request).await?;
        println!("{shape}: {} over {:?}", answer.status(), answer.version());
    }
    let asked = server.token_requests() - before;
    println!("{shape}: {REQUESTS} requests, {asked} token request\n");
    Ok(())
}
