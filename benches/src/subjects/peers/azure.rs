//! azure_core's bearer policy with azure_identity's client secret, over a transport in this process. It works on requests and
//! responses of its own types, so there is a twin without the policy, whose cost is not the token's.

use std::sync::Arc;

use azure_core::{
    Result,
    credentials::TokenCredential,
    error::{Error, ErrorKind},
    http::{
        AsyncRawResponse, ClientOptions, Context, HttpClient, Method, Request as AzureRequest,
        StatusCode, Transport, Url,
        headers::Headers,
        policies::{Policy, PolicyResult, auth::BearerTokenAuthorizationPolicy},
    },
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use http_body_util::BodyExt;
use tower::{BoxError, Service};

use crate::{
    api::{Answer, Api, Request, Response},
    endpoint::Endpoint,
    subjects::Client,
};

pub struct Azure<A> {
    policies: Arc<[Arc<dyn Policy>]>,
    /// Used for one request after the other, as ours is.
    request: AzureRequest,
    api: Api<A, Error>,
}

impl<A: Clone> Clone for Azure<A> {
    fn clone(&self) -> Self {
        Self {
            policies: Arc::clone(&self.policies),
            request: AzureRequest::new(self.request.url().clone(), Method::Get),
            api: self.api.clone(),
        }
    }
}

impl<A: Answer> Client for Azure<A> {
    type Error = Error;

    async fn send(&mut self, request: Request) -> Result<Response> {
        let (first, next) = self.policies.split_first().expect("the transport");
        let context = Context::new();
        first.send(&context, &mut self.request, next).await?;
        self.api.call(request).await
    }
}

/// Answers at once.
#[derive(Debug)]
struct Last;

#[async_trait::async_trait]
impl Policy for Last {
    async fn send(&self, _: &Context, _: &mut AzureRequest, _: &[Arc<dyn Policy>]) -> PolicyResult {
        let headers = Headers::new();
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, headers, ""))
    }
}

/// The token endpoint as azure wants HTTP.
#[derive(Debug)]
struct Http(Endpoint);

#[async_trait::async_trait]
impl HttpClient for Http {
    async fn execute_request(&self, _: &AzureRequest) -> Result<AsyncRawResponse> {
        let (parts, body) = self.0.answer().await.into_parts();
        let body = body.collect().await.unwrap_or_default().to_bytes();
        let status = StatusCode::from(parts.status.as_u16());
        Ok(AsyncRawResponse::from_bytes(status, Headers::new(), body))
    }
}

pub fn client<A: Answer>(
    endpoint: &Endpoint,
    answer: A,
    with_token: bool,
) -> std::result::Result<Azure<A>, BoxError> {
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(Http(endpoint.clone())))),
        ..ClientOptions::default()
    };
    let options = ClientSecretCredentialOptions { client_options };
    let credential: Arc<dyn TokenCredential> =
        ClientSecretCredential::new("tenant", "svc".to_owned(), "s3cr3t".into(), Some(options))?;
    let scopes = ["https://api.example.com/.default"];
    let mut policies: Vec<Arc<dyn Policy>> = vec![Arc::new(Last)];
    if with_token {
        let bearer = BearerTokenAuthorizationPolicy::new(credential, scopes);
        policies.insert(0, Arc::new(bearer));
    }
    let url = Url::parse("https://api.example.com/v1/orders?state=open")
        .map_err(|error| Error::new(ErrorKind::Other, error))?;
    Ok(Azure {
        policies: policies.into(),
        request: AzureRequest::new(url, Method::Get),
        api: Api::new(answer),
    })
}
