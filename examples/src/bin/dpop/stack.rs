//! The layer's part.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::Connect};
use oauth2_client_credentials::{Dpop, TokenRequest};
use tower::Layer;
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Credential, EndpointLocation, Origins,
    TokenEndpoint, TokenSource, replay,
};

/// One handle for both sides: the endpoint has tokens bound to its key, and the layer shows them with a proof of it.
pub(crate) fn protected<C>(
    http: Client<C, Full<Bytes>>,
    location: impl Into<EndpointLocation>,
    credential: impl Into<Credential>,
    wanted: TokenRequest,
    dpop: Dpop,
    api: Origins,
) -> ClientCredentials<Client<C, Full<Bytes>>, replay::Cloned>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let endpoint = TokenEndpoint::new(http.clone(), location, credential).dpop(dpop.clone());
    let source = TokenSource::builder(endpoint).request(wanted).build();
    ClientCredentialsLayer::new(source, api)
        .presentation(dpop)
        // An API that wants a nonce says so in a refusal: then the request goes once more, with that.
        .replay(replay::Cloned::new())
        .layer(http)
}
