//! A token for what is no HTTP: the password at a broker, here RabbitMQ with its plug-in for OAuth 2.0. The connection stays longer
//! than any token, and is told each new one before the old one ends.
//!
//! ```text
//! CLIENT_SECRET=… cargo run -p examples --bin broker_login -- https://as.example.com orders urn:example:rabbitmq localhost:5672 orders
//! ```
//!
//! The issuer, the client's id, the resource that the token is to be for (a URI, which is RabbitMQ's `resource_server_id`), the broker on
//! loopback, and a queue, which is made for the connection. It is looked at once a second until Ctrl-C. A database does the same with a
//! new connection for each new token.
#![allow(clippy::print_stdout, reason = "it shows what it does")]

mod amqp;
#[path = "../../exit.rs"]
mod exit;
#[path = "../../log.rs"]
mod log;
mod session;
#[path = "../../start.rs"]
mod start;
mod wire;

use std::{process::ExitCode, time::Duration};

use oauth2_client_credentials::{Client, ClientSecretBasic, Issuer, TokenRequest};
use tokio::time;
use tower_oauth2_client_credentials::{BoxError, TokenEndpoint, TokenSource};

use self::session::Session;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let [issuer, client_id, resource, broker, queue] =
        start::arguments("ISSUER CLIENT_ID RESOURCE BROKER QUEUE")?;
    let secret = start::client_secret()?;
    let http = start::http_client(start::system_tls()?);
    let client = Client::new(client_id, ClientSecretBasic::new(secret))?;
    let wanted = TokenRequest::builder()
        .scope("read")
        .scope("write")
        .resource(&resource)
        .build()?;
    let source = TokenSource::builder(TokenEndpoint::new(http, Issuer::new(&issuer)?, client))
        .request(wanted)
        .build();
    let mut session = Session::login(source, &broker).await?;
    loop {
        let messages = session.connection().await?.declare_queue(&queue).await?;
        let token = session.generation();
        println!("{messages} messages in {queue}, with token {token}");
        time::sleep(Duration::from_secs(1)).await;
    }
}
