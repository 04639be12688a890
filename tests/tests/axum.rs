//! The layer below an axum handler and in a reverse proxy, as the example has them, at oidc-provider and its resource.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use example_axum::{
    handler::{self, AppState},
    http as upstream_client,
    proxy::{self, Proxy},
    token_source,
};
use http::{
    HeaderMap, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE},
};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper_util::{client::legacy::Client as HyperClient, rt::TokioExecutor};
use oauth2_client_credentials::{Client, ClientSecretBasic, TokenRequest};
use serde_json::Value;
use tests::{OidcProvider, exchange, http_client};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tokio_stream::{StreamExt, wrappers::UnboundedReceiverStream};
use tower_oauth2_client_credentials::{BoxError, TokenSource};

type TestResult = Result<(), BoxError>;

/// Whoever waits for so long waits for ever.
const DEADLOCK: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_handler_asks_the_upstream_with_the_programs_token() -> TestResult {
    let provider = OidcProvider::start()?;
    let reports = reports(&provider, "basic-secret").await?;

    let first = exchange(http_client(), as_a_caller("GET", &reports)?).await?;
    let second = exchange(http_client(), as_a_caller("GET", &reports)?).await?;

    for answer in [first, second] {
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.json()["stock"]["client_id"], "basic");
    }
    assert_eq!(provider.stats().await?.token_requests(), 1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_is_a_502_and_not_told() -> TestResult {
    let provider = OidcProvider::start()?;
    let reports = reports(&provider, "not-the-secret").await?;
    let proxy = proxy(&provider, "not-the-secret").await?;
    for uri in [&reports, &proxy] {
        let (answer, headers, text) = problem(uri).await?;
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        assert!(text.contains("ClientAuthentication"), "{text}");
        assert!(!text.contains("not-the-secret"), "{text}");
        assert!(!headers.contains_key(RETRY_AFTER));
        // It is the program's secret that is wrong, and not its caller's.
        assert!(!headers.contains_key(WWW_AUTHENTICATE));
    }
    Ok(())
}

#[tokio::test]
async fn without_an_authorization_server_it_is_503_and_when_to_come_again() -> TestResult {
    let provider = OidcProvider::start()?;
    let reports = reports(&provider, "basic-secret").await?;
    let proxy = proxy(&provider, "basic-secret").await?;
    drop(provider);
    for uri in [&reports, &proxy] {
        let (answer, headers, text) = problem(uri).await?;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json");
        assert!(text.contains("Transient"), "{text}");
        let seconds: u64 = headers[RETRY_AFTER].to_str()?.parse()?;
        assert!(seconds >= 1, "at 0 the caller is back too soon");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_token_is_a_502_and_no_401() -> TestResult {
    let provider = OidcProvider::start()?;
    // The token is opaque, and the resource takes none of those.
    let request = TokenRequest::builder().scope("read").build()?;
    let source = source(&provider, "basic-secret", request)?;
    let state = AppState::new(upstream_client()?, source.clone(), &provider.resource_uri())?;
    let reports = serve(handler::app(state)).await? + "/report";
    let proxy = Proxy::new(upstream_client()?, source, &provider.resource_uri())?;
    let proxy = serve(proxy::app(proxy)).await? + "/resource";

    for uri in [reports, proxy] {
        let (answer, headers, text) = problem(&uri).await?;
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        assert!(text.contains("answered with 401"), "{text}");
        assert!(!headers.contains_key(WWW_AUTHENTICATE));
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_replaces_what_the_caller_had() -> TestResult {
    let provider = OidcProvider::start()?;
    let proxy = proxy(&provider, "basic-secret").await?;

    for _ in 0..2 {
        let answer = exchange(http_client(), as_a_caller("GET", &proxy)?).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.json()["client_id"], "basic");
    }
    let stats = provider.stats().await?;
    assert_eq!((stats.token_requests(), stats.resource_refused()), (1, 0));
    Ok(())
}

/// Method, path, query and headers go through, but those that are about the connection; the URI is the upstream's.
#[tokio::test]
async fn a_proxy_passes_on_all_but_what_is_about_the_connection() -> TestResult {
    let provider = OidcProvider::start()?;
    let (upstream, seen) = recorder().await?;
    let proxy = before(&provider, &upstream).await?;

    let uri = format!("{proxy}/v1/a%2Fb/?q=1&q=%20");
    let mut request = as_a_caller("PUT", &uri)?;
    for (name, value) in [
        ("x-mine", "1"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("proxy-authorization", "Basic eA=="),
    ] {
        request.headers_mut().append(name, value.parse()?);
    }
    *request.body_mut() = Full::from("a body");
    let answer = http_client().request(request).await?;

    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.headers()["x-upstream"], "1");
    assert!(!answer.headers().contains_key("keep-alive"));
    let seen = seen.lock().expect("nobody panics with it").clone();
    let [(line, headers, body)] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(line, "PUT /v1/a%2Fb/?q=1&q=%20");
    assert_eq!(body, "a body");
    assert_eq!(headers["x-mine"], "1");
    assert_eq!(headers[HOST], upstream.trim_start_matches("http://"));
    assert!(headers[AUTHORIZATION].to_str()?.starts_with("Bearer "));
    for name in ["x-hop", "keep-alive", "te", "proxy-authorization"] {
        assert!(!headers.contains_key(name), "{name}");
    }
    Ok(())
}

/// The answer comes while the request is still being sent, a piece for a piece.
#[tokio::test]
async fn a_proxy_streams_in_both_directions() -> TestResult {
    let provider = OidcProvider::start()?;
    let echo = any(async |request: Request<Body>| Response::new(request.into_body()));
    let upstream = serve(Router::new().fallback_service(echo)).await?;
    let proxy = before(&provider, &upstream).await?;

    let (pieces, sent) = mpsc::unbounded_channel::<&'static str>();
    let sent = UnboundedReceiverStream::new(sent)
        .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
    let request = Request::post(&proxy).body(StreamBody::new(sent))?;
    let client = HyperClient::builder(TokioExecutor::new()).build_http();
    pieces.send("first")?;
    let answer = timeout(DEADLOCK, client.request(request)).await;
    let mut answer = answer
        .expect("it does not wait for the whole request")?
        .into_body();

    for next in [Some("second"), Some("third"), None] {
        let frame = timeout(DEADLOCK, answer.frame()).await;
        let frame = frame.expect("it does not wait for the whole answer");
        let frame = frame.ok_or("the answer ended")??;
        let piece = frame.into_data().map_err(|_| "no data")?;
        match next {
            Some(next) => {
                assert!(piece == "first" || piece == "second", "{piece:?}");
                pieces.send(next)?;
            }
            None => assert_eq!(piece, "third"),
        }
    }
    drop(pieces);
    assert!(answer.frame().await.is_none());
    Ok(())
}

/// Every request, as a line, its headers and its body.
type Seen = std::sync::Arc<std::sync::Mutex<Vec<(String, HeaderMap, String)>>>;

/// An upstream that notes what comes.
async fn recorder() -> Result<(String, Seen), BoxError> {
    async fn note(State(seen): State<Seen>, request: Request<Body>) -> Response {
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        let line = format!("{} {}", head.method, head.uri);
        let mut seen = seen.lock().expect("nobody panics with it");
        seen.push((line, head.headers, body));
        let headers = [("x-upstream", "1"), ("keep-alive", "timeout=5")];
        (StatusCode::IM_A_TEAPOT, headers).into_response()
    }
    let seen = Seen::default();
    let app = Router::new().fallback(note).with_state(seen.clone());
    Ok((serve(app).await?, seen))
}

/// The example's handler: where it is asked.
async fn reports(provider: &OidcProvider, secret: &str) -> Result<String, BoxError> {
    let source = source(provider, secret, jwt()?)?;
    let state = AppState::new(upstream_client()?, source, &provider.resource_uri())?;
    Ok(serve(handler::app(state)).await? + "/report")
}

/// The example's proxy before oidc-provider's resource: where that is now.
async fn proxy(provider: &OidcProvider, secret: &str) -> Result<String, BoxError> {
    let source = source(provider, secret, jwt()?)?;
    let proxy = Proxy::new(upstream_client()?, source, &provider.resource_uri())?;
    Ok(serve(proxy::app(proxy)).await? + "/resource")
}

/// The example's proxy before another upstream.
async fn before(provider: &OidcProvider, upstream: &str) -> Result<String, BoxError> {
    let source = source(provider, "basic-secret", jwt()?)?;
    serve(proxy::app(Proxy::new(
        upstream_client()?,
        source,
        upstream,
    )?))
    .await
}

fn source(
    provider: &OidcProvider,
    secret: &str,
    request: TokenRequest,
) -> Result<TokenSource, BoxError> {
    let client = Client::new("basic", ClientSecretBasic::new(secret))?;
    token_source(provider.token_endpoint()?.as_str(), client, request)
}

fn jwt() -> Result<TokenRequest, BoxError> {
    let request = TokenRequest::builder().scope("read");
    Ok(request.resource(OidcProvider::RESOURCE).build()?)
}

async fn serve(app: Router) -> Result<String, BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

/// A request with an `Authorization` that is between the caller and this program.
fn as_a_caller(method: &str, uri: &str) -> Result<Request<Full<Bytes>>, BoxError> {
    let request = Request::builder().method(method).uri(uri);
    let request = request.header(AUTHORIZATION, "Bearer of-the-caller");
    Ok(request.body(Full::default())?)
}

/// A problem document, its headers, and all of it as text.
async fn problem(uri: &str) -> Result<(http::Response<Value>, HeaderMap, String), BoxError> {
    let client = HyperClient::builder(TokioExecutor::new()).build_http();
    let request = Request::get(uri).body(Empty::<Bytes>::new())?;
    let (head, body) = client.request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    let text = format!("{:?} {}", head.headers, String::from_utf8_lossy(&body));
    let json: Value = serde_json::from_slice(&body)?;
    assert_eq!(json["status"], head.status.as_u16());
    let headers = head.headers.clone();
    Ok((http::Response::from_parts(head, json), headers, text))
}
