//! A program with the layer, and what it talks to.

use std::{
    env,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tests::{
    Api, Asked, Fault, HttpClient as ApiClient, OidcProvider, Outcome, Pki, Proxy, http_client,
};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tower::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, HttpClient, Origins, TokenEndpoint,
    TokenSource,
};

use crate::{clock::Stepped, firewall::Firewall, kind::Kind, port_of, scale::Scale};

/// The client's part: what a program has.
#[derive(Clone)]
pub(crate) struct Requester {
    service: ClientCredentials<ApiClient>,
    uri: String,
    pub(crate) asked: Asked,
    pub(crate) clock: Stepped,
}

/// All of it, for one fault.
pub(crate) struct Stack {
    pub(crate) requester: Requester,
    pub(crate) api: Api,
    pub(crate) network: Network,
}

/// What is between the program and the authorization server.
pub(crate) struct Network {
    pub(crate) proxy: Proxy,
    pub(crate) firewall: Firewall,
    pub(crate) pki: Pki,
    /// Handshakes with the certificate of the fault.
    shown: Arc<AtomicU64>,
    /// One of its own, where it is to be stopped.
    provider: Option<Mutex<OidcProvider>>,
}

impl Requester {
    /// Asks for tokens at `token_endpoint`, and sends them to `api`.
    pub(crate) fn new(
        scale: &Scale,
        token_endpoint: &str,
        root: &str,
        api: &str,
    ) -> Result<Self, BoxError> {
        let (asked, clock) = (Asked::default(), Stepped::default());
        // The ready one, with all its defaults.
        let http = HttpClient::builder().root_certificates_pem(root).build()?;
        let client = Client::new("basic", ClientSecretBasic::new("basic-secret"))?;
        let endpoint = TokenEndpoint::new(http, EndpointUri::new(token_endpoint)?, client);
        let request = TokenRequest::builder().resource(OidcProvider::RESOURCE);
        let source = TokenSource::builder(asked.note(endpoint))
            .request(request.build()?)
            .schedule(scale.schedule()?)
            .clock(clock.clone())
            .build();
        let layer = ClientCredentialsLayer::new(source, Origins::new([api])?);
        Ok(Self {
            service: layer.layer(http_client()),
            uri: format!("{api}/"),
            asked,
            clock,
        })
    }

    /// One request.
    pub(crate) fn call(&self) -> impl Future<Output = Outcome> + Send + 'static {
        let request = Request::get(&self.uri).body(Full::<Bytes>::default());
        Outcome::of_call(self.service.clone(), request.expect("the URI is one"))
    }

    /// Waits for the next token.
    pub(crate) async fn renewed(&self) {
        let tokens = || {
            let attempts = self.asked.attempts();
            let came = attempts.iter().filter(|one| one.token_ends().is_some());
            came.count()
        };
        let before = tokens();
        while tokens() == before {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A certificate, and how often it was asked for.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn ResolvesServerCert>,
    shown: Arc<AtomicU64>,
}

impl ResolvesServerCert for Counted {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.shown.fetch_add(1, Ordering::Relaxed);
        self.inner.resolve(hello)
    }
}

impl Network {
    /// Before the authorization server on this port.
    pub(crate) async fn start(kind: Kind, scale: &Scale, port: u16) -> Result<Self, BoxError> {
        let (mut provider, mut port) = (None, port);
        if kind == Kind::ServerStopped {
            let lifetime = scale.lifetime;
            let own = move || OidcProvider::builder().token_ttl(lifetime).start();
            let own = tokio::task::spawn_blocking(own).await??;
            port = port_of(&own.token_endpoint()?.uri().to_string())?;
            provider = Some(Mutex::new(own));
        }
        let pki = Pki::new()?;
        let proxy = match kind.is_over_tls() {
            true => Proxy::start_tls(port, acceptor(&pki, false)?).await?,
            false => Proxy::start(port).await?,
        };
        Ok(Self {
            firewall: Firewall::before(proxy.port())?,
            proxy,
            pki,
            shown: Arc::default(),
            provider,
        })
    }

    pub(crate) fn token_endpoint(&self, kind: Kind) -> String {
        let port = self.proxy.port();
        match kind.is_over_tls() {
            true => format!("https://localhost:{port}/token"),
            false => format!("http://127.0.0.1:{port}/token"),
        }
    }

    /// The fault begins.
    pub(crate) fn fail(&self, kind: Kind) -> Result<(), BoxError> {
        match kind {
            Kind::BlackHole => self.firewall.drop_all()?,
            Kind::Reset => self.firewall.reset_all()?,
            Kind::HalfOpen => self.firewall.drop_clients(&self.proxy.peers())?,
            Kind::CutBody => self.proxy.set(Fault::Cut),
            Kind::ResetBody => self.proxy.set(Fault::CutByReset),
            Kind::Expired => self.proxy.set_tls(acceptor(&self.pki, true)?),
            Kind::Swapped => self.proxy.set_tls(acceptor(&Pki::new()?, false)?),
            Kind::Rotated => self.proxy.set_tls(self.counting()?),
            Kind::ServerStopped => self.pause(true)?,
            Kind::ClockForward | Kind::ClockBack | Kind::ProgramStopped | Kind::Descriptors => {}
        }
        Ok(())
    }

    /// The fault is over.
    pub(crate) fn mend(&self, kind: Kind) -> Result<(), BoxError> {
        match kind {
            Kind::BlackHole | Kind::Reset | Kind::HalfOpen => self.firewall.open()?,
            Kind::CutBody | Kind::ResetBody => self.proxy.set(Fault::None),
            Kind::Expired | Kind::Swapped | Kind::Rotated => {
                self.proxy.set_tls(acceptor(&self.pki, false)?);
            }
            Kind::ServerStopped => self.pause(false)?,
            Kind::ClockForward | Kind::ClockBack | Kind::ProgramStopped | Kind::Descriptors => {}
        }
        Ok(())
    }

    /// How often the certificate that is the fault was shown, where that is counted.
    pub(crate) fn shown(&self) -> u64 {
        self.shown.load(Ordering::Relaxed)
    }

    /// Another certificate, with a count of those who see it.
    fn counting(&self) -> Result<TlsAcceptor, BoxError> {
        let mut config = self.pki.server_config(false)?;
        config.cert_resolver = Arc::new(Counted {
            inner: config.cert_resolver,
            shown: Arc::clone(&self.shown),
        });
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn pause(&self, pause: bool) -> Result<(), BoxError> {
        let provider = self.provider.as_ref().ok_or("it is everybody's")?;
        let provider = provider.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(provider.pause(pause)?)
    }
}

impl Stack {
    pub(crate) async fn start(kind: Kind, scale: &Scale, port: u16) -> Result<Self, BoxError> {
        let api = Api::start().await?;
        let network = Network::start(kind, scale, port).await?;
        let endpoint = network.token_endpoint(kind);
        let root = network.pki.root_certificate();
        Ok(Self {
            requester: Requester::new(scale, &endpoint, &root, api.address())?,
            api,
            network,
        })
    }
}

fn acceptor(pki: &Pki, expired: bool) -> Result<TlsAcceptor, BoxError> {
    Ok(TlsAcceptor::from(Arc::new(pki.server_config(expired)?)))
}

/// What a process was told by the one that started it.
pub(crate) fn told(name: &str) -> Result<String, BoxError> {
    env::var(name).map_err(|_| format!("{name} is not set").into())
}
