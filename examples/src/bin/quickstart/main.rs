//! Shows what the layer does, with everything in one process: an authorization server and an API over loopback HTTP, and a
//! hyper client with the layer around it. All numbers are the servers' own.
//!
//! ```text
//! cargo run -p examples --bin quickstart
//! ```
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

#[path = "../../exit.rs"]
mod exit;
#[path = "../../log.rs"]
mod log;
mod story;
mod traffic;

use std::{process::ExitCode, time::Duration};

use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use oauth2_client_credentials::{ClientSecretBasic, EndpointUri, TokenRequest};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use tokio::time::sleep;
use tower::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource, replay,
};

use self::{
    story::Story,
    traffic::{Api, burst, paced_burst, refused_elsewhere},
};

/// How long the first token lives. Its renewal is due after 1.2 to 2 s.
const LIFETIME: Duration = Duration::from_secs(4);

/// How long the second one lives, which is to end.
const SHORT: Duration = Duration::from_secs(1);

/// How long those after it live: their time is not what ends them.
const LONG: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let authorization_server = AuthorizationServer::builder()
        .client("quickstart", "s3cret")
        .lifetime(LIFETIME)
        .build();
    let resource_server = ResourceServer::new(&authorization_server);
    let tokens = authorization_server.serve().await?;
    let api = resource_server.serve().await?;
    let mut story = Story::new(authorization_server.clone(), resource_server.clone());
    println!(
        "An authorization server and an API on loopback, and a hyper client with the layer around it.\n"
    );

    // This is all that a program needs: a client of its own, a credential, and where the token may go.
    let http = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let credential =
        oauth2_client_credentials::Client::new("quickstart", ClientSecretBasic::new("s3cret"))?;
    let endpoint = TokenEndpoint::new(
        http.clone(),
        EndpointUri::new(&tokens.token_endpoint())?,
        credential,
    );
    let source = TokenSource::builder(endpoint)
        .request(TokenRequest::builder().scope("orders.read").build()?)
        .build();
    let layer = ClientCredentialsLayer::new(source, Origins::new([api.origin()])?)
        // Requests without a body are sent once more if their token turns out to be revoked.
        .replay(replay::Empty::new());
    let client: Api = layer.layer(http);

    burst(&client, &api.origin(), 1_000).await?;
    story.expect("1000 requests at once, and no token yet", 1_000, 1..=1)?;

    // Its renewal becomes due meanwhile, and fails, behind the backs of all who carry the token.
    let server = authorization_server;
    server.set_outage(Some(Answer::body(503, "down for maintenance")));
    let mut sent = 0;
    while server.token_requests() < 2 {
        sent += paced_burst(&client, &api.origin()).await?;
    }
    story.expect("some until it was asked for another, in vain", sent, 1..=3)?;

    server.set_lifetime(SHORT);
    server.set_outage(None);
    let mut sent = 0;
    while server.issued() < 2 {
        sent += paced_burst(&client, &api.origin()).await?;
    }
    story.expect("some until it gave one, after the outage", sent, 1..=9)?;

    sleep(SHORT + Duration::from_millis(50)).await;
    server.set_lifetime(LONG);
    burst(&client, &api.origin(), 1_000).await?;
    story.expect("1000 at once, after that one has ended", 1_000, 1..=1)?;

    // Its life is cut short. All are under way with it before the first one is told that the API refuses it.
    server.revoke_all();
    resource_server.set_latency(Duration::from_millis(50));
    burst(&client, &api.origin(), 1_000).await?;
    story.expect_healing("1000 at once, whose token was revoked", 1_000, 1)?;

    let refused = [refused_elsewhere(&client).await?];
    story.expect("1 to an origin the token was not given for", 0, 0..=0)?;
    println!("\n{}", refused[0]);
    story.sum_up(refused.len());
    Ok(())
}
