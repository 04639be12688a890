//! This project: the layer, its source and its token endpoint, over an HTTP service in this process.

use std::convert::Infallible;

use bytes::Bytes;
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri};
use tower::{Layer, service_fn};
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource,
    TokenSourceBuilder, replay,
};

use super::Tower;
use crate::{
    api::{Answer, Api},
    endpoint::Endpoint,
};

/// With a policy that keeps requests.
pub type Kept<A> = Tower<ClientCredentials<Api<A>, replay::Empty>>;

fn source(endpoint: &Endpoint) -> TokenSourceBuilder {
    let endpoint = endpoint.clone();
    let http = service_fn(move |_: http::Request<Bytes>| {
        let endpoint = endpoint.clone();
        async move { Ok::<_, Infallible>(endpoint.answer().await) }
    });
    let client = Client::new("svc", ClientSecretBasic::new("s3cr3t")).expect("a client");
    let uri = EndpointUri::new("https://as.example.com/token").expect("an endpoint");
    TokenSource::builder(TokenEndpoint::new(http, uri, client))
}

fn layer(source: TokenSource) -> ClientCredentialsLayer {
    let origins = Origins::new(["https://api.example.com"]).expect("an origin");
    ClientCredentialsLayer::new(source, origins)
}

/// With all defaults, but room for so many tokens beside its own.
pub fn this_of<A: Answer>(
    endpoint: &Endpoint,
    answer: A,
    tokens: usize,
) -> Tower<ClientCredentials<Api<A>>> {
    let source = source(endpoint).max_tokens(tokens.max(4_096));
    Tower(layer(source.build()).layer(Api::new(answer)))
}

/// Sends requests without a body once more when their token is refused.
pub fn kept<A: Answer>(endpoint: &Endpoint, answer: A) -> Kept<A> {
    let layer = layer(source(endpoint).build()).replay(replay::Empty::new());
    Tower(layer.layer(Api::new(answer)))
}
