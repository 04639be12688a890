//! What is logged at the most talkative level, by us and by hyper, h2 and all else that this process runs; and what is counted.

use std::{
    fmt::Debug,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client as Hyper, rt::TokioExecutor};
use metrics_util::debugging::DebuggingRecorder;
use oauth2_client_credentials::{Client, ClientSecretPost, EndpointUri};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use serde_json::json;
use tower::{Layer, Service, ServiceExt};
use tower_http::{
    classify::{ServerErrorsAsFailures, SharedClassifier},
    trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer},
};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, HttpClient, MetricsObserver, Origins, Schedule,
    TokenEndpoint, TokenError, TokenSource, TracingObserver, replay,
};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::{SECRET, TOKEN, client};

/// All lines, for all threads: the connections' tasks are not those of the test.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_logged_of_a_secret_at_trace() {
    let lines = Lines::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(lines.clone())
        .init();
    let counted = DebuggingRecorder::new();
    let snapshot = counted.snapshotter();
    counted.install().unwrap();
    for is_http2 in [false, true] {
        for client in [
            client(),
            Client::new("svc", ClientSecretPost::new(SECRET)).unwrap(),
        ] {
            through_everything(client, is_http2).await;
        }
    }
    with_a_key_in_the_query().await;
    let mut text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let counted = snapshot.snapshot().into_vec();
    assert!(counted.len() > 3, "{counted:?}");
    text.push_str(&format!("{counted:?}"));
    // The libraries below do log here, or nothing was shown.
    for target in [
        "authorization",
        "h2::",
        "hyper_util::",
        "tower_oauth2_client_credentials",
        "tower_http::",
    ] {
        assert!(text.contains(target), "nothing from {target}");
    }
    // As it is, in base64 at each of the three places of a group of bytes, in hex, and in a URI.
    for canary in [
        SECRET,
        TOKEN,
        "canary",
        "Y2FuYXJ5",
        "NhbmFye",
        "jYW5hcn",
        "63616e617279",
        "%63%61%6e%61%72%79",
    ] {
        let place = text.lines().find(|line| line.contains(canary));
        assert_eq!(place, None, "{canary}");
    }
}

/// Token requests that succeed, fail and are tried again; requests that are served and refused.
async fn through_everything(client: Client, is_http2: bool) {
    let token = json!({"access_token": TOKEN, "refresh_token": TOKEN, "token_type": "Bearer", "expires_in": 60});
    for (answer, attempts, is_refused, expected, asked) in [
        (Answer::json(200, token.clone()), 1, false, ["200"; 2], 1),
        (Answer::json(200, token), 1, true, ["401", "Rejected"], 2),
        (
            Answer::json(
                400,
                json!({"error": "invalid_client", "error_description": SECRET}),
            ),
            1,
            false,
            ["ClientAuthentication"; 2],
            1,
        ),
        (
            Answer::body(500, format!("{SECRET} {TOKEN}")),
            2,
            false,
            ["Transient"; 2],
            2,
        ),
        (
            Answer::json(200, json!({"access_token": format!("{TOKEN}\n")})),
            1,
            false,
            ["Protocol"; 2],
            1,
        ),
    ] {
        let server = AuthorizationServer::new();
        server.set_outage(Some(answer));
        let resource = ResourceServer::new(&server);
        if is_refused {
            resource.reject([TOKEN]);
        }
        let resource = resource.serve().await.unwrap();
        let served = server.serve().await.unwrap();
        let uri = EndpointUri::new(&served.token_endpoint()).unwrap();
        let http = Hyper::builder(TokioExecutor::new())
            .http2_only(is_http2)
            .build_http::<Full<Bytes>>();
        let http = traced().layer(http);
        let endpoint = TokenEndpoint::new(http.clone(), uri, client.clone());
        let source = TokenSource::builder(endpoint)
            .observer(TracingObserver::new())
            .observer(MetricsObserver::new("source"))
            .schedule(schedule(attempts));
        let api = format!("http://{}", resource.addr());
        let layer = ClientCredentialsLayer::new(source.build(), Origins::new([&api]).unwrap())
            .replay(replay::Empty::new());
        assert_eq!(call(layer.layer(http), &api).await, expected);
        assert_eq!(server.token_requests(), asked, "{expected:?}");
    }
}

/// However slow the machine is, only what is tried again within a token request is asked for again.
fn schedule(attempts: u32) -> Schedule {
    let (soon, later) = (Duration::from_millis(1), Duration::from_secs(60));
    let schedule = Schedule::builder().attempts(attempts);
    let schedule = schedule.backoff(soon, soon);
    let schedule = schedule.pause_after_transient(later, later);
    let schedule = schedule.pause_after_terminal(later, later);
    let schedule = schedule.pause_after_rejection(later, later);
    schedule.build().unwrap()
}

/// Some servers want a key there. A layer that logs URIs would log it; ours does not, and neither does what is below.
async fn with_a_key_in_the_query() {
    let server = AuthorizationServer::new().serve().await.unwrap();
    let trust = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let http = HttpClient::builder().root_certificates_pem(trust.cert.pem());
    let uri = format!("{}?api_key={SECRET}", server.token_endpoint());
    let uri = EndpointUri::new(&uri).unwrap();
    let endpoint = TokenEndpoint::new(http.build().unwrap(), uri, client());
    let source = TokenSource::builder(endpoint).observer(TracingObserver::new());
    source.schedule(schedule(1)).build().token().await.unwrap();
}

/// Logs the headers of requests and answers, too: those that are secret are marked as such.
fn traced() -> TraceLayer<SharedClassifier<ServerErrorsAsFailures>> {
    TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().include_headers(true))
        .on_response(DefaultOnResponse::new().include_headers(true))
}

/// What became of two requests: a status, or the kind of an error.
async fn call<S, B>(service: S, api: &str) -> Vec<String>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error = BoxError>,
    S: Clone,
    B: http_body::Body,
    B::Error: Debug,
{
    let mut outcomes = Vec::new();
    for path in ["/", "/a/b"] {
        let request = Request::get(format!("{api}{path}")).header("cookie", "a=b");
        let request = request.body(Full::default()).unwrap();
        assert!(!request.headers().contains_key(AUTHORIZATION));
        outcomes.push(match service.clone().oneshot(request).await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.into_body().collect().await.unwrap();
                status.to_string()
            }
            Err(error) => {
                let error = TokenError::find(&*error).unwrap();
                error.kind().as_str().to_owned()
            }
        });
    }
    outcomes
}
