//! The resource server's side: judges the token when a request arrives, and answers when the scenario says.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Request, Response, Version,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use http_body_util::Empty;
use tokio::time;
use tower_service::Service;

use super::{
    format::Verdict,
    log::{Log, Send},
    world::World,
};

pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Stands in a list of refused tokens for all of them.
const ALL: &str = "*";

/// Which request of the log this is, and how long the resource takes for it. The layer has to hand it on with every send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) request: usize,
    pub(crate) answer_after: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct Resource {
    refused: Arc<Mutex<(Vec<String>, Verdict)>>,
    world: World,
    log: Log,
}

impl Resource {
    pub(crate) fn new(world: World, log: Log) -> Self {
        Self {
            refused: Arc::default(),
            world,
            log,
        }
    }

    /// From now on, and instead of those before.
    pub(crate) fn refuse(&self, tokens: &[String], verdict: &Verdict) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused = (tokens.to_vec(), verdict.clone());
    }

    fn judge(&self, token: Option<&str>) -> Response<Empty<Bytes>> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, verdict) = &*refused;
        let mut response = Response::new(Empty::new());
        if !tokens.iter().any(|no| no == ALL || Some(&**no) == token) {
            return response;
        }
        match verdict {
            Verdict::Http { status, challenge } => {
                *response.status_mut() = *status;
                let challenge = challenge.clone().map(|value| (WWW_AUTHENTICATE, value));
                response.headers_mut().extend(challenge);
            }
            Verdict::Grpc { status } => {
                // gRPC is spoken over HTTP/2 only, and its status looked for there.
                *response.version_mut() = Version::HTTP_2;
                let status = HeaderValue::from(*status);
                response.headers_mut().insert(GRPC_STATUS, status);
            }
        }
        response
    }
}

impl<B> Service<Request<B>> for Resource {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future =
        Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + std::marker::Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let token = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let ticket = *request
            .extensions()
            .get::<Ticket>()
            .expect("a send of the layer has the extensions of its request");
        let response = self.judge(token);
        self.log.entries().sends.push(Send {
            request: ticket.request,
            at: self.world.now(),
            token: token.map(str::to_owned),
        });
        Box::pin(async move {
            if !ticket.answer_after.is_zero() {
                time::sleep(ticket.answer_after).await;
            }
            Ok(response)
        })
    }
}
