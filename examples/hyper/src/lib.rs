//! The layer around hyper-util's client, over rustls.
//!
//! What a program copies: [`https`] or [`http_2`] for the client, [`one_client`] or [`two_clients`] for the layer. The program
//! beside this (`src/main.rs`) runs all of them.

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2_client_credentials::{self as oauth2, EndpointUri, TokenRequest};
use rustls::ClientConfig;
use tower::Layer;
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, HttpClient, Origins, TokenEndpoint, TokenSource,
};

/// The program's HTTP client. It follows no redirects.
pub type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// HTTP/2 where the server offers it in the TLS handshake (ALPN), else HTTP/1.1.
#[must_use]
pub fn https(tls: ClientConfig) -> Http {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        // Endpoint and layer see to it that plain HTTP goes to loopback only.
        .https_or_http()
        .enable_http1()
        .enable_http2()
        .build();
    Client::builder(TokioExecutor::new()).build(connector)
}

/// HTTP/2 and nothing else, over TLS and nothing else: all requests to a server share one connection.
#[must_use]
pub fn http_2(tls: ClientConfig) -> Http {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_only()
        .enable_http2()
        .build();
    Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build(connector)
}

/// One client for both sides: the authorization server is reached as the API is, and they share what the client limits.
#[must_use]
pub fn one_client(
    http: Http,
    token_endpoint: EndpointUri,
    client: oauth2::Client,
    wanted: TokenRequest,
    api: Origins,
) -> ClientCredentials<Http> {
    let endpoint = TokenEndpoint::new(http.clone(), token_endpoint, client);
    let source = TokenSource::builder(endpoint).request(wanted).build();
    ClientCredentialsLayer::new(source, api).layer(http)
}

/// Two clients: the API has one that is made for it, and the token side a ready one with time limits (feature `client`).
#[must_use]
pub fn two_clients(
    http: Http,
    tokens: HttpClient,
    token_endpoint: EndpointUri,
    client: oauth2::Client,
    wanted: TokenRequest,
    api: Origins,
) -> ClientCredentials<Http> {
    let endpoint = TokenEndpoint::new(tokens, token_endpoint, client);
    let source = TokenSource::builder(endpoint).request(wanted).build();
    ClientCredentialsLayer::new(source, api).layer(http)
}

/// Compiles the programs of the documentation's page on hyper.
#[cfg(doctest)]
#[doc = include_str!("../../../crates/tower-oauth2-client-credentials/docs/hosts/hyper.md")]
struct Page;

/// The same of the protocol's own page.
#[cfg(doctest)]
#[doc = include_str!("../../../crates/oauth2-client-credentials/docs/http-clients/hyper.md")]
struct ProtocolPage;
