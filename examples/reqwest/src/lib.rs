//! The layer around reqwest's client, on both sides.
//!
//! reqwest's `Client` is a `Service<reqwest::Request>`; the layer is for services of `http::Request`. [`Transport`] stands between
//! them: that is all that is to be copied, with [`client`] for the settings that matter and [`protected`] for the layer. It is no
//! feature of the layer: reqwest is a large dependency with a major version of its own, whoever has it has it already, and a short
//! file in the program follows it to its next version on the same day.
//!
//! Who wants no adapter on the token side takes `HttpClient` there (feature `client` of the layer).

mod transport;

use std::time::Duration;

use oauth2_client_credentials::{self as oauth2, EndpointUri, TokenRequest};
use reqwest::{Body, redirect::Policy};
use rustls::ClientConfig;
use tower::Layer;
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource,
};

pub use crate::transport::Transport;

/// reqwest's client as both sides need it.
///
/// It follows no redirects: one at the token endpoint would carry the secret elsewhere, and one at the API would pass the layer by,
/// which has to look at every place that a token goes to. It takes no proxy from the environment: one for plain http would be sent what
/// is for loopback, secret and token included; name yours with `reqwest::Proxy::https`, which tunnels. With limits, for reqwest has none.
///
/// # Errors
///
/// reqwest cannot use the configuration.
pub fn client(mut tls: ClientConfig) -> Result<reqwest::Client, reqwest::Error> {
    // A configuration of one's own is taken as it is: without this there is no HTTP/2.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10))
        .build()
}

/// The layer around `client`, which asks for the tokens too.
#[must_use]
pub fn protected(
    client: reqwest::Client,
    token_endpoint: EndpointUri,
    credential: oauth2::Client,
    wanted: TokenRequest,
    api: Origins,
) -> ClientCredentials<Transport> {
    let http = Transport::new(client);
    // It takes any body that reqwest takes, so the endpoint is told which one.
    let endpoint = TokenEndpoint::with_body(http.clone(), Body::from, token_endpoint, credential);
    let source = TokenSource::builder(endpoint).request(wanted).build();
    ClientCredentialsLayer::new(source, api).layer(http)
}

/// Compiles the programs of the documentation's page on reqwest.
#[cfg(doctest)]
#[doc = include_str!("../../../crates/tower-oauth2-client-credentials/docs/hosts/reqwest.md")]
struct Page;

/// The same of the protocol's own page.
#[cfg(doctest)]
#[doc = include_str!("../../../crates/oauth2-client-credentials/docs/http-clients/reqwest.md")]
struct ProtocolPage;
