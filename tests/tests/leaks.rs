//! What each host logs, with its example around it and told to log all there is: no secret and no token.

#[path = "../../examples/tests/leaks/canary.rs"]
#[allow(dead_code, reason = "some of it is for programs that have keys")]
mod canary;

use std::{
    fmt::Debug,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use axum::body::Body;
use bytes::Bytes;
use example_tonic::{
    Shop,
    stock::{Item, stock_server::StockServer},
};
use http::Request;
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::json;
use tonic::{
    Code,
    transport::{Channel, Server, server::TcpIncoming},
};
use tower::{Service, ServiceExt};
use tower_oauth2_client_credentials::{BoxError, HttpClient, Origins, TokenError, TokenErrorKind};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use canary::assert_clean;

const SECRET: &str = "canary-secret";
const TOKEN: &str = "canary-token-";

/// All lines, of all threads.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .map_err(|_| io::ErrorKind::Other)?
            .extend(bytes);
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

/// What becomes of the requests of a host.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Case {
    Served,
    /// The API refuses each token.
    Refused,
    /// The authorization server refuses the client, and repeats its secret.
    NoClient,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_host_logs_a_secret_at_trace() -> Result<(), BoxError> {
    let lines = Lines::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(lines.clone())
        .init();
    let mut shown = Vec::new();
    for case in [Case::Served, Case::Refused, Case::NoClient] {
        shown.extend(hyper_and_reqwest(case).await?);
        shown.extend(axum(case).await?);
        shown.push(tonic(case).await?);
    }
    let lines = lines.0.lock().map_err(|error| error.to_string())?.clone();
    let mut text = String::from_utf8(lines)?;
    for target in [
        "TRACE",
        "h2::",
        "hyper_util::",
        "reqwest::",
        "tonic::",
        "example_axum::",
    ] {
        assert!(text.contains(target), "nothing from {target}");
    }
    text.push_str(&shown.join("\n"));
    assert_clean(&text);
    Ok(())
}

fn server(case: Case) -> AuthorizationServer {
    let server = AuthorizationServer::builder()
        .client("svc", SECRET)
        .token_prefix(TOKEN)
        .build();
    if case == Case::NoClient {
        let document = json!({"error": "invalid_client", "error_description": SECRET});
        server.set_outage(Some(Answer::json(401, document)));
    }
    server
}

fn client() -> Result<Client, BoxError> {
    Ok(Client::new("svc", ClientSecretBasic::new(SECRET))?)
}

/// What came of a request, its body read.
type Outcome = Result<http::Response<Bytes>, BoxError>;

async fn send<S, Q, B>(service: S, uri: &str) -> Result<Outcome, BoxError>
where
    S: Service<Request<Q>, Response = http::Response<B>, Error: Into<BoxError>>,
    Q: Default,
    B: http_body::Body,
{
    let request = Request::get(uri).body(Q::default())?;
    let answer = match service.oneshot(request).await {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error.into())),
    };
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|_| "the body broke off")?;
    Ok(Ok(http::Response::from_parts(head, body.to_bytes())))
}

