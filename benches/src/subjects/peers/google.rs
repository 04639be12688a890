//! google-cloud-auth: credentials whose token is renewed in the background, and that hand out headers. It has no client credentials
//! grant; an authorized user's refresh token takes the same way from the token endpoint to the request.

use google_cloud_auth::{
    credentials::{CacheableResource, Credentials, user_account},
    errors::CredentialsError,
};
use http::Extensions;
use serde_json::json;
use tower::{BoxError, Service};

use crate::{
    api::{Answer, Api, Request, Response},
    endpoint::Endpoint,
    subjects::Client,
};

#[derive(Clone)]
pub struct Google<A> {
    credentials: Credentials,
    api: Api<A, CredentialsError>,
}

impl<A: Answer> Client for Google<A> {
    type Error = CredentialsError;

    async fn send(&mut self, mut request: Request) -> Result<Response, CredentialsError> {
        if let CacheableResource::New { data, .. } =
            self.credentials.headers(Extensions::new()).await?
        {
            request.headers_mut().extend(data);
        }
        self.api.call(request).await
    }
}

pub async fn client<A: Answer>(endpoint: &Endpoint, answer: A) -> Result<Google<A>, BoxError> {
    let user = json!({
        "type": "authorized_user",
        "client_id": "svc",
        "client_secret": "s3cr3t",
        "refresh_token": "r3fresh",
        "token_uri": endpoint.serve().await?,
    });
    Ok(Google {
        credentials: user_account::Builder::new(user).build()?,
        api: Api::new(answer),
    })
}
