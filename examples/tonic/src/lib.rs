//! The layer under a generated tonic client. [`stock_client`] is what a program would write; the rest is the service that it calls.

mod shop;
mod status;

/// Generated from `proto/stock.proto`.
#[allow(
    missing_docs,
    reason = "tonic documents what comes from the file, and no more"
)]
pub mod stock {
    tonic::include_proto!("stock.v1");
}

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy, rt::TokioExecutor};
use oauth2_client_credentials::{Client, EndpointUri, TokenRequest};
use tonic::{Status, body::Body, transport::Channel};
use tower::{
    ServiceBuilder,
    util::{MapErr, MapResponse},
};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource,
};

use crate::stock::stock_client::StockClient;
pub use crate::{
    shop::Shop,
    status::{status, watch_trailers},
};

/// A channel whose calls carry a token. All of it can be named, so that it can stand in a struct's field.
pub type Protected = MapErr<
    MapResponse<ClientCredentials<Channel>, fn(Response<Body>) -> Response<Body>>,
    fn(BoxError) -> Status,
>;

/// The generated client over `channel`, which connects to `server` and nowhere else.
///
/// Its calls carry a token for the scope `stock.read`; one that has a [`TokenRequest`] among its extensions gets a token for that.
///
/// # Errors
///
/// `token_endpoint` or `server` is not https, nor on loopback.
pub fn stock_client(
    channel: Channel,
    server: &str,
    token_endpoint: &str,
    client: Client,
) -> Result<StockClient<Protected>, BoxError> {
    let tls = HttpsConnectorBuilder::new()
        .with_native_roots()?
        .https_or_http()
        .enable_http1()
        .build();
    let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(tls);
    let endpoint = TokenEndpoint::new(http, EndpointUri::new(token_endpoint)?, client);
    let source = TokenSource::builder(endpoint)
        .request(TokenRequest::builder().scope("stock.read").build()?)
        .build();
    // A generated client's requests have no authority: the channel knows where they go.
    let layer =
        ClientCredentialsLayer::new(source, Origins::transport_bound_to(server)?).with_sent_token();
    let service = ServiceBuilder::new()
        .map_err(status as fn(_) -> _)
        .map_response(watch_trailers as fn(_) -> _)
        .layer(layer)
        .service(channel);
    Ok(StockClient::new(service))
}
