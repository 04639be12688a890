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
#[path = "../../log.rs"]
mod log;
mod stack;
#[path = "../../start.rs"]
mod start;

use std::process::ExitCode;

use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::{
    Client, ClientSecretBasic, Dpop, DpopKey, Issuer, KeyError, TokenRequest,
};
use rustls::crypto::ring;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Origins};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let [issuer, client_id, uri] = start::arguments("ISSUER CLIENT_ID URI")?;
    let secret = start::client_secret()?;
    let uri: Uri = uri.parse()?;
    let http = start::http_client(start::system_tls()?);

    let service = stack::protected(
        http,
        Issuer::new(&issuer)?,
        Client::new(client_id, ClientSecretBasic::new(secret))?,
        TokenRequest::new(),
        Dpop::new(new_key()?),
        Origins::new([start::origin(&uri)?])?,
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
