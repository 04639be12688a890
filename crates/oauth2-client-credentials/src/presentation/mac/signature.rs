//! What is signed, and how the signature is sent.

use std::fmt;

use http::{HeaderValue, request};

use crate::secret::SecretString;
use crate::uri::has_usable_port;

use super::{Draft, MacAlgorithm, MacError};

/// What one signature is made of.
pub(super) struct Signed<'a> {
    pub(super) draft: Draft,
    pub(super) algorithm: MacAlgorithm,
    pub(super) key: &'a SecretString,
    pub(super) ext: &'a str,
    pub(super) id: &'a str,
    pub(super) timestamp: u64,
    pub(super) nonce: &'a str,
}

impl Signed<'_> {
    pub(super) fn sign(
        &self,
        head: &request::Parts,
        body: &[u8],
    ) -> Result<MacSignature, MacError> {
        if [self.id, self.nonce].iter().any(|text| text.is_empty())
            || ![self.id, self.nonce, self.ext]
                .iter()
                .all(|text| is_plain(text))
        {
            return Err(MacError::InvalidCharacter);
        }
        let body_hash =
            (self.draft == Draft::Draft00 && !body.is_empty()).then(|| self.algorithm.hash(body));
        let base_string = self.base_string(head, body_hash.as_deref())?;
        let mac = self.algorithm.mac(self.key.expose(), &base_string)?;
        let authorization = self.authorization(body_hash.as_deref(), &mac)?;
        Ok(MacSignature {
            base_string,
            body_hash,
            mac,
            authorization,
        })
    }

    /// §3.2.1 in both drafts: every line ends with a line feed, the last too.
    fn base_string(
        &self,
        head: &request::Parts,
        body_hash: Option<&str>,
    ) -> Result<String, MacError> {
        let uri = &head.uri;
        let host = uri.host().ok_or(MacError::MissingHost)?;
        if !uri.authority().is_some_and(has_usable_port) {
            return Err(MacError::InvalidPort);
        }
        let default_port = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => return Err(MacError::MissingHost),
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let target = match target {
            // `Uri` has a query without a path as it was given.
            query if query.starts_with('?') => format!("/{query}"),
            target => target.to_owned(),
        };
        let timestamp = self.timestamp.to_string();
        let method = head.method.as_str().to_ascii_uppercase();
        let host = host.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(default_port).to_string();
        let request = [self.nonce, &method, &target, &host, &port];
        let lines = match self.draft {
            Draft::Draft00 => [&request[..], &[body_hash.unwrap_or_default(), self.ext]].concat(),
            Draft::Draft01 => [&[&*timestamp], &request[..], &[self.ext]].concat(),
        };
        Ok(lines.join("\n") + "\n")
    }

    fn authorization(&self, body_hash: Option<&str>, mac: &str) -> Result<HeaderValue, MacError> {
        let mut value = format!("MAC id=\"{}\"", self.id);
        if self.draft == Draft::Draft01 {
            value += &format!(", ts=\"{}\"", self.timestamp);
        }
        value += &format!(", nonce=\"{}\"", self.nonce);
        if let Some(hash) = body_hash {
            value += &format!(", bodyhash=\"{hash}\"");
        }
        if !self.ext.is_empty() {
            value += &format!(", ext=\"{}\"", self.ext);
        }
        value += &format!(", mac=\"{mac}\"");
        let mut value = HeaderValue::try_from(value).map_err(|_| MacError::InvalidCharacter)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// The plain string of the drafts: what can stand between quotes as it is.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// A request's MAC and what it was computed over, by [`Mac::sign`](super::Mac::sign).
#[derive(Clone)]
pub struct MacSignature {
    base_string: String,
    body_hash: Option<String>,
    mac: String,
    authorization: HeaderValue,
}

impl MacSignature {
    /// What was signed, line by line (§3.2.1). Two sides that do not agree find
    /// the difference here.
    pub fn base_string(&self) -> &str {
        &self.base_string
    }

    /// The hash of the body in base64; draft 00 with a body only (§3.2).
    pub fn body_hash(&self) -> Option<&str> {
        self.body_hash.as_deref()
    }

    /// The MAC in base64.
    pub fn mac(&self) -> &str {
        &self.mac
    }

    /// The value of the `Authorization` header, marked as sensitive (§3.1).
    pub fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }
}

impl fmt::Debug for MacSignature {
    /// Shows no token and no MAC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacSignature").finish_non_exhaustive()
    }
}
