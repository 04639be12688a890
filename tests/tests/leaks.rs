//! What each host logs, with its example around it and told to log all there is: no secret and no token.

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
use tonic::transport::{Channel, Server, server::TcpIncoming};
use tower::{Service, ServiceExt};
use tower_oauth2_client_credentials::{BoxError, HttpClient, Origins};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

const SECRET: &str = "canary-secret";
const TOKEN: &str = "canary-token-";

/// The word that both begin with: as it is, in base64 at each of the three places of a group of bytes, in hex, in a URI, as bytes.
const FORMS: [&str; 7] = [
    "canary",
    "Y2FuYXJ5",
    "NhbmFye",
    "jYW5hcn",
    "63616e617279",
    "%63%61%6e%61%72%79",
    "99, 97, 110, 97, 114, 121",
];

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
    for target in ["TRACE", "h2::", "hyper_util::", "tonic::"] {
        assert!(text.contains(target), "nothing from {target}");
    }
    text.push_str(&shown.join("\n"));
    for form in FORMS {
        let line = text.lines().find(|line| line.contains(form));
        assert_eq!(line, None, "{form}");
    }
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

/// What an answer or an error shows; each case has the one that it is about.
fn outcome<B: Debug>(case: Case, outcome: &Result<http::Response<B>, BoxError>) -> String {
    let is_as_meant = match (case, outcome) {
        (Case::Served, Ok(answer)) => answer.status() == 200,
        (Case::Refused, Ok(answer)) => matches!(answer.status().as_u16(), 401 | 502 | 503),
        (Case::NoClient, Ok(answer)) => matches!(answer.status().as_u16(), 502 | 503),
        (Case::NoClient, Err(_)) => true,
        _ => false,
    };
    assert!(is_as_meant, "{case:?}: {outcome:?}");
    match outcome {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}

async fn send<S, Q, B>(case: Case, service: S, uri: &str) -> Result<String, BoxError>
where
    S: Service<Request<Q>, Response = http::Response<B>, Error: Into<BoxError>>,
    Q: Default,
    B: http_body::Body,
    B::Data: Debug,
{
    let request = Request::get(uri).body(Q::default())?;
    let answer = service.oneshot(request).await;
    let answer = match answer {
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|_| "the body broke off")?;
            Ok(http::Response::from_parts(head, body.to_bytes()))
        }
        Err(error) => Err(error.into()),
    };
    Ok(outcome(case, &answer))
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
    Ok([
        send::<_, Full<Bytes>, _>(case, one, &api.origin()).await?,
        send::<_, Full<Bytes>, _>(case, two, &api.origin()).await?,
        send::<_, String, _>(case, reqwest, &api.origin()).await?,
    ])
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
    Ok([
        send::<_, Body, _>(case, handler, "/report").await?,
        send::<_, Body, _>(case, proxy, "/v1/items").await?,
    ])
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
    assert_eq!(
        counted.is_ok(),
        case == Case::Served,
        "{case:?}: {counted:?}"
    );
    Ok(match counted {
        Ok(counted) => format!("{counted:?}"),
        Err(status) => format!("{status} {status:?}"),
    })
}
