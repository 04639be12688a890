//! The layer of the example under a generated tonic client, with tokens of oidc-provider.
#![allow(clippy::print_stdout, reason = "the counts are shown by --nocapture")]

mod calls;
mod failures;
mod server;

use example_tonic::{
    Protected,
    stock::{Item, Quantity, stock_client::StockClient},
    stock_client,
};
use oauth2_client_credentials::{Client, ClientSecretPost};
use tests::OidcProvider;
use tokio_stream::iter;
use tonic::{Status, transport::Channel};
use tower_oauth2_client_credentials::BoxError;

use crate::server::StockHost;

type TestResult = Result<(), BoxError>;

/// The four kinds of calls.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Unary,
    ClientStreaming,
    ServerStreaming,
    Bidirectional,
}

const KINDS: [Kind; 4] = [
    Kind::Unary,
    Kind::ClientStreaming,
    Kind::ServerStreaming,
    Kind::Bidirectional,
];

impl Kind {
    /// Makes such a call and reads its answer to the end.
    async fn call(self, stock: &mut StockClient<Protected>) -> Result<Vec<u32>, Status> {
        let items = ["tea", "milk"].map(item);
        let mut answers = match self {
            Self::Unary => {
                let quantity = stock.count(item("tea")).await?.into_inner();
                return Ok(vec![quantity.pieces]);
            }
            Self::ClientStreaming => {
                let quantity = stock.deliver(iter(items)).await?.into_inner();
                return Ok(vec![quantity.pieces]);
            }
            Self::ServerStreaming => stock.watch(item("tea")).await?.into_inner(),
            Self::Bidirectional => stock.reserve(iter(items)).await?.into_inner(),
        };
        let mut all = Vec::new();
        while let Some(Quantity { pieces }) = answers.message().await? {
            all.push(pieces);
        }
        Ok(all)
    }
}

fn item(name: &str) -> Item {
    Item {
        name: name.to_owned(),
    }
}

/// A server, and a client of it with this secret.
fn start(
    provider: &OidcProvider,
    secret: &str,
) -> Result<(StockHost, StockClient<Protected>), BoxError> {
    let host = StockHost::start(provider, None)?;
    let stock = client(provider, &host, secret)?;
    Ok((host, stock))
}

fn client(
    provider: &OidcProvider,
    host: &StockHost,
    secret: &str,
) -> Result<StockClient<Protected>, BoxError> {
    let server = format!("http://127.0.0.1:{}", host.port());
    let channel = Channel::from_shared(server.clone())?.connect_lazy();
    let client = Client::new("post", ClientSecretPost::new(secret))?;
    stock_client(
        channel,
        &server,
        provider.token_endpoint()?.as_str(),
        client,
    )
}
