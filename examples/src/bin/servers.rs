//! An authorization server and an API on loopback, for a program of yours to be tried with.
//!
//! ```text
//! cargo run -p examples --bin servers
//! ```
//!
//! It prints where both are, and the client that the first one knows; then, whenever something came, what it was. Tokens live for a
//! minute, or for as many seconds as its one argument says. Ctrl-C ends it.
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

#[path = "../log.rs"]
mod log;

use std::{env, process::ExitCode, time::Duration};

use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tokio::time;
use tower_oauth2_client_credentials::BoxError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::start();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let seconds = match env::args_os().nth(1) {
        Some(text) => {
            let seconds = text.to_str().and_then(|text| text.parse().ok());
            seconds.ok_or("the argument is for how many seconds a token lives")?
        }
        None => 60,
    };
    let server = AuthorizationServer::builder()
        .client("orders", "s3cret")
        .lifetime(Duration::from_secs(seconds))
        .build();
    let api = ResourceServer::new(&server);
    let (tokens, resource) = (server.serve().await?, api.serve().await?);
    println!("token endpoint  {}", tokens.token_endpoint());
    println!("API             {}", resource.origin());
    println!("client          orders, CLIENT_SECRET=s3cret");

    let mut before = (0, 0);
    loop {
        let now = (server.token_requests(), api.requests());
        if now != before {
            println!(
                "{} token requests; {} requests: {} with a token that is good, {} with another, {} without",
                now.0,
                now.1,
                api.served(),
                api.refused(),
                api.without_token()
            );
            before = now;
        }
        time::sleep(Duration::from_millis(200)).await;
    }
}
