//! DPoP on both sides as the example has it, at oidc-provider and its resource, which want nonces of their own from one client.

#[path = "../../examples/src/bin/dpop/stack.rs"]
mod stack;

use http::StatusCode;
use oauth2_client_credentials::{Client, ClientSecretBasic, Dpop, DpopKey, TokenRequest};
use tests::{OidcProvider, ask, http_client};
use tower_oauth2_client_credentials::BoxError;

#[tokio::test]
async fn each_request_has_a_proof_and_the_nonce_that_is_wanted() -> Result<(), BoxError> {
    const REQUESTS: u64 = 5;
    let provider = OidcProvider::start()?;
    // With a nonce there is one refusal at each server, and no caller sees it.
    for (id, refused) in [("dpop", 0), ("dpop-nonce", 1)] {
        let before = provider.stats().await?;
        let service = stack::protected(
            http_client(),
            provider.issuer()?,
            Client::new(id, ClientSecretBasic::new(format!("{id}-secret")))?,
            TokenRequest::builder()
                .resource(OidcProvider::RESOURCE)
                .build()?,
            Dpop::new(DpopKey::generate(|bytes| bytes.fill(7))?),
            provider.origins()?,
        );
        for _ in 0..REQUESTS {
            let answer = ask(service.clone(), &provider.resource_uri()).await?;
            assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
            assert_eq!(answer.json()["client_id"], id);
        }
        let after = provider.stats().await?;
        let token_requests = after.token_requests() - before.token_requests();
        let requests = after.resource_requests() - before.resource_requests();
        assert_eq!(token_requests, 1 + refused, "{id}");
        assert_eq!(requests, REQUESTS + refused, "{id}");
        assert_eq!(after.tokens_issued_to(id), 1);
    }
    Ok(())
}
