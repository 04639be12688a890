//! Giving a token back before its life is over.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};

use crate::authentication::is_of_client;
use crate::client::Client;
use crate::endpoint_uri::EndpointUri;
use crate::form;
use crate::request_error::{RequestError, RequestErrorKind};
use crate::response::ResponseError;
use crate::secret::SecretString;

/// A token to be revoked (RFC 7009 §2.1).
///
/// ```
/// use std::time::SystemTime;
///
/// use bytes::Bytes;
/// use oauth2_client_credentials::{
///     Client, ClientSecretBasic, EndpointUri, Revocation, TokenTypeHint,
/// };
///
/// # fn send(_: http::Request<Bytes>) -> http::Response<Bytes> { Default::default() }
/// let client = Client::new("svc", ClientSecretBasic::new("s3cr3t"))?;
/// let endpoint = EndpointUri::new("https://as.example.com/revoke")?;
/// let revocation = Revocation::new("mF_9.B5f-4.1JqM").token_type_hint(TokenTypeHint::AccessToken);
///
/// let request = client.revocation_request(&endpoint, &revocation)?;
/// assert_eq!(
///     &request.body()[..],
///     b"token=mF_9.B5f-4.1JqM&token_type_hint=access_token",
/// );
/// Revocation::decode(&send(request), SystemTime::now())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Revocation {
    token: SecretString,
    token_type_hint: Option<TokenTypeHint>,
    parameters: Vec<(String, String)>,
    error: Option<RequestError>,
}

impl Revocation {
    /// Of this token. An empty one is refused, which comes out of
    /// [`Client::revocation_request`].
    pub fn new(token: impl Into<SecretString>) -> Self {
        let token = token.into();
        Self {
            error: RequestError::if_empty("token", &token),
            token,
            token_type_hint: None,
            parameters: Vec::new(),
        }
    }

    /// Says which kind of token it is, so that the server finds it sooner.
    pub fn token_type_hint(self, hint: TokenTypeHint) -> Self {
        Self {
            token_type_hint: Some(hint),
            ..self
        }
    }

