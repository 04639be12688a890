//! The authorization server's side: an HTTP service that answers token requests as the scenario says.

use std::{
    future::{self, Future},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time;
use tower_service::Service;

use super::{
    format::{Reply, Scenario},
    log::Log,
    panics,
    world::World,
};

/// Answers in the order of arrival.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    scenario: Arc<Scenario>,
    world: World,
    log: Log,
}

impl Endpoint {
    pub(crate) fn new(scenario: Arc<Scenario>, world: World, log: Log) -> Self {
        Self {
            scenario,
            world,
            log,
        }
    }
}

impl Service<Request<Full<Bytes>>> for Endpoint {
    type Response = Response<Full<Bytes>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        let (number, fetching) = self.log.fetch(self.world.now());
        let scenario = Arc::clone(&self.scenario);
        let log = self.log.clone();
        Box::pin(async move {
            let _fetching = fetching;
            let answers = &scenario.endpoint;
            let Some(answer) = answers.get(number - 1).or_else(|| answers.last()) else {
                log.fault("a token request arrived, and the endpoint has no answer".to_owned());
                return future::pending().await;
            };
            if !answer.after.is_zero() {
                time::sleep(answer.after).await;
            }
            reply(&answer.reply, number).await
        })
    }
}

async fn reply(reply: &Reply, number: usize) -> io::Result<Response<Full<Bytes>>> {
    match reply {
        Reply::Response {
            status,
            headers,
            body,
        } => {
            let mut response = Response::new(Full::from(body.of(number)));
            *response.status_mut() = *status;
            *response.headers_mut() = headers.clone();
            Ok(response)
        }
        Reply::ConnectError => Err(io::ErrorKind::ConnectionRefused.into()),
        Reply::Reset => Err(io::ErrorKind::ConnectionReset.into()),
        Reply::Hang => future::pending().await,
        Reply::Panic => panics::deliberately(),
    }
}
