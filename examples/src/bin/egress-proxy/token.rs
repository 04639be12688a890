//! A token of the configuration: where it comes from, and the connections that it is sent over.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

use oauth2_client_credentials::{Decoder, Dpop};
use tokio::{task::AbortHandle, time};
use tower_oauth2_client_credentials::{State, TokenEndpoint, TokenSource, TracingObserver};

use crate::{
    metrics::TokenMetrics,
    setup::{
        client::Candidates, dpop, failure::Failure, http_client::http_client, options::Options,
        place::Place, request, tls,
    },
    upstream::Upstreams,
};

/// It is kept over a reload that does not change it: the token too, and the connections.
#[derive(Debug)]
pub(crate) struct Token {
    name: String,
    options: Options,
    fingerprint: u64,
    source: TokenSource,
    dpop: Option<Dpop>,
    upstreams: Upstreams,
    metrics: TokenMetrics,
    keeper: OnceLock<AbortHandle>,
}

/// How long one request to the authorization server may take. The source gives up earlier.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How often its state is looked at.
const PERIOD: Duration = Duration::from_millis(500);

impl Token {
    /// Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// An option cannot be meant, or a file that it names is not what it should be.
    pub(crate) fn new(name: &str, options: &Options) -> Result<Arc<Self>, Failure> {
        options.check()?;
        // Before the files are read: what changes in between is another than what was read.
        let fingerprint = fingerprint(options);
        let candidates = Candidates::new(options)?;
        let request = request::token_request(options)?;
        let dpop = dpop::dpop(options)?;
        let tls = tls::client_config(options)?;
        let http = http_client(options, TOKEN_TIMEOUT)?;
        let credential = candidates.into_credential(options);
        let endpoint = match Place::new(options)? {
            Place::TokenEndpoint(uri) => TokenEndpoint::new(http, uri, credential),
            Place::Issuer(issuer) => TokenEndpoint::new(http, issuer, credential),
        };
        let endpoint = endpoint.decoder(if options.strict {
            Decoder::strict()
        } else {
            Decoder::lenient()
        });
        let endpoint = match &dpop {
            Some(dpop) => endpoint.dpop(dpop.clone()),
            None => endpoint,
        };
        let endpoint = match tls::thumbprint(options)? {
            Some(thumbprint) => endpoint.certificate_thumbprint(thumbprint),
            None => endpoint,
        };
        let metrics = TokenMetrics::default();
        let source = TokenSource::builder(endpoint)
            .request(request)
            .observer(metrics.clone())
            .observer(TracingObserver::new())
            .build();
        Ok(Arc::new(Self {
            name: name.to_owned(),
            fingerprint,
            options: options.clone(),
            source,
            dpop,
            upstreams: Upstreams::new(tls),
            metrics,
            keeper: OnceLock::new(),
        }))
    }

    /// Has it there from now on, if it is not already so. Call it on a runtime.
    pub(crate) fn start(&self) {
        self.keeper
            .get_or_init(|| tokio::spawn(keep(self.source.clone())).abort_handle());
    }

    /// Whether these options would make the same.
    pub(crate) fn is_of(&self, options: &Options) -> bool {
        self.options == *options && self.fingerprint == fingerprint(options)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn source(&self) -> &TokenSource {
        &self.source
    }

    pub(crate) fn dpop(&self) -> Option<&Dpop> {
        self.dpop.as_ref()
    }

    /// The HTTP clients that trust whom its options say, and show the certificate that they name.
    pub(crate) fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    pub(crate) fn metrics(&self) -> &TokenMetrics {
        &self.metrics
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.abort();
        }
    }
}

/// Has the token there before a request needs it, and renewed while there are none: a proxy that is not ready gets none, and would
/// never be ready again.
async fn keep(source: TokenSource) {
    loop {
        match source.health().state() {
            State::Closed => return,
            State::Fresh | State::Gated => {}
            // Observers tell what comes of it.
            _ => drop(source.token().await),
        }
        time::sleep(PERIOD).await;
    }
}

/// Of the files that are read once. Secrets and assertions are read anew whenever they are needed.
fn fingerprint(options: &Options) -> u64 {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let files = [
        &options.key_file,
        &options.cert_file,
        &options.cert_key_file,
        &options.ca_file,
        &options.dpop_key_file,
    ];
    let contents = files.map(|path| path.as_ref().and_then(|path| fs::read(path).ok()));
    HASHER.hash_one(contents)
}
