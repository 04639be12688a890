//! What a server said, without what its client keeps secret.

use std::borrow::Cow;

use crate::authentication::Credentials;
use crate::redaction::Redaction;
use crate::response::ResponseError;
use crate::secret::SecretString;
use crate::token_response::TokenResponse;

use super::Client;

impl Client {
    /// The same error without what this client keeps secret, for servers that
    /// repeat in an error what they were sent: `[secret]` stands in the place of
    /// its secret, plain, form-encoded or in the text of HTTP Basic, and of its
    /// assertion, in whichever case. Kind, status and the codes of the RFCs stay
    /// as they are.
    ///
    /// A secret of less than four bytes would leave nothing legible, so a text
    /// that has it in it is `[secret]` as a whole. A secret that the server has
    /// changed otherwise, or of which it repeats a part, is not recognised, and
    /// secrets of another client are not known.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// use bytes::Bytes;
    /// use oauth2_client_credentials::{Client, ClientSecretPost, Decoder, TokenRequest};
    ///
    /// let client = Client::new("svc", ClientSecretPost::new("s3cr3t"))?;
    /// let response = http::Response::builder().status(401).body(Bytes::from_static(
    ///     br#"{"error":"invalid_client","error_description":"bad secret s3cr3t"}"#,
    /// ))?;
    /// let decoded = Decoder::lenient().decode(&TokenRequest::new(), &response, SystemTime::now());
    /// let error = client.redact(decoded.unwrap_err());
    /// assert_eq!(error.description(), Some("bad secret [secret]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn redact(&self, error: ResponseError) -> ResponseError {
        error.redacted(&self.redaction())
    }

    /// The same without `secret` either: one that is not the client's and that
    /// was in the request all the same, such as the token of a
    /// [`Revocation`](crate::Revocation).
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// use bytes::Bytes;
    /// use oauth2_client_credentials::{Client, ClientSecretPost, Revocation};
    ///
    /// let client = Client::new("svc", ClientSecretPost::new("s3cr3t"))?;
    /// let response = http::Response::builder().status(400).body(Bytes::from_static(
    ///     br#"{"error":"invalid_request","error_description":"s3cr3t sent 2YotnFZF"}"#,
    /// ))?;
    /// let error = Revocation::decode(&response, SystemTime::now()).unwrap_err();
    /// let error = client.redact_also(error, &"2YotnFZF".into());
    /// assert_eq!(error.description(), Some("[secret] sent [secret]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn redact_also(&self, error: ResponseError, secret: &SecretString) -> ResponseError {
        error.redacted(&self.redaction().and(secret.expose()))
    }

    /// The same token, but what is shown of it has nothing in it that this client
    /// keeps secret: a type that is not known, the scope, and the names of
    /// [extra](TokenResponse::extra) members. The token itself, the types that are
    /// known and what was asked for stay as they are.
    ///
    /// Something may hang on these names, so a secret of less than four bytes is
    /// only seen where it is all there is.
    ///
    /// ```
    /// use oauth2_client_credentials::{Client, ClientSecretPost, TokenResponse, TokenType};
    ///
    /// let client = Client::new("svc", ClientSecretPost::new("s3cr3t"))?;
    /// let token = TokenResponse::builder("2YotnFZF").token_type("s3cr3t".into()).build()?;
    /// let token = client.redact_response(token);
    /// assert_eq!(token.token_type(), &TokenType::Other("[secret]".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn redact_response(&self, token: TokenResponse) -> TokenResponse {
        token.redacted(&self.redaction())
    }

    /// The same text without what this client keeps secret: a transport's error,
    /// say, of which a part may be the server's. HTTP/2 lets it say something as
    /// it leaves (RFC 9113 §6.8). Borrowed if there was nothing to hide.
    ///
    /// Where the text has an ellipsis, somebody has cut it: four bytes of a
    /// secret before it are one, too.
    ///
    /// ```
    /// use oauth2_client_credentials::{Client, ClientSecretPost};
    ///
    /// let client = Client::new("svc", ClientSecretPost::new("s3cr3t"))?;
    /// let error = "the connection was closed (b\"not with s3cr3t\")";
    /// assert_eq!(client.redact_text(error), "the connection was closed (b\"not with [secret]\")");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let hidden = self.redaction().hide(text);
        hidden.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    fn redaction(&self) -> Redaction {
        let secret = self.inner.secret.as_ref();
        let basic = match &self.inner.credentials {
            Credentials::Header(value) => value.to_str().ok(),
            _ => None,
        };
        let basic = basic.and_then(|value| value.strip_prefix("Basic "));
        Redaction::new(secret.map_or("", SecretString::expose), basic)
            .hiding_jwts(self.inner.method.ends_with("_jwt"))
    }
}
