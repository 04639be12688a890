//! OAuth 2.0 client credentials without I/O.

mod authentication;
mod challenge;
mod client;
mod endpoint_uri;
mod form;
mod presentation;
mod request_error;
mod response;
mod scope;
mod secret;
mod token_request;
mod token_response;
mod token_type;
mod transport;

pub use crate::authentication::{
    BasicEncoding, ClientAuthentication, ClientSecretBasic, ClientSecretPost, NoAuthentication,
    SelfSignedTlsClientAuth, TlsClientAuth,
};
pub use crate::challenge::Challenge;
pub use crate::client::{Client, ClientError};
pub use crate::endpoint_uri::{EndpointUri, EndpointUriError};
pub use crate::presentation::{Bearer, OnExisting, PresentationError};
pub use crate::request_error::{RequestError, RequestErrorKind};
pub use crate::response::{Decoder, ErrorKind, Quirk, ResponseError, ZeroLifetime};
pub use crate::scope::Scope;
pub use crate::secret::SecretString;
pub use crate::token_request::{TokenRequest, TokenRequestBuilder};
pub use crate::token_response::{InvalidTokenError, TokenResponse, TokenResponseBuilder};
pub use crate::token_type::TokenType;
pub use crate::transport::{is_loopback, is_secure};
