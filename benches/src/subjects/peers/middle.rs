//! middle: its authorizer renews the token in the background and hands out the header. What its `HttpClient` around reqwest does with
//! it is done here with a request of `http`. It begins with a token request.

use std::sync::Arc;

use http::header;
use middle::{Authorizer, BasicClientCredentialAuthorizer};
use tower::{BoxError, Service};

use crate::{
    api::{Answer, Api, Request, Response},
    endpoint::Endpoint,
    subjects::Client,
};

#[derive(Clone)]
pub struct Middle<A> {
    authorizer: BasicClientCredentialAuthorizer,
    api: Api<A, middle::Error>,
}

impl<A: Answer> Client for Middle<A> {
    type Error = middle::Error;

    async fn send(&mut self, mut request: Request) -> Result<Response, middle::Error> {
        let value = self.authorizer.authorization_header()?;
        let headers = request.headers_mut();
        if !headers.contains_key(header::AUTHORIZATION) {
            headers.insert(header::AUTHORIZATION, Arc::unwrap_or_clone(value));
        }
        self.api.call(request).await
    }
}

pub async fn client<A: Answer>(endpoint: &Endpoint, answer: A) -> Result<Middle<A>, BoxError> {
    let url = endpoint.serve().await?.parse()?;
    let builder = BasicClientCredentialAuthorizer::basic_builder("svc", "s3cr3t", url);
    Ok(Middle {
        authorizer: builder.build().await?,
        api: Api::new(answer),
    })
}
