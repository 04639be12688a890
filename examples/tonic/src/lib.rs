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

use http::{Request, Response};
use oauth2_client_credentials::{Client, EndpointUri, TokenRequest};
use tonic::{Status, body::Body, transport::Channel};
use tower::{ServiceBuilder, util::BoxCloneSyncService};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, HttpClient, Origins, TokenEndpoint, TokenSource,
};

use crate::stock::stock_client::StockClient;
pub use crate::{
    shop::Shop,
    status::{status, watch_trailers},
};

/// A channel whose calls carry a token, and end with a status that says why if there is none.
///
/// It stands in a struct's field, as `StockClient<ClientCredentials<Channel>>` would without [`status`] and [`watch_trailers`]. With them
/// the type is erased: rustc does not see that the futures of a `MapErr<_, fn(BoxError) -> Status>` are `Send`
/// (rust-lang/rust#110338).
pub type Protected = BoxCloneSyncService<Request<Body>, Response<Body>, Status>;

/// The generated client over `channel`, which connects to `server` and nowhere else.
///
/// Its calls carry a token for the scope `read`; one that has a [`TokenRequest`] among its extensions gets a token for that.
///
/// # Errors
///
/// `token_endpoint` or `server` is not https, nor on loopback; or this machine has no root certificates.
pub fn stock_client(
    channel: Channel,
    server: &str,
    token_endpoint: &str,
    client: Client,
) -> Result<StockClient<Protected>, BoxError> {
    let endpoint = TokenEndpoint::new(
        HttpClient::new()?,
        EndpointUri::new(token_endpoint)?,
        client,
    );
    let source = TokenSource::builder(endpoint)
        .request(TokenRequest::builder().scope("read").build()?)
        .build();
    // A generated client's requests have no authority: the channel knows where they go.
    let layer =
        ClientCredentialsLayer::new(source, Origins::transport_bound_to(server)?).with_sent_token();
    let service = ServiceBuilder::new()
        .map_err(status)
        .map_response(watch_trailers)
        .layer(layer)
        .service(channel);
    Ok(StockClient::new(BoxCloneSyncService::new(service)))
}

/// Compiles the programs of the documentation's page on tonic.
#[cfg(doctest)]
#[doc = include_str!("../../../crates/tower-oauth2-client-credentials/docs/hosts/tonic.md")]
struct Page;
