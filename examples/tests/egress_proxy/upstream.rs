//! An upstream that tells what it was sent.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body::Body;
use http_body_util::{BodyExt, Either, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    time,
};

/// The header that tells one request from all others.
pub(crate) const ID: &str = "x-id";

/// It ends with its runtime.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    seen: Seen,
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    requests: Arc<AtomicU64>,
    /// Requests to `/held` are answered when there is a permit for them.
    permits: Arc<Semaphore>,
    /// Tokens that end with this are good no longer.
    revoked: Arc<Mutex<Option<String>>>,
    /// Of requests that have one.
    ids: Arc<Mutex<BTreeSet<String>>>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::new();
        let served = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, served.clone()));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Requests that arrived.
    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// Waits until so many have arrived.
    pub(crate) async fn has(&self, requests: u64) {
        let arrive = async {
            while self.requests() < requests {
                time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = time::timeout(crate::proxy::LIMIT, arrive).await;
        assert!(in_time.is_ok(), "{} of {requests}", self.requests());
    }

    /// Answers so many of the requests that are held.
    pub(crate) fn answer(&self, requests: usize) {
        self.seen.permits.add_permits(requests);
    }

    /// The ids of the requests that arrived.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.seen.ids.lock().unwrap().clone()
    }

    /// From now on this token is refused.
    pub(crate) fn revoke(&self, token: &str) {
        *self.seen.revoked.lock().unwrap() = Some(token.to_owned());
    }
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            requests: Arc::default(),
            permits: Arc::new(Semaphore::new(0)),
            revoked: Arc::default(),
            ids: Arc::default(),
        }
    }
}

/// Serves one connection, of whichever version.
pub(crate) async fn serve<I>(io: I, seen: Seen)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| answer(seen.clone(), request));
    let server = Builder::new(TokioExecutor::new());
    // A connection may break: that is what some tests are about.
    let _: Result<(), Box<dyn Error + Send + Sync>> =
        server.serve_connection(TokioIo::new(io), service).await;
}

type Answered = Either<Incoming, Full<Bytes>>;

async fn answer(seen: Seen, request: Request<Incoming>) -> Result<Response<Answered>, Infallible> {
    seen.requests.fetch_add(1, Ordering::Relaxed);
    if let Some(id) = header(request.headers(), ID) {
        seen.ids.lock().unwrap().insert(id);
    }
    let shown = header(request.headers(), AUTHORIZATION.as_str());
    let is_revoked = seen
        .revoked
        .lock()
        .unwrap()
        .as_ref()
        .is_some_and(|token| shown.as_deref() == Some(&*format!("Bearer {token}")));
    if is_revoked {
        let refusal = Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header("www-authenticate", "Bearer error=\"invalid_token\"");
        return Ok(refusal.body(Either::Right(Full::default())).unwrap());
    }
    match request.uri().path() {
        "/held" => seen.permits.acquire().await.unwrap().forget(),
        "/silent" => time::sleep(Duration::from_secs(600)).await,
        // As it comes.
        "/echo" => return Ok(Response::new(Either::Left(request.into_body()))),
        _ => {}
    }
    let told = tell(request).await;
    let response = Response::builder()
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("keep-alive", "timeout=5")
        .header("x-stays", "1");
    let body = Full::from(told.to_string());
    Ok(response.body(Either::Right(body)).unwrap())
}

/// The request as JSON.
async fn tell(request: Request<impl Body<Data = Bytes>>) -> Value {
    let (parts, body) = request.into_parts();
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()]))
        .collect();
    let body = body
        .collect()
        .await
        .ok()
        .map(http_body_util::Collected::to_bytes);
    json!({
        "method": parts.method.as_str(),
        "uri": parts.uri.to_string(),
        "version": format!("{:?}", parts.version),
        "headers": headers,
        "body": body.map(|body| String::from_utf8_lossy(&body).into_owned()),
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
