//! The ready HTTP client: whom it trusts, what it shows, how long it waits, where it does not go.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "client")]

mod limits;
mod pem;
mod places;
mod servers;
mod tls;

use oauth2_client_credentials::{
    Client, ClientSecretBasic, EndpointUri, TokenRequest, TokenResponse,
};
use oauth2_client_credentials_testkit::AuthorizationServer;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{
    EndpointError, Fetch, HttpClient, HttpClientBuilder, TokenEndpoint, TokenError, TokenErrorKind,
};

use crate::servers::Authority;

/// A server that knows the client of [`fetch`].
fn authorization_server() -> AuthorizationServer {
    AuthorizationServer::builder()
        .client("svc", "s3cret")
        .build()
}

/// A client that can be built on systems without root certificates too.
fn builder() -> HttpClientBuilder {
    HttpClient::builder().root_certificates_pem(Authority::new().pem())
}

fn endpoint(http: HttpClient, uri: &str) -> TokenEndpoint {
    let client = Client::new("svc", ClientSecretBasic::new("s3cret")).unwrap();
    TokenEndpoint::new(http, EndpointUri::new(uri).unwrap(), client)
}

/// One token request to `uri`.
async fn fetch(http: HttpClient, uri: &str) -> Result<TokenResponse, EndpointError> {
    endpoint(http, uri)
        .oneshot(Fetch::new(TokenRequest::new()))
        .await
}

/// What the layer goes by, and what somebody reads.
fn told<E: std::error::Error + 'static>(error: &E) -> (TokenErrorKind, String) {
    let told = TokenError::find(error).unwrap_or_else(|| panic!("{error:?}"));
    (told.kind(), told.to_string())
}
