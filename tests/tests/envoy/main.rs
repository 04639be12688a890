//! The layer in a mesh, with Envoy on either side of it. All numbers are Envoy's and oidc-provider's.
#![allow(clippy::print_stdout, reason = "they are shown by --nocapture")]

mod faults;
mod resource;

use std::time::Duration;

use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use tests::{Envoy, OidcProvider, http_client};
use tower_oauth2_client_credentials::{BoxError, TokenEndpoint, TokenSource, TokenSourceBuilder};

/// Long enough for most tests.
const TTL: Duration = Duration::from_secs(60);
/// For tests that are not about `Retry-After`.
const SOON: Duration = Duration::from_secs(1);

const SERVED: &str = "http.resource.jwt_authn.allowed";

type TestResult = Result<(), BoxError>;

/// oidc-provider with tokens of this lifetime, and Envoy before it.
async fn start(ttl: Duration, retry_after: Duration) -> Result<(OidcProvider, Envoy), BoxError> {
    let provider = OidcProvider::builder().token_ttl(ttl).start()?;
    let envoy = Envoy::start(&provider, retry_after).await?;
    Ok((provider, envoy))
}

/// Tokens that Envoy accepts, from this endpoint.
fn source(endpoint: EndpointUri) -> Result<TokenSourceBuilder, BoxError> {
    let client = Client::new("basic", ClientSecretBasic::new("basic-secret"))?;
    let request = TokenRequest::builder()
        .scope("read")
        .resource(OidcProvider::RESOURCE)
        .build()?;
    let endpoint = TokenEndpoint::new(http_client(), endpoint, client);
    Ok(TokenSource::builder(endpoint).request(request))
}
