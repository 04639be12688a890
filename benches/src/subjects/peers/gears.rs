//! cf-gears-toolkit-auth: a tower layer, as this project is one. Its provider has an HTTP client of its own, so the token endpoint is
//! on loopback, which the provider has to be told is allowed.

use toolkit_auth::{
    BearerAuthAutoRefreshLayer, BearerAuthLayer, OAuthClientConfig, SecretString, TokenProvider,
    oauth2::{auto_refresh::BearerAuthAutoRefreshService, layer::BearerAuthService},
};
use toolkit_http::{HttpClientConfig, HttpError, TransportSecurity};
use tower::{BoxError, Layer};

use crate::{
    api::{Answer, Api},
    endpoint::Endpoint,
    subjects::Tower,
};

async fn provider(endpoint: &Endpoint) -> Result<TokenProvider, BoxError> {
    let mut http = HttpClientConfig::token_endpoint();
    http.transport = TransportSecurity::AllowInsecureHttp;
    Ok(TokenProvider::new(OAuthClientConfig {
        token_endpoint: Some(endpoint.serve().await?.parse()?),
        client_id: "svc".to_owned(),
        client_secret: SecretString::new("s3cr3t"),
        http_config: Some(http),
        ..OAuthClientConfig::default()
    })?)
}

pub async fn client<A: Answer>(
    endpoint: &Endpoint,
    answer: A,
) -> Result<Tower<BearerAuthService<Api<A, HttpError>>>, BoxError> {
    let layer = BearerAuthLayer::new(provider(endpoint).await?);
    Ok(Tower(layer.layer(Api::new(answer))))
}

/// With a request that was refused sent once more.
pub async fn kept<A: Answer>(
    endpoint: &Endpoint,
    answer: A,
) -> Result<Tower<BearerAuthAutoRefreshService<Api<A, HttpError>>>, BoxError> {
    let provider = provider(endpoint).await?;
    let layer = BearerAuthAutoRefreshLayer::new(provider);
    Ok(Tower(layer.layer(Api::new(answer))))
}
