//! The layer around hyper-util's client over rustls, as the example has it, at oidc-provider and its resource behind TLS.

mod front;

use example_hyper::{Http, http_2, https, one_client, two_clients};
use http::{StatusCode, Version};
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use tests::{OidcProvider, ask};
use tokio::task::JoinSet;
use tower_oauth2_client_credentials::{BoxError, ClientCredentials, HttpClient, Origins};

use self::front::Front;

type TestResult = Result<(), BoxError>;

const REQUESTS: usize = 20;

fn client() -> Result<Client, BoxError> {
    Ok(Client::new(
        "basic",
        ClientSecretBasic::new("basic-secret"),
    )?)
}

fn wanted() -> Result<TokenRequest, BoxError> {
    Ok(TokenRequest::builder()
        .scope("read")
        .resource(OidcProvider::RESOURCE)
        .build()?)
}

/// An authorization server and an API, as two servers of which each has a certificate of its own authority.
async fn servers() -> Result<(OidcProvider, Front, Front), BoxError> {
    let provider = OidcProvider::start()?;
    let server = provider.resource_uri().replace("/resource", "");
    let tokens = Front::before(&server).await?;
    let api = Front::before(&server).await?;
    Ok((provider, tokens, api))
}

async fn twenty_at_once(service: ClientCredentials<Http>, api: &Front) -> TestResult {
    let mut requests = JoinSet::new();
    for _ in 0..REQUESTS {
        let (service, uri) = (service.clone(), format!("{}/resource", api.address()));
        requests.spawn(async move { ask(service, &uri).await });
    }
    while let Some(answer) = requests.join_next().await {
        let answer = answer??;
        assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        assert_eq!(answer.json()["client_id"], "basic");
        assert_eq!(answer.json()["scope"], "read");
    }
    Ok(())
}

#[tokio::test]
async fn one_client_is_enough_for_both_sides_over_http_2() -> TestResult {
    let (provider, _, both) = servers().await?;
    let tls = both.client_config()?;
    for (round, http) in [(1, https(tls.clone())), (2, http_2(tls))] {
        let service = one_client(
            http,
            EndpointUri::new(&format!("{}/token", both.address()))?,
            client()?,
            wanted()?,
            Origins::new([both.address()])?,
        );
        twenty_at_once(service, &both).await?;
        let stats = provider.stats().await?;
        assert_eq!(stats.token_requests(), round);
        assert_eq!(stats.resource_refused(), 0);
        assert_eq!(both.versions("/token").len() as u64, round);
    }
    let seen = [both.versions("/resource"), both.versions("/token")].concat();
    assert_eq!(seen, [Version::HTTP_2; 2 * REQUESTS + 2]);
    Ok(())
}

#[tokio::test]
async fn each_side_may_have_a_client_of_its_own() -> TestResult {
    let (provider, tokens, api) = servers().await?;
    let ready = HttpClient::builder()
        .root_certificates_pem(tokens.authority())
        .build()?;
    let service = two_clients(
        // It does not trust the authorization server, and never has to do with it.
        https(api.client_config()?),
        ready,
        EndpointUri::new(&format!("{}/token", tokens.address()))?,
        client()?,
        wanted()?,
        Origins::new([api.address()])?,
    );
    twenty_at_once(service, &api).await?;
    let stats = provider.stats().await?;
    assert_eq!((stats.token_requests(), stats.resource_refused()), (1, 0));
    assert_eq!(tokens.versions("/token"), [Version::HTTP_2]);
    assert_eq!(tokens.versions("/resource"), []);
    assert_eq!(api.versions("/resource"), [Version::HTTP_2; REQUESTS]);
    assert_eq!(api.versions("/token"), []);
    Ok(())
}
