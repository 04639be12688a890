//! The layer in a program that uses axum: [below a handler](handler) that calls a protected API, and [in a reverse
//! proxy](proxy) that adds the token to what passes through. What the caller sees when there is no token: [`Problem`].

pub mod handler;
#[path = "../../src/hop_by_hop.rs"]
mod hop_by_hop;
mod problem;
pub mod proxy;

pub use crate::problem::Problem;

use axum::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as HyperClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2_client_credentials::{Client, EndpointUri, TokenRequest};
use tower_oauth2_client_credentials::{BoxError, HttpClient, TokenEndpoint, TokenSource};

/// The HTTP client of the program, which knows nothing of tokens and follows no redirects.
pub type Http = HyperClient<HttpsConnector<HttpConnector>, Body>;

/// Such a client.
///
/// # Errors
///
/// This machine has no root certificates.
pub fn http() -> Result<Http, BoxError> {
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()?
        .https_or_http()
        .enable_http1()
        .enable_http2()
        .build();
    Ok(HyperClient::builder(TokioExecutor::new()).build(connector))
}

/// Where the tokens come from. One for the whole program.
///
/// # Errors
///
/// `token_endpoint` is not https, nor on loopback; or this machine has no root certificates.
pub fn token_source(
    token_endpoint: &str,
    client: Client,
    request: TokenRequest,
) -> Result<TokenSource, BoxError> {
    let endpoint = TokenEndpoint::new(
        HttpClient::new()?,
        EndpointUri::new(token_endpoint)?,
        client,
    );
    Ok(TokenSource::builder(endpoint).request(request).build())
}

/// Compiles the programs of the documentation's page on axum.
#[cfg(doctest)]
#[doc = include_str!("../../../crates/tower-oauth2-client-credentials/docs/hosts/axum.md")]
struct Page;
