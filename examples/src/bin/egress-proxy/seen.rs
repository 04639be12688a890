//! What is told of a request: in the metrics, and in the access log.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Request, StatusCode};
use tracing::info;

use crate::{metrics::Metrics, proxy::Proxy, route::Route};

/// The status that is told of a request whose caller left before it was answered, as nginx does.
const CALLER_GONE: u16 = 499;

/// A request that is counted and logged when it is answered, or when its caller has left before.
pub(crate) struct Seen {
    metrics: Arc<Metrics>,
    route: Option<Arc<Route>>,
    logged: Option<(Method, String)>,
    begun: Instant,
    is_told: bool,
}

impl Seen {
    pub(crate) fn new<B>(proxy: &Proxy, request: &Request<B>) -> Self {
        let state = proxy.state();
        let path = request.uri().path();
        let logged = state
            .access_log()
            .then(|| (request.method().clone(), path.to_owned()));
        Self {
            metrics: Arc::clone(proxy.metrics()),
            route: state.route(path).cloned(),
            logged,
            begun: Instant::now(),
            is_told: false,
        }
    }

    pub(crate) fn tell(mut self, status: StatusCode, problem: Option<&'static str>) {
        self.end(status, problem);
    }

    pub(crate) fn route(&self) -> Option<&Arc<Route>> {
        self.route.as_ref()
    }

    fn end(&mut self, status: StatusCode, problem: Option<&'static str>) {
        self.is_told = true;
        let took = self.begun.elapsed();
        let metrics = match &self.route {
            Some(route) => route.metrics(),
            None => self.metrics.no_route(),
        };
        metrics.count(status, took, problem);
        if let Some((method, path)) = &self.logged {
            let route = self.route.as_ref().map_or("", |route| route.prefix());
            log(method, path, route, status, took, problem);
        }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if !self.is_told {
            let status = StatusCode::from_u16(CALLER_GONE).expect("a status has three digits");
            self.end(status, Some("CallerGone"));
        }
    }
}

/// A line for each request. A query may have a key in it, and stays out.
fn log(
    method: &Method,
    path: &str,
    route: &str,
    status: StatusCode,
    took: Duration,
    problem: Option<&str>,
) {
    let status = status.as_u16();
    let ms = took.as_micros() as f64 / 1000.0;
    info!(target: "egress_proxy::access", %method, path, route, status, ms, problem);
}
