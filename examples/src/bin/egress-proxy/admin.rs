//! What an operator asks: whether it lives, whether it is ready, and what it has counted.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde_json::{Map, Value, json};

use crate::{metrics, proxy::Proxy};

/// Answers a request to the admin listener.
pub(crate) async fn answer<B>(
    proxy: Arc<Proxy>,
    request: Request<B>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(text(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "GET only\n".into(),
        ));
    }
    Ok(match request.uri().path() {
        "/live" => text(StatusCode::OK, TEXT, "alive\n".into()),
        "/ready" => ready(&proxy),
        "/metrics" => {
            let counted = metrics::text(proxy.metrics(), &proxy.state());
            text(
                StatusCode::OK,
                "text/plain; version=0.0.4; charset=utf-8",
                counted,
            )
        }
        _ => {
            let told = "there are /ready, /live and /metrics\n";
            text(StatusCode::NOT_FOUND, TEXT, told.into())
        }
    })
}

const TEXT: &str = "text/plain; charset=utf-8";

/// 200 if all tokens are there, so that no request has to wait for one.
fn ready(proxy: &Proxy) -> Response<Full<Bytes>> {
    let mut all = true;
    let mut tokens = Map::new();
    for token in proxy.state().tokens() {
        let health = token.source().health();
        all &= health.is_usable();
        let told = json!({
            "usable": health.is_usable(),
            "state": health.state().as_str(),
            "seconds_left": health.left().map(|left| left.as_secs()),
            "last_error": health.last_error().map(|kind| kind.as_str()),
            "retry_in_seconds": health.retry_in().map(|wait| wait.as_secs_f64()),
        });
        tokens.insert(token.name().to_owned(), told);
    }
    let draining = proxy.is_draining();
    let status = if all && !draining {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let document = json!({
        "ready": all && !draining,
        "draining": draining,
        "tokens": Value::Object(tokens),
    });
    text(status, "application/json", format!("{document}\n"))
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
