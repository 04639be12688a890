//! OAuth 2.0 client credentials (RFC 6749 §4.4) as a tower layer: every request that goes to another service carries a valid
//! access token, and nobody has to think about fetching, sharing, renewing or protecting it.
//!
//! Four things, each a handful of lines:
//!
//! - [`TokenEndpoint`]: the authorization server, asked through any HTTP service of yours.
//! - [`TokenSource`]: the token, fetched when somebody needs it, shared by all, renewed before it ends.
//! - [`Origins`]: where the token may go. You say so; there is no default.
//! - [`ClientCredentialsLayer`]: puts [`ClientCredentials`] around the service whose requests are to carry it.
//!
//! # Example
//!
//! The client here is a test's, in one process; any `Service<http::Request<_>>` does, such as hyper-util's client.
//!
//! ```
//! use tower_oauth2_client_credentials::oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
//! use tower::{Layer, ServiceExt};
//! use tower_oauth2_client_credentials::{
//!     BoxError, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource,
//! };
//! # use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let server = AuthorizationServer::builder().client("orders", "s3cret").build();
//! # let (token_client, api_client) = (server.clone(), ResourceServer::new(&server));
//! let client = Client::new("orders", ClientSecretBasic::new("s3cret"))?;
//! let endpoint = TokenEndpoint::new(token_client, EndpointUri::new("https://as.example.com/token")?, client);
//! let source = TokenSource::builder(endpoint)
//!     .request(TokenRequest::builder().scope("stock.read").build()?)
//!     .build();
//! let layer = ClientCredentialsLayer::new(source, Origins::new(["https://stock.example.com"])?);
//!
//! let stock = layer.layer(api_client);
//! let request = http::Request::get("https://stock.example.com/v1/items").body(())?;
//! assert_eq!(stock.oneshot(request).await?.status(), 200);
//! # assert_eq!(server.token_requests(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # On what you run already
//!
//! | a whole program | the layer goes around |
//! |---|---|
//! | [hyper](docs::hosts::hyper) | hyper-util's `Client` |
//! | [tonic](docs::hosts::tonic) | `Channel`; the generated client around the layer, [`Origins::transport_bound_to`] |
//! | [reqwest](docs::hosts::reqwest) | an adapter of its `Client`, which is a `Service` of its own requests only; to be copied, so that the layer need not follow reqwest's versions |
//! | [axum](docs::hosts::axum) | the client in the state of a handler or of a reverse proxy |
//!
//! A client must follow no redirects, and take no proxy from the environment for plain http: both lead a token, and on the token's side
//! a secret, past [`Origins`]. hyper's does neither; reqwest's does both unless it is told not to.
//!
//! # Order of layers
//!
//! From the outside to the inside: timeout, buffer, retry, *this layer*, tracing of each attempt, transport. A retry above it gets
//! a new token for the new attempt. A redirect layer stands best above: every hop passes [`Origins`] again. Below, it has to strip
//! the header on a hop to another origin and on all after it; tower-http's does from version 0.7 on. One concurrency limit may
//! stand around both the API's client and the token's: no permit is held while a token is awaited. What each order does, and what
//! goes wrong in those that make no sense, is on [a page of its own](docs::order_of_layers).
//!
//! # Pages
//!
//! | | |
//! |---|---|
//! | [your provider](docs::your_provider) | Entra, Auth0, Okta, Keycloak, Cognito, Salesforce, eBay, and where the grant is another one |
//! | [choosing client authentication](oauth2_client_credentials::docs::client_authentication) | a secret, a key, a certificate, a platform's token; what to look at after `invalid_client` |
//! | [testing](docs::testing) | your program against servers that fail as they are told |
//! | [operating](docs::operating) | events, metrics, alerts, readiness, and what each error means at three in the morning |
//! | [security](docs::security), [performance](docs::performance), [fleet](docs::fleet) | what is guarded, what a request pays, many replicas |
//! | [coming from elsewhere](docs::coming_from) | the crate `oauth2`, oauthlib, Go, Spring, Duende, Envoy |
//!
//! # One client, many tokens
//!
//! A source is one client. A request that needs a token of its own (another scope, another tenant) says so among its extensions:
//!
//! ```
//! use tower_oauth2_client_credentials::oauth2_client_credentials::TokenRequest;
//!
//! let orders = TokenRequest::builder().scope("orders.write").build()?;
//! let request = http::Request::post("https://api.example.com/v1/orders").extension(orders).body(())?;
//! # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
//! ```
//!
//! Each has its own token, fetched and renewed like the source's own; all share the limit of token requests at a time. A request that
//! is kept (it is cheap to clone) saves building it anew. [`TokenSource::for_request`] makes a handle of one, for another layer or for
//! its health.
//!
//! # A token that is refused
//!
//! A token can die early: revoked, its key rotated, the server restored from a backup. An answer that says so ([`is_rejection`]) costs
//! one token request, however many requests it came to, and while new tokens are refused too the next ones come seldom. The request
//! itself is sent once more if the layer was given a [replay policy](replay).
//!
//! # Tokens that are bound
//!
//! To a certificate (mutual TLS, RFC 8705): the HTTP services of the endpoint and of the API connect with the same one, so build both of
//! one TLS configuration, and tell the endpoint by [`TokenEndpoint::certificate_thumbprint`]; the example `mutual_tls` does it with
//! rustls. Should the certificate be replaced below, its tokens go with it: the first 401 gets another.
//!
//! To a key (DPoP, RFC 9449; feature `dpop`): one `Dpop` handle for both, `TokenEndpoint::dpop` and
//! [`ClientCredentialsLayer::presentation`]. A [replay policy](replay) lets a request be sent once more with a server's new nonce.
//!
//! # When something goes wrong
//!
//! A request that could not carry a token is not sent. Its error has a [`TokenError`] in its chain ([`TokenError::find`]), which says
//! whose fault it is ([`kind`](TokenError::kind)), whether it may pass ([`is_transient`](TokenError::is_transient)) and when a token is
//! asked for again ([`retry_in`](TokenError::retry_in)). Until then requests fail at once. A failed renewal is nobody's error while
//! the old token works; [`Observer`] and [`TokenSource::health`] tell of it.
//!
//! # Runtime
//!
//! Token requests run as tasks of the tokio runtime that a request is called or polled in, and need its timers. A request that
//! carries a token that is there needs none; called outside a runtime, it leaves a renewal that is due to the next one.
//!
//! # Features
//!
//! None is on by default, and none changes what the rest does.
//!
//! - `jose`: keys that sign (`private_key_jwt`, `client_secret_jwt`); `rsa`: RSA keys among them, for which a C compiler is needed.
//! - `dpop`: `TokenEndpoint::dpop`, tokens that are bound to a key (RFC 9449). Brings `jose`.
//! - `tracing`: `TracingObserver`, and a span around each token request.
//! - `metrics`: `MetricsObserver`.
//! - `client`: `HttpClient`, a ready HTTP client for the token side, for programs whose own does not fit or is none.
//!
//! The protocol crate is re-exported as `oauth2_client_credentials`. Its feature `mac` (tokens of the type `mac`) is had by naming that
//! crate among your dependencies too.

