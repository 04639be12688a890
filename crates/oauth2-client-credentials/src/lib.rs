//! OAuth 2.0 client credentials without I/O: what to send to a token endpoint,
//! and what its answer means.
//!
//! A service that calls another one in its own name gets its access tokens by
//! the client credentials grant (RFC 6749 §4.4). This crate is the protocol of
//! it and nothing else: it makes an [`http::Request`], reads an
//! [`http::Response`], and shows the token to a resource server. It has no
//! runtime, no socket and no clock; the time is an argument. Any HTTP
//! client can send the request. The crate `tower-oauth2-client-credentials` is a
//! tower layer on top, which fetches, shares and renews tokens by itself.
//!
//! # Example
//!
//! ```
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use oauth2_client_credentials::{
//!     Bearer, Client, ClientSecretBasic, Decoder, EndpointUri, TokenRequest,
//! };
//!
//! # fn send(request: http::Request<Bytes>) -> http::Response<Bytes> {
//! #     assert_eq!(request.headers()["authorization"], "Basic c3ZjOnMzY3IzdA==");
//! #     http::Response::new(Bytes::from_static(
//! #         br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"scope":"read"}"#,
//! #     ))
//! # }
//! // Who asks, where, and for what. Mistakes come out here, before anything is sent.
//! let client = Client::new("svc", ClientSecretBasic::new("s3cr3t"))?;
//! let endpoint = EndpointUri::new("https://as.example.com/token")?;
//! let wanted = TokenRequest::builder().scope("read write").build()?;
//!
//! // `send` is the HTTP client of the program.
//! let response = send(client.token_request(&endpoint, &wanted)?);
//! let token = Decoder::lenient().decode(&wanted, &response, SystemTime::now())?;
//!
//! // What was granted may differ from what was asked for. That is data, not an error.
//! assert_eq!(token.missing_scopes().collect::<Vec<_>>(), ["write"]);
//!
//! // Only over https, and as a sensitive header.
//! let request = http::Request::get("https://api.example.com/").body(())?;
//! let (mut parts, body) = request.into_parts();
//! Bearer::new().attach(&mut parts, &token)?;
//! let request = http::Request::from_parts(parts, body);
//! assert_eq!(request.headers()["authorization"], "Bearer 2YotnFZFEjr1zCsicMWpAA");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! | | |
//! |---|---|
//! | [`TokenRequest`] | what is asked for: scope, resource, audience, authorization details, extras |
//! | [`Client`] | an id and one way to authenticate: [`ClientSecretBasic`], [`ClientSecretPost`], [`ClientAssertion`], [`NoAuthentication`], [`TlsClientAuth`], [`SelfSignedTlsClientAuth`], and with a feature `ClientSecretJwt` and `PrivateKeyJwt` |
//! | [`Material`] | what a client has to prove itself with, and the method that follows from it |
//! | [`AssertionTemplate`] | header and claims of assertions, and their signature in two steps |
//! | [`EndpointUri`] | where to, over https or to this machine |
//! | [`Decoder`] | an answer in, a [`TokenResponse`] or a [`ResponseError`] out |
//! | [`Bearer`] | the token in the `Authorization` header; [`BearerInForm`] and [`BearerInQuery`] for servers that read it elsewhere, with features `Dpop` and `Mac`, and [`Presentation`] for a scheme of your own |
//! | [`Challenge`] | what a `WWW-Authenticate` asks for |
//! | [`Issuer`] | where a server's [`Metadata`] is, and the check that it is this server's |
//! | [`Revocation`] | a token to give back; [`RefreshRequest`] for servers that want refresh tokens used |
//!
//! # Pages
//!
//! | | |
//! |---|---|
//! | [choosing client authentication](docs::client_authentication) | what the client has, what the server takes, and what to look at after `invalid_client` |
//! | [your provider](docs::providers) | Entra, Auth0, Okta, Keycloak, Cognito, Salesforce, eBay: what to set, and what its answers look like |
//! | [HTTP clients](docs::http_clients) | whole programs with hyper and with reqwest |
//! | [coming from oauthlib](docs::coming_from_oauthlib) | what takes the place of each argument and method of `BackendApplicationClient` |
//!
//! # Lenient and strict
//!
//! Real token endpoints send `expires_in` as a string, errors with status 200,
//! forms instead of JSON. A [`Decoder`] reads all that, as long as it can mean
//! but one thing, and notes each difference as a [`Quirk`].
//! [`Decoder::strict`] refuses them. Neither reads what could be misread or
//! could break out of a header.
//!
//! # Errors
//!
//! A [`ResponseError`] keeps together what a caller needs to go on: the
//! [kind](ErrorKind), the status, the server's code and words, its challenges,
//! `Retry-After` and the DPoP nonce, and whether
//! [another attempt](ResponseError::is_transient) is worth it. Its `Display` is
//! one line that says what happened and what to look at.
//!
//! # Secrets
//!
//! [`SecretString`] is redacted and wiped. No secret and no token that this crate
//! holds is in any `Debug`, `Display` or error of it; headers that carry one are
//! marked as sensitive. Bodies and headers that go out do carry them, and are not
//! wiped. A [`ResponseError`] tells what the server said: if that repeats a
//! secret, so does the error, until [`Client::redact`] has taken it out.
//!
//! # Features
//!
//! None is on by default: without them the crate brings no cryptography, and
//! with them no async runtime and no Unicode tables.
//!
//! | | |
//! |---|---|
//! | `jose` | `client_secret_jwt`, `private_key_jwt`, DPoP (`Dpop`), keys (`SigningKey`) and thumbprints (`PublicJwk`, `Certificate`): HMAC, ECDSA and Ed25519, all in Rust |
//! | `rsa` | `jose` with RSA keys; needs a C compiler |
//! | `mac` | tokens of the type `mac`, by the drafts 00 and 01 |
//!
//! Whoever has an assertion from elsewhere ([`ClientAssertion`]), or a service
//! that signs ([`AssertionTemplate`]), needs none of them.
//!
//! The same time, randomness and key make the same bytes, except for signatures
//! with `PS256`, `PS384` and `PS512`, whose salt comes from the operating system
//! (see [`Fresh`]).

mod authentication;
#[cfg(feature = "jose")]
mod certificate;
mod challenge;
mod client;
mod client_error;
mod conversions;
pub mod docs;
mod endpoint_uri;
mod form;
mod fresh;
mod jose;
mod material;
mod metadata;
mod presentation;
mod quoted;
mod redaction;
mod refresh_request;
mod request_error;
mod response;
mod revocation;
mod scope;
mod secret;
mod token_request;
mod token_response;
mod token_type;
mod transport;
mod uri;

pub use crate::authentication::{
    AssertionTemplate, BasicEncoding, ClientAssertion, ClientAuthentication, ClientSecretBasic,
    ClientSecretPost, NoAuthentication, SelfSignedTlsClientAuth, TlsClientAuth, UnsignedAssertion,
};
#[cfg(feature = "jose")]
pub use crate::authentication::{ClientSecretJwt, PrivateKeyJwt};
#[cfg(feature = "jose")]
pub use crate::certificate::Certificate;
pub use crate::challenge::Challenge;
pub use crate::client::Client;
pub use crate::client_error::ClientError;
pub use crate::endpoint_uri::{EndpointUri, EndpointUriError};
pub use crate::fresh::Fresh;
pub use crate::jose::JwsAlgorithm;
#[cfg(feature = "jose")]
pub use crate::jose::{KeyError, PublicJwk, SigningKey};
pub use crate::material::{Material, MaterialError};
pub use crate::metadata::{Issuer, IssuerError, Metadata, MetadataError, WellKnown};
pub use crate::presentation::{
    Bearer, BearerInForm, BearerInQuery, OnExisting, Presentation, PresentationError,
};
#[cfg(feature = "jose")]
pub use crate::presentation::{Dpop, DpopKey, DpopNonces, DpopProof, DpopRole, attach_dpop_proof};
#[cfg(feature = "mac")]
pub use crate::presentation::{Mac, MacAlgorithm, MacError, MacSignature};
pub use crate::refresh_request::RefreshRequest;
pub use crate::request_error::{RequestError, RequestErrorKind};
pub use crate::response::{Decoder, ErrorKind, Quirk, ResponseError, ZeroLifetime};
pub use crate::revocation::{Revocation, TokenTypeHint};
pub use crate::scope::Scope;
pub use crate::secret::SecretString;
pub use crate::token_request::{TokenRequest, TokenRequestBuilder};
pub use crate::token_response::{InvalidTokenError, TokenResponse, TokenResponseBuilder};
pub use crate::token_type::TokenType;
pub use crate::transport::{is_loopback, is_secure};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
