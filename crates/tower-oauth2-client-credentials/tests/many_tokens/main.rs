//! One source, many tokens: a request says what it wants one for, and all share the limits of one client.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bound;
mod by_request;
mod limits;
#[path = "../refusals/mod.rs"]
mod refusals;
#[path = "../support/mod.rs"]
mod support;
mod whole_source;

use std::time::Duration;

use http::Request;
use oauth2_client_credentials::TokenRequest;
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use refusals::Told;
use support::{origins, request, send, source, token_error};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tower::{Layer, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, State, TokenErrorKind, TokenSource, replay,
};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn scope(scope: &str) -> TokenRequest {
    TokenRequest::builder().scope(scope).build().unwrap()
}

fn scopes(names: &str, count: usize) -> Vec<TokenRequest> {
    (0..count).map(|n| scope(&format!("{names}{n}"))).collect()
}

/// A request that names what it wants a token for.
fn request_for(wanted: &TokenRequest) -> Request<()> {
    let mut request = request();
    request.extensions_mut().insert(wanted.clone());
    request
}

type Api = ClientCredentials<ResourceServer>;

async fn ask(service: &Api, wanted: &TokenRequest) -> Result<u16, BoxError> {
    let answer = service.clone().oneshot(request_for(wanted)).await?;
    Ok(answer.status().as_u16())
}

fn stack(server: &AuthorizationServer, source: TokenSource) -> (ResourceServer, Api) {
    let resource = ResourceServer::new(server);
    let service = ClientCredentials::new(resource.clone(), source, origins());
    (resource, service)
}

/// The scopes that were asked for, in their order.
fn asked(server: &AuthorizationServer) -> Vec<String> {
    let requests = server.requests();
    let scopes = requests.iter().map(|request| request.parameter("scope"));
    scopes
        .map(|scope| scope.unwrap_or("-").to_owned())
        .collect()
}
