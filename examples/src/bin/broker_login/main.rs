//! A token for what is no HTTP: the password at a broker, here RabbitMQ with its plug-in for OAuth 2.0. The connection stays longer
//! than any token, and is told each new one before the old one ends.
//!
//! ```text
//! CLIENT_SECRET=… cargo run -p examples --bin broker_login -- https://as.example.com orders rabbitmq localhost:5672 orders
//! ```
//!
//! The issuer, the client's id, the resource that the token is to be for, the broker on loopback, and a queue, which is made for the
//! connection. It is looked at once a second until Ctrl-C. A database does the same with a new connection for each new token.
#![allow(clippy::print_stdout, reason = "it shows what it does")]

mod amqp;
#[path = "../../exit.rs"]
mod exit;
mod session;
mod wire;

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy, rt::TokioExecutor};
use oauth2_client_credentials::{Client, ClientSecretBasic, Issuer, TokenRequest};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time;
use tower_oauth2_client_credentials::{BoxError, TokenEndpoint, TokenSource};

use self::session::Session;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let ([issuer, client_id, resource, broker, queue], Ok(secret)) =
        (arguments.as_slice(), env::var("CLIENT_SECRET"))
    else {
        let usage = "it takes ISSUER CLIENT_ID RESOURCE BROKER QUEUE and the variable CLIENT_SECRET, as its first lines say";
        return Err(usage.into());
    };

    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        // The endpoint sees to it that plain HTTP goes to loopback only.
        .https_or_http()
        .enable_all_versions()
        .build();
    let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(https);

    let client = Client::new(client_id, ClientSecretBasic::new(secret))?;
    let wanted = TokenRequest::builder()
        .scope("read")
        .scope("write")
        .resource(resource)
        .build()?;
    let source = TokenSource::builder(TokenEndpoint::new(http, Issuer::new(issuer)?, client))
        .request(wanted)
        .build();
    let mut session = Session::login(source, broker).await?;
    loop {
        let messages = session.connection().await?.declare_queue(queue).await?;
        let token = session.generation();
        println!("{messages} messages in {queue}, with token {token}");
        time::sleep(Duration::from_secs(1)).await;
    }
}
