//! How a client authenticates (RFC 6749, section 2.3; RFC 7521, section 4.2).

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, header};
use serde_json::Value;

use crate::{BasicEncoding, form};

/// How the client of a token request authenticated, as far as the request shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `none`: not at all, with a `client_id` or without.
    None,
    /// `client_secret_basic`: id and secret in an `Authorization` header, encoded as
    /// [`basic_encoding`](crate::AuthorizationServerBuilder::basic_encoding) says.
    ClientSecretBasic,
    /// `client_secret_post`: a `client_secret` in the body.
    ClientSecretPost,
    /// A `client_assertion` in the body: `private_key_jwt`, `client_secret_jwt` or another one. It is not verified.
    ClientAssertion,
    /// Several of them at once, which RFC 6749 forbids.
    Several,
    /// An `Authorization` header of another scheme, or one that cannot be decoded.
    Unreadable,
}

/// What a request says of its client.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) authentication: ClientAuthentication,
    pub(crate) id: Option<String>,
    pub(crate) secret: Option<String>,
}

impl Credentials {
    pub(crate) fn of(
        headers: &HeaderMap,
        parameters: &[(String, String)],
        encoding: BasicEncoding,
    ) -> Self {
        let parameter = |wanted: &str| {
            let found = parameters.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        };
        let id = parameter("client_id");
        let secret = parameter("client_secret");
        let assertion = parameter("client_assertion");
        let authorization = headers.contains_key(header::AUTHORIZATION);

        match (authorization, secret, assertion) {
            (false, None, None) => Self::new(ClientAuthentication::None, id, None),
            (false, secret @ Some(_), None) => {
                Self::new(ClientAuthentication::ClientSecretPost, id, secret)
            }
            (false, None, Some(assertion)) => {
                let id = id.or_else(|| subject(&assertion));
                Self::new(ClientAuthentication::ClientAssertion, id, None)
            }
            (true, None, None) => match basic(headers, encoding) {
                // A client_id beside the header is allowed as long as it names the same client.
                Some((header_id, _)) if id.as_ref().is_some_and(|id| *id != header_id) => {
                    Self::new(ClientAuthentication::Several, id, None)
                }
                Some((id, secret)) => Self::new(
                    ClientAuthentication::ClientSecretBasic,
                    Some(id),
                    Some(secret),
                ),
                None => Self::new(ClientAuthentication::Unreadable, id, None),
            },
            _ => Self::new(ClientAuthentication::Several, id, None),
        }
    }

    fn new(
        authentication: ClientAuthentication,
        id: Option<String>,
        secret: Option<String>,
    ) -> Self {
        Self {
            authentication,
            id,
            secret,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("authentication", &self.authentication)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Id and secret of exactly one Basic header (RFC 7617).
fn basic(headers: &HeaderMap, encoding: BasicEncoding) -> Option<(String, String)> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim_start_matches(' ')).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let read = |half: &[u8]| match encoding {
        BasicEncoding::Form => form::decode(half),
        BasicEncoding::Raw => String::from_utf8(half.to_vec()).ok(),
    };
    Some((read(&decoded[..colon])?, read(&decoded[colon + 1..])?))
}

/// The `sub` of a JWT, unverified.
fn subject(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}
