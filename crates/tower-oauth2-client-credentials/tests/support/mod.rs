//! What the tests of this crate share: a clock that goes by tokio's, and a whole stack in one process.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod driven;
pub(crate) mod lines;
#[cfg(feature = "metrics")]
pub(crate) mod metered;

use std::time::{Duration, SystemTime};

use http::Request;
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tokio::time::Instant;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, Clock, Credential, Origins, TokenEndpoint, TokenError,
    TokenSource, TokenSourceBuilder,
};

/// Goes by tokio's clock, so that a test with paused time drives it.
#[derive(Debug)]
pub(crate) struct TokioClock(Instant);

impl TokioClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TokioClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + self.0.elapsed()
    }
}

/// The credential that every test's client has.
pub(crate) fn credential() -> Credential {
    Credential::new(Client::new("svc", ClientSecretBasic::new("canary-secret")).unwrap())
}

/// The token endpoint of `server`.
pub(crate) fn endpoint(server: &AuthorizationServer, credential: &Credential) -> TokenEndpoint {
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    TokenEndpoint::new(server.clone(), uri, credential.clone())
}

/// A source on tokio's clock whose draws are all in the middle.
pub(crate) fn source(server: &AuthorizationServer) -> TokenSourceBuilder {
    let credential = credential();
    TokenSource::builder(endpoint(server, &credential))
        .credential(&credential)
        .clock(TokioClock::new())
        .draws(|| 0.5)
}

/// A resource of `server`, with the layer around it.
pub(crate) fn stack(
    server: &AuthorizationServer,
) -> (ResourceServer, ClientCredentials<ResourceServer>) {
    let resource = ResourceServer::new(server);
    let service = ClientCredentials::new(resource.clone(), source(server).build(), origins());
    (resource, service)
}

pub(crate) fn origins() -> Origins {
    Origins::new(["https://api.example.com"]).unwrap()
}

pub(crate) fn request() -> Request<()> {
    Request::get("https://api.example.com/").body(()).unwrap()
}

/// Sends one request through a clone of `service`.
pub(crate) async fn send<S, B>(service: &S) -> Result<u16, BoxError>
where
    S: tower::Service<Request<()>, Response = http::Response<B>, Error = BoxError> + Clone,
{
    let response = service.clone().oneshot(request()).await?;
    Ok(response.status().as_u16())
}

/// The token error in `error`.
pub(crate) fn token_error(error: BoxError) -> TokenError {
    TokenError::find(&*error).expect("a token error").clone()
}
