//! Shows what the layer does, with everything in one process: an authorization server and an API over loopback HTTP, and a
//! hyper client with the layer around it. All numbers are the servers' own.
//!
//! ```text
//! cargo run -p examples --bin quickstart
//! ```
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use oauth2_client_credentials::{ClientSecretBasic, EndpointUri, TokenRequest};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use tokio::{task::JoinSet, time::sleep};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, Origins, TokenEndpoint, TokenError,
    TokenErrorKind, TokenSource,
};

type Connector = hyper_util::client::legacy::connect::HttpConnector;
type Api = ClientCredentials<Client<Connector, Full<Bytes>>>;

/// How long the first token lives. Its renewal is due after 1.2 to 2 s.
const LIFETIME: Duration = Duration::from_secs(4);

/// How long the second one lives, which is to end.
const SHORT: Duration = Duration::from_secs(1);

/// How long the last one lives: nothing is to happen to it.
const LONG: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let authorization_server = AuthorizationServer::builder()
        .client("quickstart", "s3cret")
        .lifetime(LIFETIME)
        .build();
    let resource_server = ResourceServer::new(&authorization_server);
    let tokens = authorization_server.serve().await?;
    let api = resource_server.serve().await?;
    let mut story = Story {
        authorization_server,
        resource_server,
        told: (0, 0),
    };
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
    let layer = ClientCredentialsLayer::new(source, Origins::new([api.origin()])?);
    let client: Api = layer.layer(http);

    burst(&client, &api.origin(), 1_000).await?;
    story.expect("1000 requests at once, and no token yet", 1_000, 1..=1)?;

    // Its renewal becomes due meanwhile, and fails, behind the backs of all who carry the token.
    let server = story.authorization_server.clone();
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

    let refused = [refused_elsewhere(&client).await?];
    story.expect("1 to an origin the token was not given for", 0, 0..=0)?;
    println!("\n{}", refused[0]);

    let Story {
        authorization_server,
        resource_server,
        ..
    } = story;
    println!(
        "\nrequests={} token_requests={} refused={}",
        resource_server.requests(),
        authorization_server.token_requests(),
        refused.len(),
    );
    Ok(())
}

/// Sends `count` requests at once; all of them must be served.
async fn burst(client: &Api, origin: &str, count: usize) -> Result<(), BoxError> {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let request = Request::get(format!("{origin}/orders")).body(Full::default())?;
        requests.spawn(client.clone().oneshot(request));
    }
    for answer in requests.join_all().await {
        let status = answer?.status();
        if status != StatusCode::OK {
            return Err(format!("a request was answered with {status}").into());
        }
    }
    Ok(())
}

/// Sends a few requests, then waits a moment.
async fn paced_burst(client: &Api, origin: &str) -> Result<u64, BoxError> {
    const COUNT: usize = 20;
    burst(client, origin, COUNT).await?;
    sleep(Duration::from_millis(50)).await;
    Ok(COUNT as u64)
}

/// Sends one request to a foreign origin, which must be refused.
async fn refused_elsewhere(client: &Api) -> Result<TokenError, BoxError> {
    let request = Request::get("https://api.example.net/orders").body(Full::default())?;
    let error = client
        .clone()
        .oneshot(request)
        .await
        .err()
        .ok_or("a foreign origin got a token")?;
    match TokenError::find(&*error) {
        Some(refused) if refused.kind() == TokenErrorKind::Origin => Ok(refused.clone()),
        _ => Err(error),
    }
}

/// Compares what is told with what the servers counted.
struct Story {
    authorization_server: AuthorizationServer,
    resource_server: ResourceServer,
    told: (u64, u64),
}

impl Story {
    /// Tells one step; an error if the servers counted something else since the last one.
    fn expect(
        &mut self,
        step: &str,
        served: u64,
        token_requests: std::ops::RangeInclusive<u64>,
    ) -> Result<(), BoxError> {
        let now = (
            self.resource_server.served(),
            self.authorization_server.token_requests(),
        );
        let seen = (now.0 - self.told.0, now.1 - self.told.1);
        self.told = now;
        println!(
            "{step:<46} {:>5} served, {:>2} token requests",
            seen.0, seen.1
        );
        if seen.0 != served
            || !token_requests.contains(&seen.1)
            || self.resource_server.refused() != 0
        {
            return Err(format!(
                "expected {served} served, none refused by the API, and {token_requests:?} token requests"
            )
            .into());
        }
        Ok(())
    }
}
