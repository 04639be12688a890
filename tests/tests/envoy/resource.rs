//! `jwt_authn` as the resource server.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header::WWW_AUTHENTICATE};
use http_body_util::Full;
use oauth2_client_credentials::TokenResponse;
use tests::{Envoy, OidcProvider, ask, http_client};
use tokio::{task::JoinSet, time};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, replay};

use crate::{SERVED, SOON, TTL, TestResult, source, start};

const REFUSED: &str = "http.resource.jwt_authn.denied";

#[tokio::test]
async fn jwt_authn_lets_a_good_token_pass_and_nothing_else() -> TestResult {
    let (provider, envoy) = start(TTL, SOON).await?;
    let source = source(envoy.faulty_token_endpoint()?)?.build();
    let layer = ClientCredentialsLayer::new(source, envoy.origins()?);

    let served = ask(layer.layer(http_client()), &envoy.resource_uri()).await?;
    let request = Request::get(envoy.resource_uri()).body(Full::<Bytes>::default())?;
    let without = http_client().oneshot(request).await?;

    assert_eq!(served.status(), StatusCode::OK, "{served:?}");
    assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
    let challenge = without.headers()[WWW_AUTHENTICATE].to_str()?;
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    let requests = provider.stats().await?.token_requests();
    println!("{requests} token request; without a token: {challenge}");
    assert_eq!(requests, 1);
    Ok(())
}

#[tokio::test]
async fn a_token_of_another_issuer_is_replaced_and_the_request_healed() -> TestResult {
    let (provider, envoy) = start(TTL, SOON).await?;
    let elsewhere = OidcProvider::start()?;
    let foreign = source(elsewhere.token_endpoint()?)?.build();
    let foreign = foreign.token().await?.response().clone();

    healed(&provider, &envoy, foreign).await
}

#[tokio::test]
async fn a_token_that_ended_at_the_server_is_replaced_and_the_request_healed() -> TestResult {
    let (provider, envoy) = start(Duration::from_secs(3), SOON).await?;
    let ended = source(provider.token_endpoint()?)?.build();
    let ended = ended.token().await?.response().clone();
    // A second more is what Envoy grants to clocks that differ, and what is cut off of `exp`.
    time::sleep(Duration::from_millis(5_100)).await;
    let token = ended.access_token().expose();
    // The client was told something else, or its clock stood still.
    let ended = TokenResponse::builder(token).expires_in(TTL).build()?;

    healed(&provider, &envoy, ended).await
}

/// Envoy refuses `token`, and the caller sees nothing of it.
async fn healed(provider: &OidcProvider, envoy: &Envoy, token: TokenResponse) -> TestResult {
    let before = provider.stats().await?.token_requests();
    let source = source(envoy.faulty_token_endpoint()?)?
        .with_token(token)
        .build();
    let layer = ClientCredentialsLayer::new(source, envoy.origins()?).replay(replay::Empty::new());

    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let (service, uri) = (layer.layer(http_client()), envoy.resource_uri());
        requests.spawn(async move { ask(service, &uri).await });
    }
    while let Some(answer) = requests.join_next().await {
        assert_eq!(answer??.status(), StatusCode::OK);
    }

    let (refused, served) = (envoy.count(REFUSED).await?, envoy.count(SERVED).await?);
    let requests = provider.stats().await?.token_requests() - before;
    println!("20 requests: {refused} refused, {served} served, {requests} token request");
    assert!((1..=20).contains(&refused), "{refused}");
    assert_eq!((served, requests), (20, 1));
    Ok(())
}
