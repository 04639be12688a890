//! The layer around reqwest's client, as the example has it, at oidc-provider and its resource behind TLS.

mod front;

use std::{env, error::Error, process::Command, sync::Arc, time::Duration};

use example_reqwest::{Transport, client, protected};
use http::{Request, StatusCode, Version, header::LOCATION};
use http_body_util::BodyExt;
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tests::OidcProvider;
use tokio::task::JoinSet;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Origins, TokenError};

use self::front::Front;

type TestResult = Result<(), BoxError>;

const REQUESTS: usize = 20;

fn basic() -> Result<Client, BoxError> {
    Ok(Client::new(
        "basic",
        ClientSecretBasic::new("basic-secret"),
    )?)
}

#[tokio::test]
async fn reqwest_carries_both_sides() -> TestResult {
    let provider = OidcProvider::start()?;
    let front = Front::before(&provider.resource_uri().replace("/resource", "")).await?;
    let service = protected(
        client(front.client_config()?)?,
        EndpointUri::new(&format!("{}/token", front.address()))?,
        basic()?,
        TokenRequest::builder()
            .scope("read")
            .resource(OidcProvider::RESOURCE)
            .build()?,
        Origins::new([front.address()])?,
    );
    let mut requests = JoinSet::new();
    for _ in 0..REQUESTS {
        let service = service.clone();
        let request = Request::get(format!("{}/resource", front.address())).body(String::new())?;
        requests.spawn(async move {
            let answer = service.oneshot(request).await?;
            assert_eq!(answer.status(), StatusCode::OK);
            let body = answer.into_body().collect().await?.to_bytes();
            let json: serde_json::Value = serde_json::from_slice(&body)?;
            assert_eq!(json["client_id"], "basic");
            Ok::<_, BoxError>(())
        });
    }
    while let Some(outcome) = requests.join_next().await {
        outcome??;
    }
    let stats = provider.stats().await?;
    assert_eq!((stats.token_requests(), stats.resource_refused()), (1, 0));
    assert_eq!(front.versions("/token"), [Version::HTTP_2]);
    assert_eq!(front.versions("/resource"), [Version::HTTP_2; REQUESTS]);
    Ok(())
}

/// A proxy for plain http would be sent what is for loopback. The variable is that of a second process, which runs this test alone.
#[tokio::test]
async fn no_proxy_of_the_environment_sees_a_secret() -> TestResult {
    const INNER: &str = "NO_PROXY_OF_THE_ENVIRONMENT";
    if env::var_os(INNER).is_none() {
        let proxy = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", proxy.local_addr()?);
        let ended = Command::new(env::current_exe()?)
            .args(["--exact", "no_proxy_of_the_environment_sees_a_secret"])
            .env(INNER, "1")
            .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, &address)))
            .env_remove("NO_PROXY")
            .output()?;
        assert!(ended.status.success(), "{ended:?}");
        proxy.set_nonblocking(true)?;
        assert!(proxy.accept().is_err(), "nobody came by");
        return Ok(());
    }
    let provider = OidcProvider::start()?;
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let resource = TokenRequest::builder().resource(OidcProvider::RESOURCE);
    let service = protected(
        client(tls)?,
        provider.token_endpoint()?,
        basic()?,
        resource.build()?,
        provider.origins()?,
    );
    let request = Request::get(provider.resource_uri()).body(String::new())?;
    let answer = tokio::time::timeout(Duration::from_secs(10), service.oneshot(request)).await??;
    assert_eq!(answer.status(), StatusCode::OK);
    Ok(())
}

/// The secret is not sent on, nor does a request pass the layer by.
#[tokio::test]
async fn redirects_stay_answers() -> TestResult {
    let elsewhere = AuthorizationServer::new().serve().await?;
    let to = elsewhere.token_endpoint();
    let redirecting = AuthorizationServer::new();
    redirecting.set_outage(Some(Answer::body(307, "").header(LOCATION, &*to)));
    let redirecting = redirecting.serve().await?;
    let http = client(no_roots()?)?;
    let request = Request::post(redirecting.token_endpoint()).body(String::new())?;
    let answer = Transport::new(http.clone()).oneshot(request).await?;
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers()[LOCATION], to);

    let service = protected(
        http,
        EndpointUri::new(&redirecting.token_endpoint())?,
        basic()?,
        TokenRequest::new(),
        Origins::new(["https://api.example.com"])?,
    );
    let request = Request::get("https://api.example.com/").body(String::new())?;
    let error = service.oneshot(request).await.unwrap_err();
    let error = TokenError::find(&*error).unwrap().to_string();
    assert!(error.contains("307"), "{error}");
    assert_eq!(redirecting.get_ref().requests().len(), 2);
    assert_eq!(elsewhere.get_ref().requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn an_error_keeps_its_cause_and_loses_its_query() -> TestResult {
    let http = Transport::new(client(no_roots()?)?);
    for uri in [
        // Nobody listens there.
        "http://127.0.0.1:1/items?access_token=s3cret",
        // And this is no URL for reqwest.
        "/items?access_token=s3cret",
    ] {
        let request = Request::get(uri).body(String::new())?;
        let error = http.clone().oneshot(request).await.unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
        assert!(error.source().is_some(), "{error:?}");
    }
    Ok(())
}

fn no_roots() -> Result<ClientConfig, BoxError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(config)
}
