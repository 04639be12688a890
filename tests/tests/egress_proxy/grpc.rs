//! gRPC: HTTP/2 on both sides, and a status that comes in trailers.

use example_tonic::stock::{Item, stock_client::StockClient};
use tests::OidcProvider;
use tokio_stream::iter;
use tonic::{Code, Request};

use crate::{
    TestResult, ready,
    server::{StockHost, revoke},
    start,
};

fn item(name: &str) -> Item {
    Item {
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn a_generated_client_calls_through_it_as_if_it_were_the_server() -> TestResult {
    let provider = OidcProvider::start()?;
    let host = StockHost::start(&provider, None)?;
    let proxy = start(&provider, &format!("http://127.0.0.1:{}/", host.port()), "")?;
    ready(&proxy).await;
    let mut stock = StockClient::connect(proxy.address().to_owned()).await?;

    let one = stock.count(item("tea")).await?.into_inner().pieces;
    let delivered = stock.deliver(iter([item("tea"), item("milk")])).await?;
    let mut reserved = stock
        .reserve(iter([item("tea"), item("milk")]))
        .await?
        .into_inner();
    let mut pieces = vec![one, delivered.into_inner().pieces];
    while let Some(quantity) = reserved.message().await? {
        pieces.push(quantity.pieces);
    }
    assert_eq!(pieces, [3, 2, 3, 4]);

    // Its own header is none of the upstream's business.
    let mut request = Request::new(item("tea"));
    request
        .metadata_mut()
        .insert("authorization", "Bearer other".parse()?);
    stock.count(request).await?;

    let (calls, stats) = (host.calls(), provider.stats().await?);
    println!(
        "gRPC: {} calls, {} token requests",
        calls.len(),
        stats.token_requests()
    );
    assert_eq!((calls.len(), stats.token_requests()), (4, 1));
    Ok(())
}

#[tokio::test]
async fn a_call_whose_token_was_revoked_costs_one_refusal() -> TestResult {
    let provider = OidcProvider::start()?;
    let host = StockHost::start(&provider, None)?;
    let proxy = start(&provider, &format!("http://127.0.0.1:{}/", host.port()), "")?;
    let mut stock = StockClient::connect(proxy.address().to_owned()).await?;
    stock.count(item("tea")).await?;
    revoke(&provider, &host.last().token).await?;
    // A call has a body, which is streamed and not kept: this one is told, the next has another token.
    let refused = stock.count(item("tea")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    stock.count(item("tea")).await?;
    assert_eq!(provider.stats().await?.tokens_issued_to("post"), 2);
    Ok(())
}