/// What a client shows of it, which is what the case is about.
fn of_client(case: Case, outcome: &Outcome) -> String {
    match (case, outcome) {
        (Case::Served, Ok(answer)) => assert_eq!(answer.status(), 200),
        (Case::Refused, Ok(answer)) => assert_eq!(answer.status(), 401),
        (Case::NoClient, Err(error)) => assert_no_client(TokenError::find(&**error)),
        _ => panic!("{case:?}: {outcome:?}"),
    }
    match outcome {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// The same of a server, whose callers are told in words of its own.
fn of_server(case: Case, outcome: Outcome) -> Result<String, BoxError> {
    let answer = outcome?;
    let body = String::from_utf8(answer.body().to_vec())?;
    let (status, words) = match case {
        Case::Served => (200, "{}"),
        Case::Refused => (502, "the upstream answered with 401"),
        Case::NoClient => (502, "ClientAuthentication"),
    };
    assert_eq!(answer.status(), status, "{case:?}: {body}");
    assert!(body.contains(words), "{case:?}: {body}");
    Ok(format!("{answer:?} {body}"))
}

fn assert_no_client(error: Option<&TokenError>) {
    assert_eq!(
        error.map(TokenError::kind),
        Some(TokenErrorKind::ClientAuthentication),
        "{error:?}"
    );
}

async fn hyper_and_reqwest(case: Case) -> Result<[String; 3], BoxError> {
    let server = server(case);
    let resource = ResourceServer::new(&server);
    resource.reject_all(case == Case::Refused);
    let (tokens, api) = (server.serve().await?, resource.serve().await?);
    let endpoint = EndpointUri::new(&tokens.token_endpoint())?;
    let (wanted, origins) = (TokenRequest::new(), Origins::new([api.origin()])?);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let one = example_hyper::one_client(
        example_hyper::https(tls.clone()),
        endpoint.clone(),
        client()?,
        wanted.clone(),
        origins.clone(),
    );
    let two = example_hyper::two_clients(
        example_hyper::https(tls.clone()),
        HttpClient::new()?,
        endpoint.clone(),
        client()?,
        wanted.clone(),
        origins.clone(),
    );
    let reqwest = example_reqwest::protected(
        example_reqwest::client(tls)?,
        endpoint,
        client()?,
        wanted,
        origins,
    );
    let outcomes = [
        send::<_, Full<Bytes>, _>(one, &api.origin()).await?,
        send::<_, Full<Bytes>, _>(two, &api.origin()).await?,
        send::<_, String, _>(reqwest, &api.origin()).await?,
    ];
    // Each has asked for a token of its own.
    assert!(server.token_requests() >= 3, "{case:?}");
    Ok(outcomes.map(|outcome| of_client(case, &outcome)))
}

async fn axum(case: Case) -> Result<[String; 2], BoxError> {
    let server = server(case);
    let resource = ResourceServer::builder()
        .authorization_server(&server)
        .answer_with(Answer::body(200, "{}"))
        .build();
    resource.reject_all(case == Case::Refused);
    let (tokens, api) = (server.serve().await?, resource.serve().await?);
    let http = example_axum::http()?;
    let source =
        example_axum::token_source(&tokens.token_endpoint(), client()?, TokenRequest::new())?;
    let state = example_axum::handler::AppState::new(http.clone(), source.clone(), &api.origin())?;
    let handler = example_axum::handler::app(state);
    let proxy = example_axum::proxy::Proxy::new(http, source, &api.origin())?;
    let proxy = example_axum::proxy::app(proxy);
    let shown = [
        of_server(case, send::<_, Body, _>(handler, "/report").await?)?,
        of_server(case, send::<_, Body, _>(proxy, "/v1/items").await?)?,
    ];
    assert!(server.token_requests() > 0, "{case:?}");
    Ok(shown)
}

async fn tonic(case: Case) -> Result<String, BoxError> {
    let server = server(case);
    let tokens = server.serve().await?;
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
    let address = format!("http://{}", incoming.local_addr()?);
    let stock = StockServer::with_interceptor(Shop::new(), move |request| match case {
        Case::Refused => Err(tonic::Status::unauthenticated("not this one")),
        _ => Ok(request),
    });
    tokio::spawn(
        Server::builder()
            .add_service(stock)
            .serve_with_incoming(incoming),
    );
    let channel = Channel::from_shared(address.clone())?.connect_lazy();
    let mut stock =
        example_tonic::stock_client(channel, &address, &tokens.token_endpoint(), client()?)?;
    let item = Item {
        name: "tea".to_owned(),
    };
    let counted = stock.count(item).await;
    match (case, &counted) {
        (Case::Served, Ok(_)) => {}
        (Case::Refused, Err(status)) => {
            let told = (status.code(), status.message());
            assert_eq!(told, (Code::Unauthenticated, "not this one"));
        }
        (Case::NoClient, Err(status)) => assert_no_client(TokenError::find(status)),
        _ => panic!("{case:?}: {counted:?}"),
    }
    assert!(server.token_requests() > 0, "{case:?}");
    Ok(match counted {
        Ok(counted) => format!("{counted:?}"),
        Err(status) => format!("{status} {status:?}"),
    })
}
