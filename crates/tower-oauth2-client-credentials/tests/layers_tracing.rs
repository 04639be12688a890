//! tower-http's `Trace` above and below ours. Alone in its binary: whether a span is on is decided for a whole process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use http::{Request, Response};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use support::{lines::Lines, origins, source};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_http::trace::{DefaultMakeSpan, HttpMakeClassifier, TraceLayer};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, replay};
use tracing_subscriber::{filter::LevelFilter, util::SubscriberInitExt};

#[tokio::test(start_paused = true)]
async fn trace_below_sees_each_attempt_and_no_token_and_above_the_request_alone() {
    let lines = Lines::default();
    let _guard = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(lines.writer())
        .set_default();

    let (layer, resource) = revoked().await;
    heal(layer.layer(trace().layer(resource))).await;
    let shown = lines.take();
    let spans = shown.matches("started processing request").count();
    assert_eq!(spans, 2, "{shown}");
    let header = r#""authorization": Sensitive"#;
    assert!(shown.contains(header), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");

    let (layer, resource) = revoked().await;
    heal(trace().layer(layer.layer(resource))).await;
    let shown = lines.take();
    let spans = shown.matches("started processing request").count();
    assert_eq!(spans, 1, "{shown}");
    assert!(!shown.contains("authorization"), "not yet: {shown}");
}

/// A resource that refuses the token which the layer has.
async fn revoked() -> (ClientCredentialsLayer<replay::Cloned>, ResourceServer) {
    let server = AuthorizationServer::builder()
        .token_prefix("canary")
        .build();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.revoke_all();
    let layer = ClientCredentialsLayer::new(source, origins());
    (
        layer.replay(replay::Cloned::new()),
        ResourceServer::new(&server),
    )
}

/// One request, which takes two attempts.
async fn heal<S, B>(service: S)
where
    S: Service<Request<String>, Response = Response<B>, Error = BoxError>,
{
    let request = Request::get("https://api.example.com/").body(String::new());
    let answer = service.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// With all headers in its spans.
fn trace() -> TraceLayer<HttpMakeClassifier> {
    TraceLayer::new_for_http().make_span_with(DefaultMakeSpan::new().include_headers(true))
}