mod attach;
#[cfg(feature = "client")]
mod client;
mod clock;
mod credential;
pub mod docs;
mod endpoint;
mod error;
mod event;
mod fetch;
mod fresh;
mod future;
mod heard;
mod layer;
mod origin;
mod panics;
mod refusal;
pub mod replay;
mod service;
mod source;
mod sync;
mod waiting;
mod watching;

pub use oauth2_client_credentials;

#[cfg(feature = "client")]
pub use crate::client::{HttpClient, HttpClientBody, HttpClientBuilder, HttpClientError};
#[cfg(feature = "metrics")]
pub use crate::event::MetricsObserver;
#[cfg(feature = "tracing")]
pub use crate::event::TracingObserver;

pub use crate::{
    attach::OnExisting,
    clock::{Clock, SystemClock},
    credential::{Credential, Evidence},
    endpoint::{EndpointError, EndpointLocation, TokenEndpoint},
    error::{BoxError, TokenError, TokenErrorKind},
    event::{Cause, Event, Observer, Verdict},
    fetch::{Fetch, InsteadOf, TokenDigest},
    future::ResponseFuture,
    layer::ClientCredentialsLayer,
    origin::{InvalidOrigin, Origins},
    refusal::is_rejection,
    service::ClientCredentials,
    source::{
        Health, Schedule, ScheduleBuilder, ScheduleError, SentToken, State, Token, TokenSource,
        TokenSourceBuilder,
    },
};
