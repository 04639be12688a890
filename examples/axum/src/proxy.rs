//! A reverse proxy: what comes in goes to one upstream, with this program's token instead of whatever the caller had. Bodies are
//! streamed in both directions.
//!
//! It is the layer's part of a proxy, and no more: what is about one connection ends here, so neither trailers nor upgrades pass, and
//! with them neither gRPC nor WebSockets. The limit counts until the answer's head is there, a long upload included.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{
    Request, StatusCode, Uri, Version,
    header::{EXPECT, HOST},
    uri::{Authority, Scheme},
};
use tower::{ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, OnExisting, Origins, TokenSource, replay,
};

use crate::{Http, handler::origin, hop_by_hop, problem::Problem};

/// A stack of any layers, in a type that can be named: what axum's state needs.
///
/// `Sync` is the part that matters. tower's `BoxCloneService` is not, and a router does not take it:
///
/// ```compile_fail,E0277
/// use axum::{Router, body::Body, extract::State, routing::get};
/// use http::{Request, Response};
/// use tower::{BoxError, util::BoxCloneService};
///
/// type Upstream = BoxCloneService<Request<Body>, Response<Body>, BoxError>;
///
/// async fn handler(State(_): State<Upstream>) {}
///
/// fn app(upstream: Upstream) -> Router {
///     Router::new().route("/", get(handler)).with_state(upstream)
/// }
/// ```
pub type Upstream = BoxCloneSyncService<Request<Body>, http::Response<Body>, BoxError>;

/// Where requests go, and how.
#[derive(Clone, Debug)]
pub struct Proxy {
    upstream: Upstream,
    scheme: Scheme,
    authority: Authority,
}

impl Proxy {
    /// A proxy in front of the origin of `uri`.
    ///
    /// A request without a body whose token turns out to be revoked is sent once more. An upstream has 30 s to begin its answer.
    ///
    /// # Errors
    ///
    /// `uri` is no absolute URI, or neither https nor on loopback.
    pub fn new(http: Http, source: TokenSource, uri: &str) -> Result<Self, BoxError> {
        let uri: Uri = uri.parse()?;
        let layer = ClientCredentialsLayer::new(source, Origins::new([origin(&uri)?])?)
            .on_existing(OnExisting::Replace)
            .replay(replay::Empty::new());
        let upstream = ServiceBuilder::new()
            .map_response(|answer: http::Response<_>| answer.map(Body::new))
            .timeout(Duration::from_secs(30))
            .layer(layer)
            .service(http);
        let parts = uri.into_parts();
        Ok(Self {
            upstream: BoxCloneSyncService::new(upstream),
            scheme: parts.scheme.ok_or("no scheme")?,
            authority: parts.authority.ok_or("no host")?,
        })
    }

    /// The same request, as the upstream is to see it. Its path and query stay byte for byte.
    fn rewrite(&self, mut request: Request<Body>) -> Result<Request<Body>, BoxError> {
        let path = request.uri().path_and_query();
        let uri = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path.map_or("/", |path| path.as_str()));
        *request.uri_mut() = uri.build()?;
        // The client finds out by itself what the upstream speaks, and makes a `Host` of the URI.
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().remove(HOST);
        // It was answered here, when the body was asked for.
        request.headers_mut().remove(EXPECT);
        hop_by_hop::remove(request.headers_mut());
        Ok(request)
    }
}

/// Every route goes to the upstream.
pub fn app(proxy: Proxy) -> Router {
    Router::new().fallback(forward).with_state(proxy)
}

async fn forward(State(proxy): State<Proxy>, request: Request<Body>) -> Response {
    let answer = match proxy.rewrite(request) {
        Ok(request) => proxy.upstream.oneshot(request).await,
        Err(error) => Err(error),
    };
    match answer {
        // It is about this program's token, not about the caller.
        Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => {
            Problem::of_answer(&answer).into_response()
        }
        Ok(mut answer) => {
            hop_by_hop::remove(answer.headers_mut());
            answer
        }
        Err(error) => Problem::of_upstream(&error).into_response(),
    }
}
