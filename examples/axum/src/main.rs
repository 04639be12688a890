//! Two axum servers that call a protected API: a handler with the layer below it, and a reverse proxy. Everything is in one
//! process, on loopback: the authorization server and the API are the test kit's.
//!
//! ```text
//! cargo run -p example-axum
//! ```
//!
//! What the layer takes is in `src/handler.rs` and `src/proxy.rs`, how its errors become answers in `src/problem.rs`.
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

#[path = "../../src/exit.rs"]
mod exit;
#[path = "../../src/log.rs"]
mod log;

use std::process::ExitCode;

use axum::{Router, body::Body};
use example_axum::{Http, handler, http, proxy, token_source};
use http::{Request, header::AUTHORIZATION};
use http_body_util::BodyExt;
use oauth2_client_credentials::{Client, ClientSecretBasic, TokenRequest};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use tokio::net::TcpListener;
use tower_oauth2_client_credentials::BoxError;

#[tokio::main]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let authorization_server = AuthorizationServer::builder()
        .client("reports", "s3cret")
        .build();
    let tokens = authorization_server.serve().await?;
    let stock = ResourceServer::builder()
        .authorization_server(&authorization_server)
        .answer_with(Answer::body(200, r#"{"tea":3}"#))
        .build();
    let api = stock.serve().await?;

    let client = Client::new("reports", ClientSecretBasic::new("s3cret"))?;
    let request = TokenRequest::builder().scope("stock.read").build()?;
    let source = token_source(&tokens.token_endpoint(), client, request)?;
    let state = handler::AppState::new(http()?, source.clone(), &api.origin())?;
    let reports = serve(handler::app(state)).await?;
    let proxy = proxy::Proxy::new(http()?, source.clone(), &api.origin())?;
    let proxy = serve(proxy::app(proxy)).await?;

    let callers = http()?;
    show(&callers, &format!("{reports}/report")).await?;
    show(&callers, &format!("{proxy}/v1/items?of=tea")).await?;

    println!("\nThe authorization server is down, and the token is gone:");
    authorization_server.set_outage(Some(Answer::body(503, "")));
    source.invalidate();
    show(&callers, &format!("{reports}/report")).await?;
    show(&callers, &format!("{proxy}/v1/items?of=tea")).await?;

    println!(
        "\n{} requests reached the API, none without a token: {}",
        stock.requests(),
        stock.without_token() == 0
    );
    Ok(())
}

/// Serves on a free port, and tells where.
async fn serve(app: Router) -> Result<String, BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

/// One request, with an `Authorization` that is none of the API's business.
async fn show(http: &Http, uri: &str) -> Result<(), BoxError> {
    let request = Request::get(uri).header(AUTHORIZATION, "Basic eA==");
    let answer = http.request(request.body(Body::empty())?).await?;
    let (status, retry_after) = (
        answer.status(),
        answer.headers().get("retry-after").cloned(),
    );
    let body = answer.into_body().collect().await?.to_bytes();
    println!("GET {uri}\n  {status} {}", String::from_utf8_lossy(&body));
    if let Some(retry_after) = retry_after {
        println!("  Retry-After: {}", retry_after.to_str()?);
    }
    Ok(())
}
