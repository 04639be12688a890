//! What the arguments ask for, checked before anything is sent.

use bytes::Bytes;
use http::Request;
use oauth2_client_credentials::{Decoder, Dpop, Metadata, TokenRequest};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{HttpClient, TokenEndpoint, TokenSource};

use crate::{
    arguments::Arguments,
    counts::Counts,
    fetch,
    get::{self, Get},
    setup::{
        client::Candidates, dpop, failure::Failure, http_client::http_client, place::Place,
        request, tls,
    },
    tokens::Tokens,
};

/// All that is needed to go to work.
pub(crate) struct Job {
    place: Place,
    candidates: Candidates,
    dpop: Option<Dpop>,
    /// Of the client's certificate (RFC 8705 §3.1).
    thumbprint: Option<String>,
    decoder: Decoder,
    request: TokenRequest,
    http: HttpClient,
    get: Option<Get>,
    json: bool,
}

impl Job {
    /// Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// An argument cannot be meant, or a file that it names is not what it should be.
    pub(crate) fn new(arguments: Arguments) -> Result<Self, Failure> {
        let options = &arguments.options;
        Ok(Self {
            place: Place::new(options)?,
            request: request::token_request(options)?,
            get: Get::new(&arguments)?,
            candidates: Candidates::new(options)?,
            dpop: dpop::dpop(options)?,
            thumbprint: tls::thumbprint(options)?,
            decoder: if options.strict {
                Decoder::strict()
            } else {
                Decoder::lenient()
            },
            // Twice as long as anybody waits: who gives up first says why.
            http: http_client(options, 2 * get::TIMEOUT)?,
            json: arguments.json,
        })
    }

    /// Does it, and prints what came of it.
    ///
    /// # Errors
    ///
    /// There is no token; or not every answer to what was fetched with it was a 2xx.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let secret = self.candidates.secret().cloned();
        self.work().await.map_err(|failure| match &secret {
            Some(secret) => failure.hide(secret.expose()),
            None => failure,
        })
    }

    async fn work(self) -> Result<(), Failure> {
        let counts = Counts::default();
        let endpoint = self.endpoint(&counts).await?.decoder(self.decoder);
        let endpoint = match &self.dpop {
            Some(dpop) => endpoint.dpop(dpop.clone()),
            None => endpoint,
        };
        // Whatever the method: the endpoint for mutual TLS is the one that binds tokens to it.
        let endpoint = match self.thumbprint {
            Some(thumbprint) => endpoint.certificate_thumbprint(thumbprint),
            None => endpoint,
        };
        let source = TokenSource::builder(endpoint)
            .request(self.request)
            .observer(counts.clone())
            .build();
        let Some(get) = self.get else {
            return fetch::run(&source, self.json).await;
        };
        let tokens = Tokens::default();
        let outcome = get.run(self.http, source, self.dpop, &tokens).await;
        outcome.print(self.json, &counts)?;
        outcome
            .into_result()
            .map_err(|failure| tokens.hide(failure))
    }

    /// The token endpoint, with the best client that it does not rule out.
    async fn endpoint(&self, counts: &Counts) -> Result<TokenEndpoint, Failure> {
        let counts = counts.clone();
        let http = self.http.clone();
        let http = http.map_request(move |request: Request<Bytes>| {
            counts.sent(&request);
            request
        });
        match self.place.clone() {
            Place::TokenEndpoint(uri) => {
                Ok(TokenEndpoint::new(http, uri, self.candidates.choose(None)?))
            }
            Place::Issuer(issuer) => {
                let choose = |metadata: &Metadata| Ok(self.candidates.choose(Some(metadata))?);
                let found = TokenEndpoint::discover_with(http, issuer, choose);
                found.await.map_err(Failure::from)
            }
        }
    }
}
