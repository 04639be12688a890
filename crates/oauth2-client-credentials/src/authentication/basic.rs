//! `client_secret_basic`: id and secret in the `Authorization` header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::client_error::ClientError;
use crate::form::Encoding;
use crate::secret::SecretString;

use super::ClientSecretPost;

/// HTTP Basic authentication with the client's secret (RFC 6749 §2.3.1).
///
/// The default for a client that has a secret. An empty secret is allowed.
///
/// ```
/// use oauth2_client_credentials::{BasicEncoding, Client, ClientSecretBasic};
///
/// let client = Client::new("svc", ClientSecretBasic::new("s3cr3t"))?;
/// assert_eq!(client.authentication_method(), "client_secret_basic");
///
/// // A server that does not decode what RFC 6749 has the client encode.
/// let raw = ClientSecretBasic::new("s3cr3t+/=").encoding(BasicEncoding::Raw);
/// let client = Client::new("svc", raw)?;
/// # Ok::<(), oauth2_client_credentials::ClientError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientSecretBasic {
    secret: SecretString,
    encoding: BasicEncoding,
}

impl ClientSecretBasic {
    /// With this secret, in the encoding [`BasicEncoding::Form`].
    pub fn new(secret: impl Into<SecretString>) -> Self {
        Self {
            secret: secret.into(),
            encoding: BasicEncoding::default(),
        }
    }

    /// Another encoding, for a server that needs it.
    #[must_use]
    pub fn encoding(self, encoding: BasicEncoding) -> Self {
        Self { encoding, ..self }
    }

    /// The same secret in the body.
    pub(crate) fn into_post(self) -> ClientSecretPost {
        ClientSecretPost::new(self.secret)
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.secret
    }

    pub(super) fn header_value(&self, id: &str) -> Result<HeaderValue, ClientError> {
        let pair = self.pair(id)?;
        let mut value = Zeroizing::new(String::with_capacity(
            "Basic ".len() + pair.len().div_ceil(3) * 4,
        ));
        value.push_str("Basic ");
        STANDARD.encode_string(pair.as_bytes(), &mut value);
        let mut value = HeaderValue::from_str(&value).map_err(|_| ClientError::ControlCharacter)?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn pair(&self, id: &str) -> Result<Zeroizing<String>, ClientError> {
        let secret = self.secret.expose();
        let encoding = match self.encoding {
            BasicEncoding::Form => Encoding::WHATWG_SPACE_ESCAPED,
            BasicEncoding::Strict => Encoding::ALPHANUMERIC,
            BasicEncoding::Raw => return raw_pair(id, secret),
        };
        // At worst three bytes for one: what grows would leave copies behind.
        let mut pair = Zeroizing::new(String::with_capacity(3 * (id.len() + secret.len()) + 1));
        encoding.append(&mut pair, id);
        pair.push(':');
        encoding.append(&mut pair, secret);
        Ok(pair)
    }
}

/// RFC 7617 §2: the first colon ends the id, and control characters are out.
fn raw_pair(id: &str, secret: &str) -> Result<Zeroizing<String>, ClientError> {
    if id.contains(':') {
        return Err(ClientError::ColonInClientId);
    }
    if id
        .bytes()
        .chain(secret.bytes())
        .any(|byte| byte.is_ascii_control())
    {
        return Err(ClientError::ControlCharacter);
    }
    Ok(Zeroizing::new([id, ":", secret].concat()))
}

/// How id and secret are encoded before they are joined with a colon.
///
/// They differ only on characters other than ASCII letters and digits. When a
/// server answers `invalid_client` to a secret that is right, try another.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Form-encoded, as RFC 6749 §2.3.1 has it, with a space as `%20`: every
    /// form decoder reads that, and some do not read `+`.
    #[default]
    Form,
    /// Form-encoded with everything but ASCII letters and digits escaped, and
    /// a space as `+`.
    Strict,
    /// As they are, in UTF-8 (RFC 7617). No colon in the id and no control
    /// character anywhere.
    Raw,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(id: &str, secret: &str, encoding: BasicEncoding) -> Option<ClientError> {
        ClientSecretBasic::new(secret)
            .encoding(encoding)
            .header_value(id)
            .err()
    }

    #[test]
    fn the_header_is_sensitive() {
        let value = ClientSecretBasic::new("s").header_value("id").unwrap();
        assert_eq!(value, "Basic aWQ6cw==");
        assert!(value.is_sensitive());
    }

    #[test]
    fn raw_refuses_what_it_cannot_carry() {
        let raw = BasicEncoding::Raw;
        assert_eq!(refusal("a:b", "s", raw), Some(ClientError::ColonInClientId));
        assert_eq!(
            refusal("a", "s\n", raw),
            Some(ClientError::ControlCharacter)
        );
        assert_eq!(
            refusal("a\u{7f}", "s", raw),
            Some(ClientError::ControlCharacter)
        );
        assert_eq!(refusal("\u{80}", ":", raw), None);
        assert_eq!(refusal("a:\n", "\0", BasicEncoding::Form), None);
        assert_eq!(refusal("a:\n", "\0", BasicEncoding::Strict), None);
    }
}
