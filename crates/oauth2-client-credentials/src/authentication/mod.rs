//! How a client proves who it is: one file for each registered method.

mod assertion;
mod basic;
mod none;
mod post;
#[cfg(feature = "jose")]
mod private_key_jwt;
#[cfg(feature = "jose")]
mod secret_jwt;
mod tls;

use std::fmt;

use http::HeaderValue;

use crate::client_error::ClientError;
#[cfg(feature = "jose")]
use crate::endpoint_uri::EndpointUri;
use crate::form;
#[cfg(feature = "jose")]
use crate::fresh::Fresh;
use crate::secret::SecretString;

pub use self::assertion::{AssertionTemplate, ClientAssertion, UnsignedAssertion};
pub use self::basic::{BasicEncoding, ClientSecretBasic};
pub use self::none::NoAuthentication;
pub use self::post::ClientSecretPost;
#[cfg(feature = "jose")]
pub use self::private_key_jwt::PrivateKeyJwt;
#[cfg(feature = "jose")]
pub use self::secret_jwt::ClientSecretJwt;
pub use self::tls::{SelfSignedTlsClientAuth, TlsClientAuth};

/// One way to authenticate a client at the token endpoint, made from one of the
/// types that are named for the methods of the registry (RFC 7591 §2,
/// `token_endpoint_auth_method`).
#[derive(Clone)]
pub struct ClientAuthentication {
    method: Method,
}

#[derive(Clone)]
enum Method {
    Basic(ClientSecretBasic),
    Post(ClientSecretPost),
    Assertion(ClientAssertion),
    #[cfg(feature = "jose")]
    SecretJwt(Box<ClientSecretJwt>),
    #[cfg(feature = "jose")]
    PrivateKeyJwt(Box<PrivateKeyJwt>),
    None,
    Tls,
    SelfSignedTls,
}

impl ClientAuthentication {
    /// The name of the method in the registry, such as `client_secret_basic`.
    pub fn method(&self) -> &'static str {
        match &self.method {
            Method::Basic(_) => "client_secret_basic",
            Method::Post(_) => "client_secret_post",
            Method::Assertion(assertion) => assertion.method(),
            #[cfg(feature = "jose")]
            Method::SecretJwt(_) => "client_secret_jwt",
            #[cfg(feature = "jose")]
            Method::PrivateKeyJwt(_) => "private_key_jwt",
            Method::None => "none",
            Method::Tls => "tls_client_auth",
            Method::SelfSignedTls => "self_signed_tls_client_auth",
        }
    }

    /// What a server should not repeat: the secret, or the assertion.
    pub(crate) fn secret(&self) -> Option<SecretString> {
        match &self.method {
            Method::Basic(basic) => Some(basic.secret().clone()),
            Method::Post(post) => Some(post.secret().clone()),
            Method::Assertion(assertion) => {
                Some(assertion.assertion().expose().trim_ascii().into())
            }
            #[cfg(feature = "jose")]
            Method::SecretJwt(jwt) => jwt.secret(),
            #[cfg(feature = "jose")]
            Method::PrivateKeyJwt(_) => None,
            Method::None | Method::Tls | Method::SelfSignedTls => None,
        }
    }

    /// What the client called `id` has to send with each request.
    pub(crate) fn credentials(self, id: &str) -> Result<Credentials, ClientError> {
        Ok(match self.method {
            Method::Basic(basic) => Credentials::Header(basic.header_value(id)?),
            Method::Post(post) => Credentials::Parameters(post.parameters(id)),
            Method::Assertion(assertion) => Credentials::Parameters(assertion.parameters(id)?),
            #[cfg(feature = "jose")]
            Method::SecretJwt(jwt) => {
                jwt.check()?;
                Credentials::Signer(Signer::SecretJwt(jwt))
            }
            #[cfg(feature = "jose")]
            Method::PrivateKeyJwt(jwt) => {
                jwt.check()?;
                Credentials::Signer(Signer::PrivateKeyJwt(jwt))
            }
            Method::None | Method::Tls | Method::SelfSignedTls => {
                Credentials::Parameters(client_id_parameter(id).into())
            }
        })
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientAuthentication")
            .field(&self.method())
            .finish()
    }
}

#[cfg(feature = "jose")]
impl From<ClientSecretJwt> for ClientAuthentication {
    fn from(jwt: ClientSecretJwt) -> Self {
        Self {
            method: Method::SecretJwt(Box::new(jwt)),
        }
    }
}

#[cfg(feature = "jose")]
impl From<PrivateKeyJwt> for ClientAuthentication {
    fn from(jwt: PrivateKeyJwt) -> Self {
        Self {
            method: Method::PrivateKeyJwt(Box::new(jwt)),
        }
    }
}

macro_rules! into_client_authentication {
    ($($from:ty => $method:expr;)*) => {$(
        impl From<$from> for ClientAuthentication {
            fn from(authentication: $from) -> Self {
                Self { method: $method(authentication) }
            }
        }
    )*};
}

into_client_authentication! {
    ClientSecretBasic => Method::Basic;
    ClientSecretPost => Method::Post;
    ClientAssertion => Method::Assertion;
    NoAuthentication => |_| Method::None;
    TlsClientAuth => |_| Method::Tls;
    SelfSignedTlsClientAuth => |_| Method::SelfSignedTls;
}

/// What goes into a request for one client: made once and used for each, or
/// what makes it.
pub(crate) enum Credentials {
    Header(HeaderValue),
    /// Form-encoded.
    Parameters(SecretString),
    #[cfg(feature = "jose")]
    Signer(Signer),
}

#[cfg(feature = "jose")]
pub(crate) enum Signer {
    SecretJwt(Box<ClientSecretJwt>),
    PrivateKeyJwt(Box<PrivateKeyJwt>),
}

#[cfg(feature = "jose")]
impl Signer {
    /// The parameters of one request of the client called `id`, form-encoded.
    pub(crate) fn parameters(
        &self,
        id: &str,
        endpoint: &EndpointUri,
        fresh: &Fresh,
    ) -> Result<SecretString, ClientError> {
        let (now, jwt_id) = (fresh.now(), fresh.id());
        let assertion = match self {
            Self::SecretJwt(jwt) => jwt.assertion(id, endpoint, now, &jwt_id),
            Self::PrivateKeyJwt(jwt) => jwt.assertion(id, endpoint, now, &jwt_id),
        };
        assertion?.parameters(id)
    }

    pub(crate) fn key_thumbprint(&self) -> Option<String> {
        match self {
            Self::SecretJwt(_) => None,
            Self::PrivateKeyJwt(jwt) => Some(jwt.key_thumbprint()),
        }
    }
}

/// Whether a parameter belongs to the authentication of the client, by one
/// method or another.
pub(crate) fn is_of_client(parameter: &str) -> bool {
    matches!(
        parameter,
        "client_id" | "client_secret" | "client_assertion" | "client_assertion_type"
    )
}

pub(crate) fn client_id_parameter(id: &str) -> String {
    let mut parameter = String::new();
    form::append_pair(&mut parameter, "client_id", id);
    parameter
}
