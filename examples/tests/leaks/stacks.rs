//! What examples put together, with a program around it that logs all there is; they themselves log nothing.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::{client::legacy::Client as Http, rt::TokioExecutor};
use oauth2_client_credentials::{Client, ClientSecretBasic, Dpop, DpopKey, Issuer, TokenRequest};
use tower::{BoxError, ServiceExt};
use tower_oauth2_client_credentials::{
    Credential, Origins, TokenEndpoint, TokenSource, TracingObserver,
};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::{
    canary::{KEY, assert_clean},
    dpop_stack, projected_stack,
    running::file,
    servers::{ASSERTION, SECRET, Says, broker, serve},
    session::Session,
};

/// All lines, of all threads.
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

#[tokio::test]
async fn the_stacks_of_the_examples_log_no_secret_at_trace() {
    let lines = Lines::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(lines.clone())
        .init();
    let mut shown = String::new();
    for says in Says::ALL {
        for outcome in [dpop(says).await, projected_token(says).await] {
            assert_eq!(outcome.is_ok(), matches!(says, Says::Yes | Says::NoToken));
            shown.push_str(&format!("{outcome:?} {outcome:#?}\n"));
        }
        let outcome = broker_login(says).await;
        assert!(outcome.is_err(), "it closes the connection");
        shown.push_str(&format!("{outcome:?}\n"));
    }
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for target in ["TRACE", "hyper_util::", "tower_oauth2_client_credentials"] {
        assert!(logged.contains(target), "nothing from {target}");
    }
    assert_clean(&(logged + &shown));
}

async fn dpop(says: Says) -> Result<StatusCode, BoxError> {
    let server = serve("DPoP", says, SECRET).await;
    let key = DpopKey::generate(|bytes| bytes.copy_from_slice(KEY))?;
    let api = server.uri("/api");
    let service = dpop_stack::protected(
        Http::builder(TokioExecutor::new()).build_http(),
        Issuer::new(&server.uri(""))?,
        Client::new("svc", ClientSecretBasic::new(SECRET))?,
        TokenRequest::new(),
        Dpop::new(key),
        Origins::new([server.uri("")])?,
    );
    let request = Request::get(api).body(Full::<Bytes>::default())?;
    Ok(service.oneshot(request).await?.status())
}

async fn projected_token(says: Says) -> Result<StatusCode, BoxError> {
    let server = serve("Bearer", says, ASSERTION).await;
    let service = projected_stack::protected(
        Http::builder(TokioExecutor::new()).build_http(),
        Issuer::new(&server.uri(""))?,
        Credential::assertion_file("svc", file(ASSERTION)),
        TokenRequest::new(),
        Origins::new([server.uri("")])?,
    );
    let request = Request::get(server.uri("/api")).body(Full::<Bytes>::default())?;
    Ok(service.oneshot(request).await?.status())
}

async fn broker_login(says: Says) -> Result<u32, BoxError> {
    let server = serve("Bearer", says, SECRET).await;
    let http = Http::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = Client::new("svc", ClientSecretBasic::new(SECRET))?;
    let endpoint = TokenEndpoint::new(http, Issuer::new(&server.uri(""))?, client);
    let source = TokenSource::builder(endpoint).observer(TracingObserver::new());
    let mut session = Session::login(source.build(), &broker().await).await?;
    let first = session.connection().await?.declare_queue("orders").await?;
    assert_eq!(first, 5);
    session.connection().await?.declare_queue("orders").await
}
