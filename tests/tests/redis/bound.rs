//! Tokens that are bound to a key: whoever has the key shares them, nobody else does, and the resource accepts them of both.

use http::StatusCode;
use oauth2_client_credentials::{Client, ClientSecretBasic, Dpop, DpopKey, TokenRequest};
use tests::{HttpClient, OidcProvider, Redis, ask, http_client};
use tower::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, TokenEndpoint, TokenSource,
};
use tower_oauth2_client_credentials_redis::SharedCacheLayer;

use crate::replica::{Setup, contents};

/// A replica whose tokens are bound to the key that is made from this byte.
async fn replica(
    provider: &OidcProvider,
    setup: &Setup,
    byte: u8,
) -> Result<ClientCredentials<HttpClient>, BoxError> {
    let client = Client::new("dpop", ClientSecretBasic::new("dpop-secret"))?;
    let dpop = Dpop::new(DpopKey::generate(|bytes| bytes.fill(byte))?);
    let endpoint =
        TokenEndpoint::new(http_client(), provider.token_endpoint()?, client).dpop(dpop.clone());
    let store = setup.store()?;
    store.connect().await?;
    let shared = SharedCacheLayer::new(store, endpoint.identity(), setup.sealing.clone())
        .observer(setup.log.clone());
    let wanted = TokenRequest::builder().resource(OidcProvider::RESOURCE);
    let source = TokenSource::builder(shared.layer(endpoint))
        .request(wanted.build()?)
        .build();
    let layer = ClientCredentialsLayer::new(source, provider.origins()?).presentation(dpop);
    Ok(layer.layer(http_client()))
}

#[tokio::test(flavor = "multi_thread")]
async fn bound_tokens_are_shared_by_those_who_have_the_key() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    // The byte of the key; then token requests and values, in all.
    for (byte, asked, values) in [(7, 1, 1), (7, 1, 1), (9, 2, 2), (7, 2, 2), (9, 2, 2)] {
        let replica = replica(&provider, &setup, byte).await?;
        for _ in 0..2 {
            let answer = ask(replica.clone(), &provider.resource_uri()).await?;
            assert_eq!(answer.status(), StatusCode::OK, "{byte}: {answer:?}");
            assert_eq!(answer.json()["client_id"], "dpop");
        }
        let stats = provider.stats().await?;
        assert_eq!(stats.token_requests(), asked, "{byte}");
        assert_eq!(stats.resource_refused(), 0, "{byte}");
        assert_eq!(contents(&redis)?.len(), values, "{byte}");
    }
    println!("5 replicas, 2 keys: 2 token requests, 10 requests served, none refused");
    Ok(())
}
