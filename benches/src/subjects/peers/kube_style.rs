//! The way of kube-client, for programs that write it themselves: tower's `AsyncFilter` whose predicate holds the token behind an
//! async lock, renews it there a minute before it ends, and formats the header for each request.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderValue, header};
use tokio::sync::Mutex;
use tower::{
    BoxError, Layer,
    filter::{AsyncFilter, AsyncFilterLayer, AsyncPredicate},
};

use super::token_of;
use crate::{
    api::{Answer, Api, Request},
    endpoint::Endpoint,
    subjects::Tower,
};

/// How long before its end a token is renewed; while the request waits.
const AHEAD: Duration = Duration::from_secs(60);

/// The token, and where the next one is.
#[derive(Clone, Debug)]
pub struct Refreshable {
    endpoint: Endpoint,
    held: Arc<Mutex<Option<(String, Instant)>>>,
}

impl Refreshable {
    async fn header(&self) -> Result<HeaderValue, BoxError> {
        let mut held = self.held.lock().await;
        let token = match &mut *held {
            Some((token, ends)) if Instant::now() + AHEAD < *ends => token,
            held => &mut held.insert(self.fetch().await?).0,
        };
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    async fn fetch(&self) -> Result<(String, Instant), BoxError> {
        let (token, lifetime) = token_of(&self.endpoint).await?;
        Ok((token, Instant::now() + Duration::from_secs(lifetime)))
    }
}

impl AsyncPredicate<Request> for Refreshable {
    type Future = Pin<Box<dyn Future<Output = Result<Request, BoxError>> + Send>>;
    type Request = Request;

    fn check(&mut self, mut request: Request) -> Self::Future {
        let refreshable = self.clone();
        Box::pin(async move {
            let value = refreshable.header().await?;
            request.headers_mut().insert(header::AUTHORIZATION, value);
            Ok(request)
        })
    }
}

pub fn client<A: Answer>(
    endpoint: &Endpoint,
    answer: A,
) -> Tower<AsyncFilter<Api<A>, Refreshable>> {
    let refreshable = Refreshable {
        endpoint: endpoint.clone(),
        held: Arc::default(),
    };
    Tower(AsyncFilterLayer::new(refreshable).layer(Api::new(answer)))
}
