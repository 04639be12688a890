//! What is sent through the layer.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tokio::{task::JoinSet, time::sleep};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, TokenError, TokenErrorKind, replay,
};

/// The client with the layer around it.
pub(crate) type Api = ClientCredentials<Client<HttpConnector, Full<Bytes>>, replay::Empty>;

/// Sends `count` requests at once; all of them must be served.
pub(crate) async fn burst(client: &Api, origin: &str, count: usize) -> Result<(), BoxError> {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let request = Request::get(format!("{origin}/orders")).body(Full::default())?;
        requests.spawn(client.clone().oneshot(request));
    }
    for answer in requests.join_all().await {
        let status = answer?.status();
        if status != StatusCode::OK {
            return Err(format!("a request was answered with {status}").into());
        }
    }
    Ok(())
}

/// Sends a few requests, then waits a moment.
pub(crate) async fn paced_burst(client: &Api, origin: &str) -> Result<u64, BoxError> {
    const COUNT: usize = 20;
    burst(client, origin, COUNT).await?;
    sleep(Duration::from_millis(50)).await;
    Ok(COUNT as u64)
}

/// Sends one request to a foreign origin, which must be refused.
pub(crate) async fn refused_elsewhere(client: &Api) -> Result<TokenError, BoxError> {
    let request = Request::get("https://api.example.net/orders").body(Full::default())?;
    let error = client
        .clone()
        .oneshot(request)
        .await
        .err()
        .ok_or("a foreign origin got a token")?;
    match TokenError::find(&*error) {
        Some(refused) if refused.kind() == TokenErrorKind::Origin => Ok(refused.clone()),
        _ => Err(error),
    }
}
