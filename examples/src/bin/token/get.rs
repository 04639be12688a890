//! With `--get`: many requests through the layer.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use oauth2_client_credentials::{Dpop, is_secure};
use tokio::{task::JoinSet, time};
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, HttpClient, HttpClientBody, Origins,
    TokenSource, replay::Empty,
};

use crate::{
    arguments::Arguments,
    outcome::{Answer, Outcome, Unanswered},
    setup::failure::Failure,
    tokens::Tokens,
};

/// How long one request may take, its token and its body included.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// No more is read of one body, in bytes.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// What to fetch with the token, and how often.
#[derive(Debug)]
pub(crate) struct Get {
    uri: Uri,
    origins: Origins,
    repeat: u32,
    concurrency: u32,
}

impl Get {
    /// What the arguments ask for, if it is anything.
    ///
    /// # Errors
    ///
    /// It is no URL, or one that no token may go to.
    pub(crate) fn new(arguments: &Arguments) -> Result<Option<Self>, Failure> {
        let Some(url) = &arguments.get else {
            return Ok(None);
        };
        let failure = |reason: &str| Failure::arguments("--get", reason);
        let uri: Uri = url
            .parse()
            .map_err(|_| failure("it is not a URL; write it as https://host/path"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(failure(
                "it has no scheme or no host; write it as https://host/path",
            ));
        };
        if authority.as_str().contains('@') {
            return Err(failure(
                "it has user information before its host; remove that, the token is what authorizes here",
            ));
        }
        if !is_secure(&uri) {
            return Err(failure(
                "a token goes over https, or over http to loopback; use https",
            ));
        }
        // The error would repeat the text, and a password with a slash in it looks like a port.
        let origins = Origins::new([format!("{scheme}://{authority}")])
            .map_err(|_| failure("its host or port is none; write it as https://host:port/path"))?;
        let concurrency = arguments.concurrency.unwrap_or(1);
        Ok(Some(Self {
            origins,
            repeat: arguments.repeat.unwrap_or(concurrency),
            concurrency,
            uri,
        }))
    }

    /// Sends the requests, all of them whatever comes of the first, and tells what came of them.
    pub(crate) async fn run(
        self,
        http: HttpClient,
        source: TokenSource,
        dpop: Option<Dpop>,
        tokens: &Tokens,
    ) -> Outcome {
        // A GET may be sent twice: one that was refused for its token is, with another, and one that lacked a nonce with that.
        let layer = ClientCredentialsLayer::new(source, self.origins.clone()).replay(Empty::new());
        let layer = match dpop {
            Some(dpop) => layer.presentation(dpop),
            None => layer,
        };
        let tokens = tokens.clone();
        let http = http.map_request(move |request: Request<Full<Bytes>>| {
            tokens.sent(&request);
            // A GET has none.
            request.map(|_| Bytes::new())
        });
        let worker = Worker {
            service: layer.layer(BoxCloneSyncService::new(http)),
            uri: self.uri,
            left: Arc::new(AtomicU32::new(self.repeat)),
            outcome: Arc::new(Mutex::new(Outcome::default())),
        };
        let outcome = Arc::clone(&worker.outcome);
        let mut workers = JoinSet::new();
        for _ in 0..self.concurrency.min(self.repeat) {
            workers.spawn(worker.clone().run());
        }
        workers.join_all().await;
        std::mem::take(&mut *outcome.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The HTTP client, watched.
type Watched = BoxCloneSyncService<Request<Full<Bytes>>, Response<HttpClientBody>, BoxError>;

/// One of those that send requests, one after the other.
#[derive(Clone)]
struct Worker {
    service: ClientCredentials<Watched, Empty>,
    uri: Uri,
    left: Arc<AtomicU32>,
    outcome: Arc<Mutex<Outcome>>,
}

impl Worker {
    async fn run(self) {
        while self.takes_one() {
            let result = match time::timeout(TIMEOUT, self.send()).await {
                Ok(result) => result.map_err(Unanswered::Failed),
                Err(_) => Err(Unanswered::Late(TIMEOUT)),
            };
            let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
            outcome.add(result);
        }
    }

    fn takes_one(&self) -> bool {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    async fn send(&self) -> Result<Answer, BoxError> {
        let request = Request::get(&self.uri).body(Full::<Bytes>::default())?;
        // Boxed, for the compiler does not see through errors that are boxed already (rust-lang/rust#102211).
        let sent: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(self.service.clone().oneshot(request));
        let response: Result<Response<HttpClientBody>, BoxError> = sent.await;
        let response = response?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await?.to_bytes();
        Ok(Answer::new(parts, body))
    }
}
