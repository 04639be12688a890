//! Who asks.

mod redact;

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "jose")]
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request};

use crate::authentication::{ClientAuthentication, Credentials, client_id_parameter};
use crate::client_error::ClientError;
use crate::endpoint_uri::EndpointUri;
use crate::fresh::Fresh;
use crate::request_error::RequestError;
use crate::secret::SecretString;
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
    /// For the next request only, of a client that signs.
    #[cfg(feature = "jose")]
    fresh: Option<Arc<Once>>,
}

struct Inner {
    id: Box<str>,
    method: &'static str,
    credentials: Credentials,
    /// What must not come back in an error.
    secret: Option<SecretString>,
}

impl Client {
    /// The client that the server knows as `id`.
    ///
    /// # Errors
    /// When `id` is empty, when id or secret cannot be encoded in the way that
    /// was chosen ([`BasicEncoding::Raw`](crate::BasicEncoding::Raw)), or when
    /// secret, algorithm and claims of an assertion are not as they have to be.
    pub fn new(
        id: impl Into<String>,
        authentication: impl Into<ClientAuthentication>,
    ) -> Result<Self, ClientError> {
        let (id, authentication) = (id.into(), authentication.into());
        if id.is_empty() {
            return Err(ClientError::EmptyClientId);
        }
        let method = authentication.method();
        let secret = authentication.secret();
        let credentials = authentication.credentials(&id)?;
        Ok(Self {
            inner: Arc::new(Inner {
                id: id.into(),
                method,
                credentials,
                secret,
            }),
            #[cfg(feature = "jose")]
            fresh: None,
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

    /// Whether it signs something new for each request, and so needs
    /// [`with_fresh`](Self::with_fresh): `client_secret_jwt` and
    /// `private_key_jwt`, unless the assertion was made elsewhere.
    pub fn signs(&self) -> bool {
        match self.inner.credentials {
            Credentials::Header(_) | Credentials::Parameters(_) => false,
            #[cfg(feature = "jose")]
            Credentials::Signer(_) => true,
        }
    }

    /// The thumbprint of the public key that it signs with (RFC 7638, SHA-256, in
    /// base64url); `None` unless its method is `private_key_jwt` with a key. Two
    /// clients with one thumbprint hold the same key, also where no two
    /// signatures are the same.
    #[cfg(feature = "jose")]
    pub fn key_thumbprint(&self) -> Option<String> {
        match &self.inner.credentials {
            Credentials::Signer(signer) => signer.key_thumbprint(),
            Credentials::Header(_) | Credentials::Parameters(_) => None,
        }
    }

    /// The same client with the time and the randomness of one request, which a
    /// client that [signs](Self::signs) puts into its assertion. For all others
    /// nothing changes.
    ///
    /// What comes out, and all its clones, make one request that is signed: a
    /// second one would have the same `jti`, and a server may refuse that as a
    /// replay.
    #[must_use]
    pub fn with_fresh(&self, fresh: Fresh) -> Self {
        // Without the feature no client signs.
        #[cfg(not(feature = "jose"))]
        let _ = fresh;
        Self {
            inner: Arc::clone(&self.inner),
            #[cfg(feature = "jose")]
            fresh: self.signs().then(|| Arc::new(Once::new(fresh))),
        }
    }

    /// The HTTP request that asks `endpoint` for a token (RFC 6749 §4.4.2).
    ///
    /// It has no `Content-Length`: the transport knows the length of the body.
    /// The body has the secret in it if the method is `client_secret_post`, and
    /// an assertion if it is one with a JWT.
    ///
    /// # Errors
    /// Only if the client [signs](Self::signs): when there was no
    /// [`with_fresh`](Self::with_fresh), or there was and a request has been made
    /// with it; when the key cannot sign.
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
        if let Credentials::Header(authorization) = &self.inner.credentials {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let body = match &self.inner.credentials {
            Credentials::Parameters(own) => join(shared, own.expose()),
            Credentials::Header(_) if include_client_id => {
                join(shared, &client_id_parameter(self.id()))
            }
            Credentials::Header(_) => shared.clone(),
            #[cfg(feature = "jose")]
            Credentials::Signer(signer) => {
                let fresh = self.fresh.as_ref().and_then(|fresh| fresh.take());
                let fresh = fresh.ok_or_else(RequestError::not_fresh)?;
                let own = signer.parameters(self.id(), endpoint, &fresh);
                join(shared, own.map_err(RequestError::not_signed)?.expose())
            }
        };
        let mut http_request = Request::new(body);
        *http_request.method_mut() = Method::POST;
        *http_request.uri_mut() = endpoint.uri().clone();
        *http_request.headers_mut() = headers;
        Ok(http_request)
    }
}

/// What is new in one request, for one request.
#[cfg(feature = "jose")]
struct Once {
    fresh: Fresh,
    is_taken: AtomicBool,
}

#[cfg(feature = "jose")]
impl Once {
    fn new(fresh: Fresh) -> Self {
        Self {
            fresh,
            is_taken: AtomicBool::new(false),
        }
    }

    fn take(&self) -> Option<Fresh> {
        // Nothing else is read in the order of this.
        let was_taken = self.is_taken.swap(true, Ordering::Relaxed);
        (!was_taken).then_some(self.fresh)
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

    #[cfg(feature = "jose")]
    #[test]
    fn one_fresh_makes_one_request() {
        use crate::{RequestErrorKind, Revocation};
        use std::time::SystemTime;

        let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
        let asked = TokenRequest::new();
        let key = crate::SigningKey::generate(|bytes| bytes.fill(7)).unwrap();
        let client = Client::new("id", crate::PrivateKeyJwt::new(key)).unwrap();
        let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [1; 16]);
        let once = client.with_fresh(fresh);
        let clone = once.clone();
        assert!(once.token_request(&endpoint, &asked).is_ok());
        for refused in [
            once.token_request(&endpoint, &asked),
            clone.token_request(&endpoint, &asked),
            clone.revocation_request(&endpoint, &Revocation::new("t")),
            client.token_request(&endpoint, &asked),
        ] {
            assert_eq!(refused.unwrap_err().kind(), RequestErrorKind::NotFresh);
        }
        assert!(
            once.with_fresh(fresh)
                .token_request(&endpoint, &asked)
                .is_ok()
        );
        // Who signs nothing repeats nothing.
        let basic = Client::new("id", ClientSecretBasic::new("s")).unwrap();
        let basic = basic.with_fresh(fresh);
        for _ in 0..2 {
            assert!(basic.token_request(&endpoint, &asked).is_ok());
        }
    }

    #[cfg(feature = "jose")]
    #[test]
    fn only_who_signs_with_a_key_has_its_thumbprint() {
        let key = |byte| crate::SigningKey::generate(|bytes| bytes.fill(byte)).unwrap();
        let thumbprint = |authentication: crate::ClientAuthentication| {
            Client::new("id", authentication).unwrap().key_thumbprint()
        };
        let of_key = thumbprint(crate::PrivateKeyJwt::new(key(7)).into());
        assert_eq!(of_key, Some(key(7).public_jwk().thumbprint()));
        assert_ne!(of_key, Some(key(8).public_jwk().thumbprint()));
        let secret = crate::ClientSecretJwt::new("s".repeat(32));
        assert_eq!(thumbprint(secret.into()), None);
        assert_eq!(thumbprint(ClientSecretBasic::new("s").into()), None);
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
