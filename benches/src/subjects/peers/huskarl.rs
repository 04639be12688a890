//! huskarl: a grant, an in-memory cache around it, and the authorizer that makes headers of its tokens. The program puts them in its
//! request and shows the response to the authorizer.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use huskarl::{
    TokenError,
    authorizer::HttpAuthorizer,
    cache::{GrantTokenSource, InMemoryRefreshTokenStore, InMemoryTokenCache},
    core::{
        Error,
        client_auth::ClientSecret,
        http::{HttpClient, HttpResponse, Idempotency},
        platform::MaybeSendBoxFuture,
        secrets::{ProvidedSecret, SecretString},
    },
    grant::client_credentials::{ClientCredentialsGrant, ClientCredentialsGrantParameters},
};
use tower::{BoxError, Service};

use crate::{
    api::{Answer, Api, Request, Response},
    endpoint::Endpoint,
    subjects::Client,
};

#[derive(Clone)]
pub struct Huskarl<A> {
    authorizer: Arc<HttpAuthorizer>,
    api: Api<A, TokenError>,
}

impl<A: Answer> Client for Huskarl<A> {
    type Error = TokenError;

    async fn send(&mut self, mut request: Request) -> Result<Response, TokenError> {
        let uri = request.uri().clone();
        let headers = self.authorizer.get_headers(request.method(), &uri).await?;
        request.headers_mut().extend(headers);
        let response = self.api.call(request).await?;
        self.authorizer.process_response(&uri, response.headers());
        Ok(response)
    }
}

/// The token endpoint as huskarl wants HTTP.
struct Http(Endpoint);

impl HttpClient for Http {
    fn execute(
        &self,
        _: http::Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, Error>> {
        Box::pin(async {
            let (parts, body) = self.0.answer().await.into_parts();
            let body = body.collect().await.unwrap_or_default().to_bytes();
            Ok(HttpResponse {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        })
    }
}

pub fn client<A: Answer>(endpoint: &Endpoint, answer: A) -> Result<Huskarl<A>, BoxError> {
    let secret = ProvidedSecret::new(SecretString::new("s3cr3t"));
    let grant = ClientCredentialsGrant::builder()
        .client_id("svc")
        .client_auth(ClientSecret::new(secret))
        .http_client(Http(endpoint.clone()))
        .token_endpoint("https://as.example.com/token".parse()?)
        .build();
    let source = GrantTokenSource::builder()
        .grant(grant)
        .grant_parameters(ClientCredentialsGrantParameters::builder().build())
        .refresh_store(InMemoryRefreshTokenStore::default())
        .build();
    let cache = InMemoryTokenCache::builder().source(source).build();
    Ok(Huskarl {
        authorizer: Arc::new(HttpAuthorizer::builder().cache(cache).build()),
        api: Api::new(answer),
    })
}
