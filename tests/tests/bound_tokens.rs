//! Tokens that are bound to a certificate or a key, at oidc-provider and at a resource that looks at the binding.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use oauth2_client_credentials::{
    Client, ClientSecretBasic, Dpop, DpopKey, TlsClientAuth, TokenRequest, TokenType,
};
use tests::{HttpsClient, Identity, OidcProvider, Pki, ask, exchange, http_client, https_client};
use tower::{Layer, ServiceExt, service_fn};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Origins, Schedule, TokenEndpoint, TokenSource, replay::Cloned,
};

const THROTTLE: Duration = Duration::from_millis(100);

type TestResult = Result<(), BoxError>;

fn request() -> Result<TokenRequest, BoxError> {
    Ok(TokenRequest::builder()
        .scope("read")
        .resource(OidcProvider::RESOURCE)
        .build()?)
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_goes_with_that_and_no_other() -> TestResult {
    let pki = Pki::new()?;
    let provider = OidcProvider::builder().mutual_tls(&pki).start()?;
    let address = provider.stats().await?.tls_address().unwrap().to_owned();
    let (own, rotated) = (pki.client()?, pki.client()?);
    let http = |identity: &Identity| -> Result<HttpsClient, BoxError> {
        Ok(https_client(pki.client_config(identity)?))
    };
    let endpoint = |identity: &Identity| -> Result<TokenEndpoint, BoxError> {
        let client = Client::new("tls", TlsClientAuth)?;
        let endpoint = TokenEndpoint::new(http(identity)?, provider.issuer()?, client);
        Ok(endpoint.certificate_thumbprint(identity.thumbprint()?))
    };
    let source = TokenSource::builder(endpoint(&own)?)
        .request(request()?)
        .build();
    let layer = ClientCredentialsLayer::new(source, Origins::new([&address])?);
    let resource = format!("{address}/resource");

    // One configuration for both servers.
    let answer = ask(layer.layer(http(&own)?), &resource).await?;
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json()["client_id"], "tls");

    // The old token, over a connection with the new certificate.
    let answer = ask(layer.layer(http(&rotated)?), &resource).await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);

    // A new certificate has tokens of its own, also where a cache is shared.
    assert_ne!(endpoint(&own)?.identity(), endpoint(&rotated)?.identity());
    let source = TokenSource::builder(endpoint(&rotated)?)
        .request(request()?)
        .build();
    let layer = ClientCredentialsLayer::new(source, Origins::new([&address])?);
    let answer = ask(layer.layer(http(&rotated)?), &resource).await?;
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
    Ok(())
}

/// The certificate is replaced below a program that goes on: its tokens go with it.
#[tokio::test]
async fn a_certificate_that_rotates_below_a_running_stack_costs_one_refused_request() -> TestResult
{
    let pki = Pki::new()?;
    let provider = OidcProvider::builder().mutual_tls(&pki).start()?;
    let address = provider.stats().await?.tls_address().unwrap().to_owned();
    let new = || -> Result<HttpsClient, BoxError> {
        Ok(https_client(pki.client_config(&pki.client()?)?))
    };
    let current = Arc::new(Mutex::new(new()?));
    let http = service_fn({
        let current = Arc::clone(&current);
        move |request: Request<Full<Bytes>>| {
            let client = current.lock().unwrap().clone();
            client.oneshot(request)
        }
    });
    let client = Client::new("tls", TlsClientAuth)?;
    let endpoint = TokenEndpoint::new(http.clone(), provider.issuer()?, client);
    let source = TokenSource::builder(endpoint)
        .request(request()?)
        .schedule(
            Schedule::builder()
                .pause_after_rejection(THROTTLE, THROTTLE)
                .build()?,
        )
        .build();
    let layer =
        ClientCredentialsLayer::new(source, Origins::new([&address])?).replay(Cloned::new());
    let resource = format!("{address}/resource");
    for rotations in 1..=3 {
        for _ in 0..5 {
            let answer = ask(layer.layer(http.clone()), &resource).await?;
            assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        }
        let stats = provider.stats().await?;
        assert_eq!(
            stats.token_requests(),
            rotations,
            "one for each certificate"
        );
        if rotations == 1 {
            assert_eq!(stats.resource_requests(), 5);
        }
        *current.lock().unwrap() = new()?;
        // The throttle of refusals: certificates live longer than that.
        tokio::time::sleep(THROTTLE).await;
    }
    Ok(())
}

/// `dpop-nonce` has to have a nonce in its proofs, at both servers and of each its own.
#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_accepted_with_a_proof_and_not_without() -> TestResult {
    let provider = OidcProvider::start()?;
    for (id, token_requests, resource_requests) in [("dpop", 1, 3), ("dpop-nonce", 2, 4)] {
        let before = provider.stats().await?;
        let dpop = Dpop::new(DpopKey::generate(|bytes| bytes.fill(7))?);
        let client = Client::new(id, ClientSecretBasic::new(format!("{id}-secret")))?;
        let endpoint = TokenEndpoint::new(http_client(), provider.token_endpoint()?, client);
        let source = TokenSource::builder(endpoint.dpop(dpop.clone()))
            .request(request()?)
            .build();
        let token = source.token().await?;
        assert_eq!(*token.token_type(), TokenType::DPoP);

        let uri = provider.resource_uri();
        let layer = ClientCredentialsLayer::new(source, provider.origins()?)
            .presentation(dpop)
            .replay(Cloned::new());
        for _ in 0..2 {
            let answer = ask(layer.layer(http_client()), &uri).await?;
            assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
            assert_eq!(answer.json()["client_id"], id);
        }

        let bearer = format!("Bearer {}", token.access_token().expose());
        let stolen = Request::get(&uri)
            .header("authorization", bearer)
            .body(Full::default())?;
        let answer = exchange(http_client(), stolen).await?;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);

        let after = provider.stats().await?;
        assert_eq!(
            after.token_requests() - before.token_requests(),
            token_requests,
            "{id}"
        );
        assert_eq!(
            after.resource_requests() - before.resource_requests(),
            resource_requests,
            "{id}"
        );
    }
    Ok(())
}
