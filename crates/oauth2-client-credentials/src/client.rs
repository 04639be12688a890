//! Who asks.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request};

use crate::authentication::{ClientAuthentication, Credentials, client_id_parameter};
use crate::endpoint_uri::EndpointUri;
use crate::request_error::RequestError;
use crate::token_request::TokenRequest;

/// A client: its id and how it authenticates (RFC 6749 §2.3).
///
/// What authenticates it is encoded once, here, so a request costs no more than
/// its own memory. A clone costs a reference count.
///
/// ```
/// use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
///
/// let client = Client::new("svc", ClientSecretBasic::new("s3cr3t"))?;
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let wanted = TokenRequest::builder().scope("read write").build()?;
///
/// let request = client.token_request(&endpoint, &wanted)?;
/// assert_eq!(request.method(), "POST");
/// assert_eq!(&request.body()[..], b"grant_type=client_credentials&scope=read+write");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    id: Box<str>,
    method: &'static str,
    credentials: Credentials,
}

impl Client {
    /// The client that the server knows as `id`.
    ///
    /// # Errors
    /// When `id` is empty, or when id or secret cannot be encoded in the way
    /// that was chosen ([`BasicEncoding::Raw`](crate::BasicEncoding::Raw)).
    pub fn new(
        id: impl Into<String>,
        authentication: impl Into<ClientAuthentication>,
    ) -> Result<Self, ClientError> {
        let (id, authentication) = (id.into(), authentication.into());
        if id.is_empty() {
            return Err(ClientError::EmptyClientId);
        }
        let credentials = authentication.credentials(&id)?;
        let method = authentication.method();
        Ok(Self {
            inner: Arc::new(Inner {
                id: id.into(),
                method,
                credentials,
            }),
        })
    }

    /// The id that the server knows it by.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The name of the method it authenticates with, as in the registry (RFC
    /// 7591 §2): `client_secret_basic`, `client_secret_post`, `none` …
    pub fn authentication_method(&self) -> &'static str {
        self.inner.method
    }

    /// The HTTP request that asks `endpoint` for a token (RFC 6749 §4.4.2).
    ///
    /// It has no `Content-Length`: the transport knows the length of the body.
    /// The body has the secret in it if the method is `client_secret_post`.
    ///
    /// # Errors
    /// Never with the methods that exist today. A method that signs can fail.
    pub fn token_request(
        &self,
        endpoint: &EndpointUri,
        request: &TokenRequest,
    ) -> Result<Request<Bytes>, RequestError> {
        self.form_request(endpoint, request.body(), request.includes_client_id())
    }

    /// A form that asks for something in this client's name. `shared` is the
    /// part of it that is the same for every client.
    pub(crate) fn form_request(
        &self,
        endpoint: &EndpointUri,
        shared: &Bytes,
        include_client_id: bool,
    ) -> Result<Request<Bytes>, RequestError> {
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &self.inner.credentials.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let mut http_request = Request::new(self.body(shared, include_client_id));
        *http_request.method_mut() = Method::POST;
        *http_request.uri_mut() = endpoint.uri().clone();
        *http_request.headers_mut() = headers;
        Ok(http_request)
    }

    fn body(&self, shared: &Bytes, include_client_id: bool) -> Bytes {
        let own = self.inner.credentials.parameters.expose();
        if !own.is_empty() {
            join(shared, own)
        } else if include_client_id {
            join(shared, &client_id_parameter(self.id()))
        } else {
            shared.clone()
        }
    }
}

fn join(shared: &Bytes, own: &str) -> Bytes {
    [shared, &b"&"[..], own.as_bytes()].concat().into()
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .field("authentication_method", &self.authentication_method())
            .finish_non_exhaustive()
    }
}

/// Why a client cannot authenticate as it was told to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientError {
    /// The client id is empty.
    EmptyClientId,
    /// The client id has a colon, which raw HTTP Basic cannot carry (RFC 7617
    /// §2).
    ColonInClientId,
    /// The client id or the secret has a control character, which raw HTTP
    /// Basic cannot carry (RFC 7617 §2).
    ControlCharacter,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyClientId => "the client id is empty",
            Self::ColonInClientId => {
                "the client id has a colon, which raw HTTP Basic cannot carry, use the form encoding"
            }
            Self::ControlCharacter => {
                "the client id or the secret has a control character (a line end?), which raw HTTP Basic cannot carry"
            }
        })
    }
}

impl std::error::Error for ClientError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::{ClientSecretBasic, ClientSecretPost, NoAuthentication};

    fn body(client: &Client, request: TokenRequest) -> Bytes {
        let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
        client
            .token_request(&endpoint, &request)
            .unwrap()
            .into_body()
    }

    #[test]
    fn client_id_is_in_the_body_when_asked_and_never_twice() {
        let request = TokenRequest::builder()
            .include_client_id(true)
            .build()
            .unwrap();
        for (client, expected) in [
            (
                Client::new("a b", ClientSecretBasic::new("s")),
                "client_id=a+b",
            ),
            (
                Client::new("a b", ClientSecretPost::new("s")),
                "client_id=a+b&client_secret=s",
            ),
            (Client::new("a b", NoAuthentication), "client_id=a+b"),
        ] {
            let body = body(&client.unwrap(), request.clone());
            assert_eq!(body, format!("grant_type=client_credentials&{expected}"));
        }
    }

    #[test]
    fn an_existing_body_stays_first() {
        let request = TokenRequest::builder().extend_body("a=b&").build().unwrap();
        let client = Client::new("id", NoAuthentication).unwrap();
        assert_eq!(
            body(&client, request),
            "a=b&grant_type=client_credentials&client_id=id"
        );
    }

    #[test]
    fn debug_hides_the_secret() {
        let client = Client::new("id", ClientSecretPost::new("canary")).unwrap();
        let shown = format!("{client:?}");
        assert!(
            shown.contains("client_secret_post") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
