//! The token service that speaks HTTP.

use std::{
    collections::hash_map::RandomState,
    error::Error,
    fmt,
    future::Future,
    hash::{BuildHasher, Hasher},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use oauth2_client_credentials::{
    Client, Decoder, EndpointUri, ErrorKind, Fresh, ResponseError, TokenRequest, TokenResponse,
};
use tower::{ServiceExt, util::BoxCloneService};
use tower_service::Service;

use crate::{
    credential::{Credential, Tried},
    error::{BoxError, find},
    fetch::Fetch,
    source::{Clock, SystemClock},
};

/// The authorization server's token endpoint over an HTTP service of yours (RFC 6749 §3.2).
///
/// The HTTP service may be any: a hyper-util client, one with timeouts, a proxy or mutual TLS around it, a test's. It must not
/// follow redirects. Its types are erased here, so that this one has none: a token is fetched once in a while, and a box costs
/// nothing then.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri};
/// use tower_oauth2_client_credentials::TokenEndpoint;
/// # fn http_client() -> oauth2_client_credentials_testkit::AuthorizationServer { oauth2_client_credentials_testkit::AuthorizationServer::new() }
///
/// let http = http_client(); // any Service<http::Request<Full<Bytes>>>
/// let client = Client::new("svc", ClientSecretBasic::new("secret"))?;
/// let endpoint = TokenEndpoint::new(http, EndpointUri::new("https://as.example.com/token")?, client);
/// # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
/// ```
///
/// # Errors
///
/// As a service it fails with an [`EndpointError`] around what the HTTP service failed with, or around a [`ResponseError`].
#[derive(Clone)]
pub struct TokenEndpoint {
    http: Arc<Mutex<Http>>,
    uri: EndpointUri,
    credential: Credential,
    decoder: Decoder,
    clock: Arc<dyn Clock>,
}

type Http = BoxCloneService<Request<Bytes>, Response<Bytes>, BoxError>;

impl TokenEndpoint {
    /// The token endpoint at `uri`, for a client with this credential, through an HTTP service whose request body can be made
    /// of [`Bytes`] (`Full<Bytes>`, `axum::body::Body`, …).
    pub fn new<T, B, R>(http: T, uri: EndpointUri, credential: impl Into<Credential>) -> Self
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        B: From<Bytes> + 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        Self::with_body(http, B::from, uri, credential)
    }

    /// The same for any other body: `body` makes it of the request's bytes.
    pub fn with_body<T, B, R, F>(
        http: T,
        body: F,
        uri: EndpointUri,
        credential: impl Into<Credential>,
    ) -> Self
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        F: Fn(Bytes) -> B + Clone + Send + 'static,
        B: 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let http = http
            .map_err(Into::into)
            .map_request(move |request: Request<Bytes>| request.map(&body))
            .and_then(collect);
        Self {
            http: Arc::new(Mutex::new(BoxCloneService::new(http))),
            uri,
            credential: credential.into(),
            decoder: Decoder::default(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Reads answers by other rules than the lenient ones.
    #[must_use]
    pub fn decoder(mut self, decoder: Decoder) -> Self {
        self.decoder = decoder;
        self
    }

    /// Takes the time of day, which a `Retry-After` date is compared with, from another clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The credential that token requests are made with.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What sets the tokens of this client at this endpoint apart from all others. It does not change when a secret is
    /// replaced; it is no secret, but it has the client's id in it.
    #[must_use]
    pub fn identity(&self) -> String {
        let (client, _) = self.credential.current();
        // A line feed stands in no URI and no method's name.
        format!(
            "{}\n{}\n{}",
            self.uri.uri(),
            client.authentication_method(),
            client.id()
        )
    }

    async fn fetch(self, request: TokenRequest) -> Result<TokenResponse, EndpointError> {
        match self.attempt(&request).await {
            // The credential was replaced while the server looked at the old one: once more, and that is the answer.
            Err(error) if error.refuses_client() && error.tried.is_outdated() => {
                self.attempt(&request).await
            }
            result => result,
        }
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<TokenResponse, EndpointError> {
        let (client, tried) = self.credential.current();
        let http = self
            .http
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let exchange = async {
            let answer = http
                .oneshot(self.freshened(client).token_request(&self.uri, request)?)
                .await?;
            Ok(self.decoder.decode(request, &answer, self.clock.wall())?)
        };
        exchange.await.map_err(|source| EndpointError {
            uri: self.uri.clone(),
            tried,
            source,
        })
    }

    /// With what a client that signs needs to be new in each request.
    fn freshened(&self, client: Client) -> Client {
        if client.signs() {
            client.with_fresh(Fresh::new(self.clock.wall(), randomness()))
        } else {
            client
        }
    }
}

/// 16 bytes for an identifier that does not come twice. The standard library seeds its hashers from the operating system, and
/// what a seeded one makes of nothing is as random as its seed.
fn randomness() -> [u8; 16] {
    let draw = || u128::from(RandomState::new().build_hasher().finish());
    ((draw() << 64) | draw()).to_be_bytes()
}

/// Reads an answer, but no more of it than shows that it is too large: the decoder says so, with the status.
async fn collect<R>(response: Response<R>) -> Result<Response<Bytes>, BoxError>
where
    R: Body,
    R::Error: Into<BoxError>,
{
    let (parts, body) = response.into_parts();
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(Into::into)?.into_data() {
            let room = Decoder::MAX_BODY + 1 - bytes.len();
            bytes.put(data.take(room));
            if bytes.len() > Decoder::MAX_BODY {
                break;
            }
        }
    }
    Ok(Response::from_parts(parts, bytes.freeze()))
}

impl Service<Fetch> for TokenEndpoint {
    type Response = TokenResponse;
    type Error = EndpointError;
    type Future = Pin<Box<dyn Future<Output = Result<TokenResponse, EndpointError>> + Send>>;

    /// Always ready: the readiness of the HTTP service is awaited by the token request itself.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        Box::pin(self.clone().fetch(fetch.request().clone()))
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint")
            .field("uri", &self.uri)
            .field("credential", &self.credential)
            .field("decoder", &self.decoder)
            .finish_non_exhaustive()
    }
}

/// A token request that brought no token. Its source is the HTTP service's error, or a [`ResponseError`].
#[derive(Debug)]
pub struct EndpointError {
    uri: EndpointUri,
    tried: Tried,
    source: BoxError,
}

impl EndpointError {
    /// The [version](Credential::version) of the credential that the request was made with.
    #[must_use]
    pub fn credential_version(&self) -> u64 {
        self.tried.version()
    }

    pub(crate) fn tried(&self) -> &Tried {
        &self.tried
    }

    fn refuses_client(&self) -> bool {
        find::<ResponseError>(&*self.source)
            .is_some_and(|answer| answer.kind() == ErrorKind::ClientAuthentication)
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the query: some servers want a key in it.
        let uri = self.uri.uri();
        let (scheme, authority) = (
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map_or("", |authority| authority.as_str()),
        );
        write!(
            f,
            "the token request to {scheme}://{authority}{} failed",
            uri.path()
        )
    }
}

impl Error for EndpointError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn no_identifier_comes_twice() {
        let draw = || (0..1_000).map(|_| randomness()).collect::<Vec<_>>();
        let threads = [thread::spawn(draw), thread::spawn(draw)];
        let drawn: Vec<_> = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("drawing does not panic"))
            .collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 2_000);
        let halves = drawn.iter().flat_map(|bytes| bytes.chunks(8));
        assert_eq!(halves.collect::<HashSet<_>>().len(), 4_000);
    }
}
