//! The layer and its token endpoint against oidc-provider, by that server's own counters.

use std::time::{Duration, Instant};

use http::StatusCode;
use oauth2_client_credentials::{
    Client, ClientAuthentication, ClientSecretBasic, ClientSecretPost, TokenRequest, TokenType,
};
use tests::{HttpClient, OidcProvider, ask, http_client};
use tokio::{task::JoinSet, time};
use tower::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, TokenEndpoint, TokenError, TokenErrorKind,
    TokenSource,
};

/// A client with every character that an encoding can get wrong.
const AWKWARD_ID: &str = "cs:b+we/ird %41";
const AWKWARD_SECRET: &str = "p:ss+w/or d%42&=?~";

type TestResult = Result<(), BoxError>;

#[tokio::test]
async fn client_secret_basic_gets_a_token() -> TestResult {
    gets_a_token("basic", ClientSecretBasic::new("basic-secret")).await
}

#[tokio::test]
async fn client_secret_basic_encodes_an_awkward_id_and_secret() -> TestResult {
    gets_a_token(AWKWARD_ID, ClientSecretBasic::new(AWKWARD_SECRET)).await
}

#[tokio::test]
async fn client_secret_post_gets_a_token() -> TestResult {
    gets_a_token("post", ClientSecretPost::new("post-secret")).await
}

/// What is asked for is granted, to the client that asked, in one token request.
async fn gets_a_token(id: &str, authentication: impl Into<ClientAuthentication>) -> TestResult {
    let provider = OidcProvider::start()?;
    let request = TokenRequest::builder().scope("read").build()?;

    let token = source(&provider, Client::new(id, authentication)?, request)?
        .token()
        .await?;

    assert_eq!(*token.token_type(), TokenType::Bearer);
    assert_eq!(token.response().expires_in(), Some(Duration::from_secs(60)));
    let is_jwt = token.access_token().expose().contains('.');
    assert!(!is_jwt, "without a resource the token is opaque");
    let stats = provider.stats().await?;
    assert_eq!(stats.token_requests(), 1);
    assert_eq!(stats.tokens_issued_to(id), 1);
    Ok(())
}

#[tokio::test]
async fn a_jwt_for_a_resource_is_accepted_there_through_the_layer() -> TestResult {
    let provider = OidcProvider::start()?;

    let answer = ask(protected(&provider)?, &provider.resource_uri()).await?;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json()["client_id"], AWKWARD_ID);
    assert_eq!(answer.json()["audience"], OidcProvider::RESOURCE);
    assert_eq!(answer.json()["scope"], "read");
    Ok(())
}

#[tokio::test]
async fn the_resource_refuses_who_shows_no_token_or_another() -> TestResult {
    let provider = OidcProvider::start()?;
    let uri = provider.resource_uri();
    let opaque = source(&provider, awkward_client()?, TokenRequest::default())?;
    let layer = ClientCredentialsLayer::new(opaque, provider.origins()?);

    let without = ask(http_client(), &uri).await?;
    let other = ask(layer.layer(http_client()), &uri).await?;

    assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(other.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(provider.stats().await?.resource_refused(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_requests_at_once_share_one_token_request() -> TestResult {
    let provider = OidcProvider::start()?;
    let service = protected(&provider)?;

    let mut requests = JoinSet::new();
    for _ in 0..200 {
        let (service, uri) = (service.clone(), provider.resource_uri());
        requests.spawn(async move { ask(service, &uri).await });
    }
    while let Some(answer) = requests.join_next().await {
        assert_eq!(answer??.status(), StatusCode::OK);
    }

    let stats = provider.stats().await?;
    assert_eq!(stats.resource_requests(), 200);
    assert_eq!(stats.token_requests(), 1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_is_the_clients_fault_and_named_by_the_server() -> TestResult {
    let provider = OidcProvider::start()?;
    let client = Client::new("basic", ClientSecretBasic::new("not-the-secret"))?;
    let source = source(&provider, client, TokenRequest::default())?;
    let layer = ClientCredentialsLayer::new(source, provider.origins()?);

    let error = ask(layer.layer(http_client()), &provider.resource_uri())
        .await
        .unwrap_err();

    let error = TokenError::find(&*error).unwrap();
    assert_eq!(error.kind(), TokenErrorKind::ClientAuthentication);
    assert_eq!(error.code(), Some("invalid_client"));
    assert!(!error.is_transient());
    assert!(!format!("{error} {error:?}").contains("not-the-secret"));
    let stats = provider.stats().await?;
    assert_eq!(stats.token_requests(), 1, "asking again cannot help");
    assert_eq!(stats.resource_requests(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn short_lived_tokens_follow_each_other_and_none_is_refused() -> TestResult {
    const TTL: Duration = Duration::from_secs(2);
    const TRAFFIC: Duration = Duration::from_secs(6);
    let provider = OidcProvider::builder().token_ttl(TTL).start()?;
    let service = protected(&provider)?;

    let ends = Instant::now() + TRAFFIC;
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let (service, uri) = (service.clone(), provider.resource_uri());
        callers.spawn(async move {
            while Instant::now() < ends {
                let answer = ask(service.clone(), &uri).await?;
                assert_eq!(answer.status(), StatusCode::OK);
                time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }

    let stats = provider.stats().await?;
    assert_eq!(stats.resource_refused(), 0);
    assert!(stats.resource_requests() >= 100, "{stats:?}");
    // Three lifetimes, and no two successful token requests within a quarter of one.
    assert!((3..=13).contains(&stats.token_requests()), "{stats:?}");
    Ok(())
}

/// A plain client under the layer, with tokens that the resource accepts.
fn protected(provider: &OidcProvider) -> Result<ClientCredentials<HttpClient>, BoxError> {
    let request = TokenRequest::builder()
        .scope("read")
        .resource(OidcProvider::RESOURCE)
        .build()?;
    let source = source(provider, awkward_client()?, request)?;
    Ok(ClientCredentialsLayer::new(source, provider.origins()?).layer(http_client()))
}

fn awkward_client() -> Result<Client, BoxError> {
    Ok(Client::new(
        AWKWARD_ID,
        ClientSecretBasic::new(AWKWARD_SECRET),
    )?)
}

fn source(
    provider: &OidcProvider,
    client: Client,
    request: TokenRequest,
) -> Result<TokenSource, BoxError> {
    let endpoint = TokenEndpoint::new(http_client(), provider.token_endpoint()?, client);
    Ok(TokenSource::builder(endpoint).request(request).build())
}