    /// One more parameter; the same name may come again, an empty value is left
    /// out. The names that the request and the client's authentication need are
    /// refused, which comes out of [`Client::revocation_request`].
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if matches!(&*name, "token" | "token_type_hint") || is_of_client(&name) {
            let kind = RequestErrorKind::ReservedParameter;
            self.error
                .get_or_insert_with(|| RequestError::parameter_only(kind, &name));
        }
        self.parameters.push((name, value.into()));
        self
    }

    /// Reads the answer (RFC 7009 §2.2). A success has nothing to say, and a
    /// token that the server does not know counts as revoked. Only with an
    /// `error` that is a text a success is none: some servers answer 200 to
    /// everything.
    ///
    /// # Errors
    /// When the token may still be in use: the server says why, as a token
    /// endpoint would. Its code `unsupported_token_type` means that it revokes
    /// no tokens of this kind (§2.2.1). With status 503 the token still exists,
    /// and [`retry_after`](ResponseError::retry_after) says when to try again.
    /// `now` is the time from which that counts.
    pub fn decode(response: &Response<Bytes>, now: SystemTime) -> Result<(), ResponseError> {
        match ResponseError::of_revocation(response, now) {
            error if error.code().is_some() => Err(error),
            _ if response.status().is_success() => Ok(()),
            error => Err(error),
        }
    }

    fn body(&self) -> Bytes {
        let mut body = String::new();
        form::append_pair(&mut body, "token", self.token.expose());
        if let Some(hint) = self.token_type_hint {
            form::append_pair(&mut body, "token_type_hint", hint.as_str());
        }
        for (name, value) in &self.parameters {
            if !value.is_empty() {
                form::append_pair(&mut body, name, value);
            }
        }
        body.into()
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation")
            .field("token_type_hint", &self.token_type_hint)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Which kind of token is to be revoked (RFC 7009 §2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenTypeHint {
    /// `access_token`
    AccessToken,
    /// `refresh_token`
    RefreshToken,
}

impl TokenTypeHint {
    /// The name in the registry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}

impl fmt::Display for TokenTypeHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Client {
    /// The HTTP request that asks `endpoint` to revoke a token (RFC 7009 §2.1).
    ///
    /// The client authenticates as it does at the token endpoint. The body has
    /// the token in it.
    ///
    /// # Errors
    /// When the token is empty or a parameter has a name that is reserved. And as for
    /// [`token_request`](Self::token_request).
    pub fn revocation_request(
        &self,
        endpoint: &EndpointUri,
        revocation: &Revocation,
    ) -> Result<Request<Bytes>, RequestError> {
        match &revocation.error {
            Some(error) => Err(error.clone()),
            None => self.form_request(endpoint, &revocation.body(), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::{AUTHORIZATION, RETRY_AFTER};

    use super::*;
    use crate::{ClientSecretBasic, ClientSecretPost, ErrorKind, TlsClientAuth};

    fn answer(status: u16, body: &'static str) -> Result<(), ResponseError> {
        let response = Response::builder()
            .status(status)
            .header(RETRY_AFTER, "7")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        Revocation::decode(&response, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn the_client_authenticates_as_for_a_token() {
        let endpoint = EndpointUri::new("https://as.example.com/revoke?a=b").unwrap();
        let revocation = Revocation::new("a+b").token_type_hint(TokenTypeHint::RefreshToken);
        let request = |client: Client| client.revocation_request(&endpoint, &revocation).unwrap();

        let basic = request(Client::new("id", ClientSecretBasic::new("s")).unwrap());
        assert_eq!(basic.method(), "POST");
        assert_eq!(basic.uri(), "https://as.example.com/revoke?a=b");
        assert_eq!(basic.headers()[AUTHORIZATION], "Basic aWQ6cw==");
        assert_eq!(basic.body(), "token=a%2Bb&token_type_hint=refresh_token");
        let post = request(Client::new("id", ClientSecretPost::new("s")).unwrap());
        assert!(post.body().ends_with(b"&client_id=id&client_secret=s"));
        let tls = request(Client::new("id", TlsClientAuth).unwrap());
        assert!(tls.body().ends_with(b"refresh_token&client_id=id"));
    }

    #[test]
    fn parameters_of_the_callers_own() {
        let endpoint = EndpointUri::new("https://as.example.com/revoke").unwrap();
        let client = Client::new("id", ClientSecretBasic::new("s")).unwrap();
        let request = |revocation: Revocation| client.revocation_request(&endpoint, &revocation);
        let revocation = Revocation::new("t")
            .parameter("a", "b c")
            .parameter("d", "");
        assert_eq!(request(revocation).unwrap().body(), "token=t&a=b+c");
        for name in ["token", "token_type_hint", "client_id", "client_assertion"] {
            let error = request(Revocation::new("t").parameter(name, "")).unwrap_err();
            assert_eq!(error.parameter(), name);
        }
    }

    #[test]
    fn a_success_is_one_unless_it_names_an_error() {
        for body in [
            "",
            "OK",
            "{}",
            "{",
            "{\"error\":null}",
            "{\"error\":\"\"}",
            "{\"error\":1}",
            "error",
        ] {
            assert!(answer(200, body).is_ok(), "{body}");
        }
        assert!(answer(204, "").is_ok());
        for (body, kind) in [
            ("{\"error\":\"invalid_request\"}", ErrorKind::Configuration),
            ("{\"error\":\"vendor_code\"}", ErrorKind::Protocol),
            ("error=invalid_client", ErrorKind::ClientAuthentication),
        ] {
            assert_eq!(answer(200, body).unwrap_err().kind(), kind, "{body}");
        }
    }

    #[test]
    fn an_empty_token_is_refused() {
        let endpoint = EndpointUri::new("https://as.example.com/revoke").unwrap();
        let client = Client::new("id", ClientSecretBasic::new("s")).unwrap();
        let revocation = Revocation::new("").parameter("client_id", "x");
        let error = client
            .revocation_request(&endpoint, &revocation)
            .unwrap_err();
        assert_eq!(error.kind(), RequestErrorKind::EmptyParameter);
        assert_eq!(error.parameter(), "token");
    }

    #[test]
    fn an_error_says_what_the_server_said() {
        let error = answer(400, "{\"error\":\"unsupported_token_type\"}").unwrap_err();
        assert_eq!(error.code(), Some("unsupported_token_type"));
        assert!(!error.is_transient());
        assert!(
            error
                .to_string()
                .starts_with("the revocation endpoint answered 400"),
            "{error}"
        );
        let error = answer(503, "down").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transient);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(error.is_transient());
        let error = answer(401, "{\"error\":\"invalid_client\"}").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ClientAuthentication);
        assert_eq!(answer(302, "").unwrap_err().kind(), ErrorKind::Protocol);
    }
}
