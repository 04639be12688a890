//! What changes on a server while a program runs: a secret, a token that is given back.

use std::{
    fs,
    time::{Duration, Instant},
};

use http::StatusCode;
use oauth2_client_credentials::{
    AssertionTemplate, Client, ClientSecretBasic, ClientSecretPost, Fresh, PrivateKeyJwt,
    SigningKey, TokenRequest,
};
use tests::{OidcProvider, ask, http_client};
use tokio::{task::JoinSet, time};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Credential, Fetch, TokenEndpoint, TokenErrorKind, TokenSource,
};

type TestResult = Result<(), BoxError>;

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_rotated_under_load_fails_no_request() -> TestResult {
    const TRAFFIC: Duration = Duration::from_secs(9);
    let file = std::env::temp_dir().join(format!("oauth2-secret-{}", std::process::id()));
    fs::write(&file, "basic-secret\n")?;
    let provider = OidcProvider::builder()
        .token_ttl(Duration::from_secs(2))
        .start()?;
    let credential = Credential::secret_file("basic", &file, ClientSecretBasic::new);
    let endpoint = TokenEndpoint::new(
        http_client(),
        provider.token_endpoint()?,
        credential.clone(),
    );
    let request = TokenRequest::builder()
        .resource(OidcProvider::RESOURCE)
        .build()?;
    let source = TokenSource::builder(endpoint).request(request).build();
    let service = ClientCredentialsLayer::new(source, provider.origins()?).layer(http_client());

    let ends = Instant::now() + TRAFFIC;
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (service, uri) = (service.clone(), provider.resource_uri());
        callers.spawn(async move {
            while Instant::now() < ends {
                let answer = ask(service.clone(), &uri).await?;
                assert_eq!(answer.status(), StatusCode::OK);
                time::sleep(Duration::from_millis(10)).await;
            }
            Ok::<_, BoxError>(())
        });
    }
    for secret in ["second", "third"] {
        time::sleep(TRAFFIC / 4).await;
        let before = refused(&provider).await?;
        provider.set_secret("basic", secret).await?;
        // The file lags behind: the server has refused the old secret once before the new one is there.
        while refused(&provider).await? == before {
            assert!(Instant::now() < ends, "the old secret was never refused");
            time::sleep(Duration::from_millis(5)).await;
        }
        fs::write(&file, secret)?;
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }

    fs::remove_file(&file)?;
    let stats = provider.stats().await?;
    assert_eq!(stats.resource_refused(), 0);
    assert!(stats.resource_requests() >= 500, "{stats:?}");
    assert_eq!(credential.version(), 3);
    let refused = refused(&provider).await?;
    assert!(
        (1..=3).contains(&refused),
        "some, and few for two rotations: {stats:?}"
    );
    Ok(())
}

/// Token requests that this server has refused.
async fn refused(provider: &OidcProvider) -> Result<u64, BoxError> {
    let stats = provider.stats().await?;
    Ok(stats.token_requests() - stats.tokens_issued_to("basic"))
}

#[tokio::test]
async fn what_close_hands_out_is_of_no_use_after_it_was_revoked() -> TestResult {
    let provider = OidcProvider::start()?;
    let client = Client::new("post", ClientSecretPost::new("post-secret"))?;
    let endpoint = TokenEndpoint::discover(http_client(), provider.issuer()?, client).await?;
    let source = TokenSource::new(endpoint.clone());
    let token = source.token().await?.access_token().clone();
    assert!(provider.is_active(token.expose()).await?);

    let mut revoked = 0;
    for token in source.close() {
        endpoint.revoke(&token).await?;
        revoked += 1;
    }

    assert_eq!(revoked, 1);
    assert!(!provider.is_active(token.expose()).await?);
    assert_eq!(
        source.token().await.unwrap_err().kind(),
        TokenErrorKind::Configuration
    );
    Ok(())
}

/// The server remembers assertions: what the table shows twice was signed twice.
#[tokio::test]
async fn the_server_refuses_an_assertion_that_it_has_seen() -> TestResult {
    let provider = OidcProvider::start()?;
    let key = SigningKey::from_pem(&provider.private_key("ES256").await?)?;
    let jwt = PrivateKeyJwt::new(key).template(AssertionTemplate::new().key_id("ES256"));
    let uri = provider.token_endpoint()?;
    let now = std::time::SystemTime::now();
    let id = Fresh::new(now, [7; 16]).id();
    let once = jwt.assertion("signs-ES256", &uri, now, &id)?;
    let same = TokenEndpoint::new(
        http_client(),
        uri.clone(),
        Client::new("signs-ES256", once)?,
    );
    let signing = TokenEndpoint::new(http_client(), uri, Client::new("signs-ES256", jwt)?);

    let fetch =
        |endpoint: &TokenEndpoint| endpoint.clone().oneshot(Fetch::new(TokenRequest::new()));
    fetch(&same).await?;
    fetch(&same).await.unwrap_err();
    for _ in 0..3 {
        fetch(&signing).await?;
    }
    assert_eq!(provider.stats().await?.tokens_issued_to("signs-ES256"), 4);
    Ok(())
}
