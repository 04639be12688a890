//! An authorization server, and the stock as a gRPC server that looks at its tokens, for a program of yours to be tried with.
//!
//! ```text
//! cargo run -p example-tonic --example server
//! ```
//!
//! It prints where both are, and the client that the first one knows. Ctrl-C ends it.
#![allow(clippy::print_stdout, reason = "it talks to a terminal")]

use std::error::Error;

use example_tonic::{Shop, stock::stock_server::StockServer};
use oauth2_client_credentials_testkit::AuthorizationServer;
use tonic::{
    Request, Status,
    transport::{Server, server::TcpIncoming},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authorization_server = AuthorizationServer::builder()
        .client("orders", "s3cret")
        .build();
    let tokens = authorization_server.serve().await?;
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
    println!("token endpoint  {}", tokens.token_endpoint());
    println!("gRPC            http://{}", incoming.local_addr()?);
    println!("client          orders, CLIENT_SECRET=s3cret");

    let check = move |request: Request<()>| {
        let header = request.metadata().get("authorization");
        let token = header
            .and_then(|it| it.to_str().ok())
            .and_then(|it| it.strip_prefix("Bearer "));
        match token {
            Some(token) if authorization_server.is_active(token) => Ok(request),
            _ => Err(Status::unauthenticated(
                "this call has no token, or not a good one",
            )),
        }
    };
    let service = StockServer::with_interceptor(Shop::new(), check);
    Server::builder()
        .add_service(service)
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}
