//! A generated tonic client whose calls carry a token: an authorization server, a gRPC server that looks at tokens, and the client,
//! in one process and over loopback.
//!
//! ```text
//! cargo run -p example-tonic
//! ```
//!
//! What the layer takes is in `src/lib.rs`, its errors as statuses in `src/status.rs`. The service is `proto/stock.proto`.
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

#[path = "../../src/exit.rs"]
mod exit;
#[path = "../../src/log.rs"]
mod log;

use std::process::ExitCode;

use example_tonic::{
    Protected, Shop,
    stock::{Item, stock_client::StockClient, stock_server::StockServer},
    stock_client,
};
use oauth2_client_credentials::{Client, ClientSecretBasic, TokenRequest};
use oauth2_client_credentials_testkit::AuthorizationServer;
use tokio_stream::iter;
use tonic::{
    Request, Status,
    transport::{Channel, Server, server::TcpIncoming},
};
use tower_oauth2_client_credentials::BoxError;

/// Whoever calls the stock has this: the whole type can be named.
struct Till {
    stock: StockClient<Protected>,
}

#[tokio::main]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let authorization_server = AuthorizationServer::builder()
        .client("till", "s3cret")
        .build();
    let tokens = authorization_server.serve().await?;
    let server = serve_stock(authorization_server.clone())?;

    let channel = Channel::from_shared(server.clone())?.connect_lazy();
    let client = Client::new("till", ClientSecretBasic::new("s3cret"))?;
    let mut till = Till {
        stock: stock_client(channel.clone(), &server, &tokens.token_endpoint(), client)?,
    };
    till.call_each_kind().await?;
    println!(
        "four calls, {} token request",
        authorization_server.token_requests()
    );

    // This call has a token of its own.
    let mut request = Request::new(item("tea"));
    let scope = TokenRequest::builder().scope("write").build()?;
    request.extensions_mut().insert(scope);
    till.stock.count(request).await?;
    println!(
        "one for another scope, {} token requests",
        authorization_server.token_requests()
    );

    authorization_server.revoke_all();
    let refused = till.stock.count(item("tea")).await.err();
    println!(
        "revoked: {:?}, and the next call: {:?}",
        refused.map(|status| status.code()),
        till.stock.count(item("tea")).await?.into_inner()
    );

    let client = Client::new("till", ClientSecretBasic::new("mistyped"))?;
    let mut without = stock_client(channel, &server, &tokens.token_endpoint(), client)?;
    let refused = without.count(item("tea")).await.err();
    let refused = refused.ok_or("it was let in")?;
    println!(
        "with a wrong secret: {:?}, {}",
        refused.code(),
        refused.message()
    );
    Ok(())
}

impl Till {
    async fn call_each_kind(&mut self) -> Result<(), Status> {
        let counted = self.stock.count(item("tea")).await?;
        println!("unary: {:?}", counted.into_inner());
        let items = iter(["tea", "milk"].map(item));
        let delivered = self.stock.deliver(items).await?;
        println!("client streaming: {:?}", delivered.into_inner());
        let mut watched = self.stock.watch(item("tea")).await?.into_inner();
        while let Some(quantity) = watched.message().await? {
            println!("server streaming: {quantity:?}");
        }
        let items = iter(["tea", "milk"].map(item));
        let mut reserved = self.stock.reserve(items).await?.into_inner();
        while let Some(quantity) = reserved.message().await? {
            println!("bidirectional streaming: {quantity:?}");
        }
        Ok(())
    }
}

fn item(name: &str) -> Item {
    Item {
        name: name.to_owned(),
    }
}

/// Serves the stock to those who show a token of this authorization server, and tells where.
fn serve_stock(authorization_server: AuthorizationServer) -> Result<String, BoxError> {
    let check = move |request: Request<()>| {
        let header = request.metadata().get("authorization");
        let token = header
            .and_then(|it| it.to_str().ok())
            .and_then(|it| it.strip_prefix("Bearer "));
        match token {
            Some(token) if authorization_server.is_active(token) => Ok(request),
            _ => Err(Status::unauthenticated(
                "this token is not, or no longer, good",
            )),
        }
    };
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
    let address = format!("http://{}", incoming.local_addr()?);
    let service = StockServer::with_interceptor(Shop::new(), check);
    tokio::spawn(
        Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    Ok(address)
}
