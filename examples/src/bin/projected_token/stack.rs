//! The layer's part.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::Connect};
use oauth2_client_credentials::TokenRequest;
use tower::Layer;
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Credential, EndpointLocation, Origins,
    TokenEndpoint, TokenSource,
};

/// The client's credential is whatever assertion is in the file when a token is asked for: it is read before each token request,
/// and again when the server refuses what was in it.
pub(crate) fn protected<C>(
    http: Client<C, Full<Bytes>>,
    location: impl Into<EndpointLocation>,
    credential: Credential,
    wanted: TokenRequest,
    api: Origins,
) -> ClientCredentials<Client<C, Full<Bytes>>>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let endpoint = TokenEndpoint::new(http.clone(), location, credential);
    let source = TokenSource::builder(endpoint).request(wanted).build();
    ClientCredentialsLayer::new(source, api).layer(http)
}
