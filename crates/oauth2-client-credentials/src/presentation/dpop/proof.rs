//! What a proof says.

use std::borrow::Cow;

use http::{Method, Uri};

use crate::fresh::Fresh;
use crate::jose::compact::{self, Object};
use crate::jose::{JwsAlgorithm, PublicJwk, sha256};
use crate::presentation::PresentationError;
use crate::token_response::TokenResponse;

use super::target::htu;

/// The claims of a DPoP proof (RFC 9449 §4.2), which a
/// [`DpopKey`](super::DpopKey) signs.
#[derive(Clone, Debug)]
pub struct DpopProof<'a> {
    method: &'a Method,
    uri: &'a Uri,
    issued_at: u64,
    id: Cow<'a, str>,
    token_hash: Option<String>,
    nonce: Option<&'a str>,
}

impl<'a> DpopProof<'a> {
    /// For a request with this method to this URI, which has to name the host.
    pub fn new(method: &'a Method, uri: &'a Uri, fresh: &Fresh) -> Self {
        Self {
            method,
            uri,
            issued_at: fresh.seconds(),
            id: fresh.id().into(),
            token_hash: None,
            nonce: None,
        }
    }

    /// Another `jti` than that of the randomness, which must not come twice.
    #[must_use]
    pub fn id(self, id: &'a str) -> Self {
        Self {
            id: id.into(),
            ..self
        }
    }

    /// The token that the request shows, as its hash: `ath`. For a request to a
    /// resource server, and not for the token request.
    #[must_use]
    pub fn access_token(self, token: &TokenResponse) -> Self {
        Self {
            token_hash: Some(sha256(token.access_token().expose().as_bytes())),
            ..self
        }
    }

    /// The nonce that the server gave, if it did.
    #[must_use]
    pub fn nonce(self, nonce: Option<&'a str>) -> Self {
        Self { nonce, ..self }
    }

    /// What is signed.
    pub(super) fn signing_input(
        &self,
        algorithm: JwsAlgorithm,
        jwk: &PublicJwk,
    ) -> Result<String, PresentationError> {
        let header = Object::new()
            .text("typ", "dpop+jwt")
            .text("alg", algorithm.name())
            .object("jwk", jwk.object());
        let claims = Object::new()
            .text("jti", &self.id)
            .text("htm", self.method.as_str())
            .text("htu", &htu(self.uri)?)
            .number("iat", self.issued_at)
            .text_if("ath", self.token_hash.as_deref())
            .text_if("nonce", self.nonce);
        Ok(compact::signing_input(header, claims))
    }
}
