//! Calls that end without an answer, and what the generated client makes of them.

use std::time::{Duration, Instant};

use example_tonic::{status, stock::stock_client::StockClient, stock_client};
use oauth2_client_credentials::{Client, ClientSecretPost, TokenResponse};
use tests::OidcProvider;
use tokio::net::TcpListener;
use tonic::{Code, Status, transport::Channel};
use tower::service_fn;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, Fetch, Origins, TokenError, TokenErrorKind, TokenSource,
};

use crate::{KINDS, Kind, TestResult, item, server::StockHost, start};

/// Somewhere on loopback where nobody listens.
async fn nowhere() -> Result<String, BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Ok(format!("http://{}", listener.local_addr()?))
}

#[tokio::test]
async fn without_the_token_server_calls_are_unavailable_and_say_why() -> TestResult {
    let provider = OidcProvider::start()?;
    let host = StockHost::start(&provider, None)?;
    let server = format!("http://127.0.0.1:{}", host.port());
    let channel = Channel::from_shared(server.clone())?.connect_lazy();
    let client = Client::new("post", ClientSecretPost::new("post-secret"))?;
    let token_server = nowhere().await?;
    let token_endpoint = format!("{token_server}/token");
    let mut stock = stock_client(channel, &server, &token_endpoint, client)?;
    let down = token_server.replace("http://", "no connection to ");

    for kind in KINDS {
        let begun = Instant::now();
        let status = kind.call(&mut stock).await.unwrap_err();
        println!(
            "{kind:?} after {:?}: {:?}, {}",
            begun.elapsed(),
            status.code(),
            status.message()
        );
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        assert!(status.message().contains(&down), "{status}");
        // The whole of it is there, too.
        let error = TokenError::find(&status).unwrap();
        assert_eq!(error.kind(), TokenErrorKind::Transient);
        assert!(error.retry_in() > Some(Duration::ZERO), "{error}");
    }
    assert!(host.calls().is_empty(), "nothing was sent");
    Ok(())
}

#[tokio::test]
async fn with_a_wrong_secret_calls_are_unauthenticated_and_say_why() -> TestResult {
    let provider = OidcProvider::start()?;
    let (host, mut stock) = start(&provider, "mistyped-secret")?;

    for kind in KINDS {
        let status = kind.call(&mut stock).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{status}");
        assert!(status.message().contains("invalid_client"), "{status}");
        assert!(
            status.message().contains("check its id, its secret"),
            "{status}"
        );
        assert!(
            !format!("{status} {status:?}").contains("mistyped"),
            "{status}"
        );
    }

    let requests = provider.stats().await?.token_requests();
    println!("{} calls, {requests} token request", KINDS.len());
    assert_eq!(requests, 1);
    assert!(host.calls().is_empty(), "nothing was sent");
    Ok(())
}

#[tokio::test]
async fn errors_of_the_transport_are_as_tonic_has_them() -> TestResult {
    let provider = OidcProvider::start()?;
    let server = nowhere().await?;
    let channel = Channel::from_shared(server.clone())?.connect_lazy();
    let client = Client::new("post", ClientSecretPost::new("post-secret"))?;
    let token_endpoint = provider.token_endpoint()?;
    let mut stock = stock_client(channel.clone(), &server, token_endpoint.as_str(), client)?;

    let without = StockClient::new(channel).count(item("tea")).await;
    let with = Kind::Unary.call(&mut stock).await;

    let (without, with) = (without.unwrap_err(), with.unwrap_err());
    println!("{:?}, {}", with.code(), with.message());
    assert_eq!(with.code(), without.code());
    assert_eq!(with.message(), without.message());
    assert!(TokenError::find(&with).is_none());
    assert_eq!(
        provider.stats().await?.token_requests(),
        1,
        "it had a token"
    );
    Ok(())
}

#[tokio::test]
async fn without_the_helper_the_reason_is_there_and_the_code_is_not() -> TestResult {
    let refuses = service_fn(|_: Fetch| async {
        Err::<TokenResponse, _>(TokenError::new(TokenErrorKind::Scope, "no such scope"))
    });
    let server = nowhere().await?;
    let channel = Channel::from_shared(server.clone())?.connect_lazy();
    let origins = Origins::transport_bound_to(&server)?;
    // The type can be named, and calls can be made in tasks of their own.
    let mut stock: StockClient<ClientCredentials<Channel>> = StockClient::new(
        ClientCredentials::new(channel, TokenSource::new(refuses), origins),
    );

    let call = tokio::spawn(async move { stock.count(item("tea")).await });

    let plain = call.await?.unwrap_err();
    assert_eq!(plain.code(), Code::Unknown);
    assert!(plain.message().starts_with("no such scope"), "{plain}");
    let error = TokenError::find(&plain).unwrap();
    assert_eq!(error.kind(), TokenErrorKind::Scope);
    assert_eq!(status(error.clone().into()).code(), Code::Unauthenticated);
    Ok(())
}

#[test]
fn a_status_that_a_service_below_has_made_stays_what_it_is() {
    let made = status(Status::resource_exhausted("too many").into());
    assert_eq!(
        (made.code(), made.message()),
        (Code::ResourceExhausted, "too many")
    );
}
