//! What the arguments ask for, checked before anything is sent.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use oauth2_client_credentials::{
    Decoder, EndpointUri, EndpointUriError, RequestError, RequestErrorKind, SecretString,
    TokenRequest,
};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{TokenEndpoint, TokenSource};

use crate::{
    arguments::Arguments,
    client::client,
    failure::Failure,
    fetch,
    get::Get,
    http_client::{HttpClient, http_client},
    tls,
};

/// All that is needed to go to work.
pub(crate) struct Job {
    source: TokenSource,
    http: HttpClient,
    token_requests: Arc<AtomicU64>,
    get: Option<Get>,
    json: bool,
    secret: Option<SecretString>,
}

impl Job {
    /// Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// An argument cannot be meant, or a file that it names is not what it should be.
    pub(crate) fn new(arguments: Arguments) -> Result<Self, Failure> {
        let endpoint = token_endpoint(&arguments.token_endpoint)?;
        let request = token_request(&arguments)?;
        let get = Get::new(&arguments)?;
        let (client, secret) = client(&arguments)?;
        let decoder = if arguments.strict {
            Decoder::strict()
        } else {
            Decoder::lenient()
        };

        let http = http_client(tls::client_config(arguments.ca_file.as_deref())?);
        let token_requests = Arc::<AtomicU64>::default();
        let counted = {
            let token_requests = Arc::clone(&token_requests);
            http.clone()
                .map_request(move |request: Request<Full<Bytes>>| {
                    token_requests.fetch_add(1, Ordering::Relaxed);
                    request
                })
        };
        let endpoint = TokenEndpoint::new(counted, endpoint, client).decoder(decoder);
        Ok(Self {
            source: TokenSource::builder(endpoint).request(request).build(),
            http,
            token_requests,
            get,
            json: arguments.json,
            secret,
        })
    }

    /// Does it, and prints what came of it.
    ///
    /// # Errors
    ///
    /// There is no token; or not every answer to what was fetched with it was a 2xx.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let secret = self.secret.take();
        self.work().await.map_err(|failure| match &secret {
            Some(secret) => failure.hide(secret),
            None => failure,
        })
    }

    async fn work(self) -> Result<(), Failure> {
        let Some(get) = self.get else {
            return fetch::run(&self.source, self.json).await;
        };
        let outcome = get.run(self.http, self.source).await;
        outcome.print(self.json, self.token_requests.load(Ordering::Relaxed))?;
        outcome.into_result()
    }
}

fn token_endpoint(url: &str) -> Result<EndpointUri, Failure> {
    EndpointUri::new(url).map_err(|error| match error {
        EndpointUriError::Plaintext => Failure::arguments(
            "--token-endpoint",
            "it is plain http to another machine, and everybody on the way could read the secret; use https",
        ),
        error => Failure::arguments("--token-endpoint", error),
    })
}

fn token_request(arguments: &Arguments) -> Result<TokenRequest, Failure> {
    let mut builder = TokenRequest::builder().scope(&arguments.scope.join(" "));
    for resource in &arguments.resource {
        builder = builder.resource(resource);
    }
    if let Some(audience) = &arguments.audience {
        builder = builder.audience(audience);
    }
    if let Some(details) = &arguments.authorization_details {
        builder = builder.authorization_details(details);
    }
    for param in &arguments.param {
        let (name, value) = param
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            // The text is not repeated: it may be a vendor's API key.
            .ok_or_else(|| Failure::arguments("--param", "write it as NAME=VALUE"))?;
        builder = builder.parameter(name, value);
    }
    builder.build().map_err(|error| not_a_request(&error))
}

fn not_a_request(error: &RequestError) -> Failure {
    let option = match error.kind() {
        RequestErrorKind::InvalidScope => "--scope",
        RequestErrorKind::InvalidResource => "--resource",
        RequestErrorKind::InvalidAuthorizationDetails => "--authorization-details",
        _ => "--param",
    };
    Failure::arguments(option, error)
}
