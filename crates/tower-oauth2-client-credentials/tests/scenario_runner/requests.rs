//! The requests of a scenario, and how each of them ends.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, TokenError, TokenErrorKind};
use tower_service::Service;

use super::{
    format::{BodyKind, RequestEvent},
    log::{End, Log},
    resource::{GRPC_STATUS, Ticket},
    stack::{self, Stack},
    world::World,
};

pub(crate) type Request = http::Request<Body>;

/// The body of a request. A replay policy tells by its kind whether it can be kept.
#[derive(Debug, Default)]
pub(crate) struct Body {
    kind: BodyKind,
    rest: Option<Bytes>,
}

impl Body {
    fn new(kind: BodyKind) -> Self {
        let rest = match kind {
            BodyKind::Empty => None,
            BodyKind::Cloneable | BodyKind::Streamed => Some(Bytes::from_static(b"{}")),
        };
        Self { kind, rest }
    }

    /// The same once more, if it can be had.
    pub(crate) fn again(&self) -> Option<Self> {
        match self.kind {
            BodyKind::Empty | BodyKind::Cloneable => Some(Self::new(self.kind)),
            BodyKind::Streamed => None,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.rest.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (self.kind, &self.rest) {
            (BodyKind::Streamed, Some(_)) => SizeHint::default(),
            (_, rest) => SizeHint::with_exact(rest.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}

/// The request that `event` describes.
pub(crate) fn make(event: &RequestEvent, index: usize) -> Result<Request, String> {
    let mut request = Request::new(Body::new(event.body));
    *request.method_mut() = event.method.clone();
    *request.uri_mut() = event.url.clone();
    request.extensions_mut().insert(Ticket {
        request: index,
        answer_after: event.answer_after,
    });
    if let Some(scope) = &event.scope {
        stack::name_scope(&mut request, scope)?;
    }
    Ok(request)
}

/// Sends `request`, and writes down how it ended.
pub(crate) async fn send(
    mut service: Stack,
    request: Request,
    index: usize,
    give_up_after: Option<Duration>,
    world: World,
    log: Log,
) {
    let answer = async {
        let answer = ServiceExt::<Request>::ready(&mut service)
            .await?
            .call(request);
        // Who waits for an answer holds no handle of the source of its own.
        drop(service);
        answer.await
    };
    let end = match give_up_after {
        None => of_result(answer.await),
        Some(limit) => time::timeout(limit, answer)
            .await
            .map_or(End::GaveUp, of_result),
    };
    log.end(index, world.now(), end);
}

fn of_result<B>(result: Result<Response<B>, BoxError>) -> End {
    let error = match result {
        Ok(response) => return of_response(&response),
        Err(error) => error,
    };
    let kind = TokenError::find(&*error).map(TokenError::kind);
    let name = kind.map_or("none", |kind| kind.as_str()).to_owned();
    match kind {
        Some(TokenErrorKind::Origin) => End::Refused { kind: name },
        _ => End::Failed {
            kind: name,
            message: error.to_string(),
        },
    }
}

fn of_response<B>(response: &Response<B>) -> End {
    let status = response.status();
    let grpc_status = response.headers().get(GRPC_STATUS);
    if status.is_success() && grpc_status.is_none_or(|status| status == "0") {
        End::Served { status }
    } else {
        End::Answered { status }
    }
}
