//! The path of every request.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header::CONNECTION};
use http_body::Body;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use tokio::time;
use tower::ServiceExt;
use tracing::warn;

use crate::{
    body::RequestBody,
    head, hop_by_hop,
    metrics::Metrics,
    problem::Problem,
    route::Route,
    seen::Seen,
    setup::{failure::causes, output::one_line},
    state::State,
};

/// The upstream's body as it comes, or a text of this proxy's own.
pub(crate) type ResponseBody = Either<Incoming, Full<Bytes>>;

#[derive(Debug)]
pub(crate) struct Proxy {
    state: ArcSwap<State>,
    metrics: Arc<Metrics>,
    draining: AtomicBool,
}

impl Proxy {
    pub(crate) fn new(state: State, metrics: Arc<Metrics>) -> Self {
        Self {
            state: ArcSwap::from_pointee(state),
            metrics,
            draining: AtomicBool::new(false),
        }
    }

    pub(crate) fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Requests go by another state from now on. Those that are under way end as they began.
    pub(crate) fn replace(&self, state: State) {
        self.state.store(Arc::new(state));
    }

    /// From now on each answer over HTTP/1.1 says that it is the last on its connection: whoever sends the next request does so
    /// on another, and none is lost in one that is being closed.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Answers a request, whatever becomes of it.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let version = request.version();
        let seen = Seen::new(&self, &request);
        let answer = match seen.route() {
            Some(route) => forward(route, request).await,
            None => Err(refusal(&request).unwrap_or(Problem::NO_ROUTE)),
        };
        let (mut response, problem) = match answer {
            Ok(response) => (response.map(Either::Left), None),
            Err(problem) => {
                let kind = problem.kind();
                let response = problem.into_response();
                (
                    response.map(|text| Either::Right(Full::new(text))),
                    Some(kind),
                )
            }
        };
        if version < Version::HTTP_2 && self.is_draining() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        seen.tell(response.status(), problem);
        Ok(response)
    }
}

async fn forward(route: &Route, request: Request<Incoming>) -> Result<Response<Incoming>, Problem> {
    if let Some(problem) = refusal(&request) {
        return Err(problem);
    }
    let limit = route.max_body_bytes();
    if limit.is_some_and(|limit| request.body().size_hint().lower() > limit) {
        return Err(Problem::TOO_LONG);
    }
    let (mut parts, body) = request.into_parts();
    parts.uri = route.target(&parts.uri).ok_or(Problem::BAD_TARGET)?;
    head::to_upstream(&mut parts.headers, parts.version);
    head::detach(&mut parts.headers);
    // The client finds out by itself what the upstream speaks.
    parts.version = Version::HTTP_11;
    let request = Request::from_parts(parts, RequestBody::new(body, limit));
    let answer = route.service().oneshot(request);
    let answer = match route.timeout() {
        Some(limit) => {
            let answer = time::timeout(limit, answer).await;
            answer.map_err(|_| Problem::LATE)?
        }
        None => answer.await,
    };
    match answer {
        Ok(response) if is_for_one_hop(&response) => Err(Problem::ONE_HOP),
        Ok(mut response) => {
            hop_by_hop::remove(response.headers_mut());
            *response.version_mut() = Version::HTTP_11;
            Ok(response)
        }
        Err(error) => {
            let problem = Problem::of(&error);
            let error = one_line(&causes(&*error));
            warn!(kind = problem.kind(), error, "a request got no answer");
            Err(problem)
        }
    }
}

/// Why a request is not passed on, whatever its route.
fn refusal<B>(request: &Request<B>) -> Option<Problem> {
    if request.method() == Method::CONNECT {
        return Some(Problem::CONNECT);
    }
    if head::has_transfer_coding(request.headers()) {
        return Some(Problem::TRANSFER_CODING);
    }
    head::wants_upgrade(request.headers()).then_some(Problem::UPGRADE)
}

/// Whether an answer has a meaning between this proxy and the upstream only: another protocol, or a coding that nobody asked for.
fn is_for_one_hop<B>(response: &Response<B>) -> bool {
    response.status() == StatusCode::SWITCHING_PROTOCOLS
        || head::has_transfer_coding(response.headers())
}
