//! How a client proves who it is: one file for each registered method.

mod basic;
mod none;
mod post;
mod tls;

use std::fmt;

use http::HeaderValue;

use crate::client::ClientError;
use crate::form;
use crate::secret::SecretString;

pub use self::basic::{BasicEncoding, ClientSecretBasic};
pub use self::none::NoAuthentication;
pub use self::post::ClientSecretPost;
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
    None,
    Tls,
    SelfSignedTls,
}

impl ClientAuthentication {
    /// The name of the method in the registry, such as `client_secret_basic`.
    pub fn method(&self) -> &'static str {
        match self.method {
            Method::Basic(_) => "client_secret_basic",
            Method::Post(_) => "client_secret_post",
            Method::None => "none",
            Method::Tls => "tls_client_auth",
            Method::SelfSignedTls => "self_signed_tls_client_auth",
        }
    }

    /// What the client called `id` has to send with each request.
    pub(crate) fn credentials(&self, id: &str) -> Result<Credentials, ClientError> {
        Ok(match &self.method {
            Method::Basic(basic) => Credentials {
                authorization: Some(basic.header_value(id)?),
                parameters: SecretString::from(""),
            },
            Method::Post(post) => Credentials {
                authorization: None,
                parameters: post.parameters(id),
            },
            Method::None | Method::Tls | Method::SelfSignedTls => Credentials {
                authorization: None,
                parameters: client_id_parameter(id).into(),
            },
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
    NoAuthentication => |_| Method::None;
    TlsClientAuth => |_| Method::Tls;
    SelfSignedTlsClientAuth => |_| Method::SelfSignedTls;
}

/// What goes into a request for one client, made once and used for each.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) authorization: Option<HeaderValue>,
    /// Form-encoded; empty where all is in the header.
    pub(crate) parameters: SecretString,
}

pub(crate) fn client_id_parameter(id: &str) -> String {
    let mut parameter = String::new();
    form::append_pair(&mut parameter, "client_id", id);
    parameter
}
