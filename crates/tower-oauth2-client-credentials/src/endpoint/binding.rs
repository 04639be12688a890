//! What tokens are bound to: a certificate, or a key.

use http::{Uri, request, response};
use oauth2_client_credentials::TokenResponse;
#[cfg(feature = "dpop")]
use oauth2_client_credentials::{Dpop, PresentationError};

#[cfg(feature = "dpop")]
use crate::heard::Hidden;
use crate::{clock::Clock, error::TokenError};

/// What stands in an identity for the thumbprint of a certificate that nobody told.
pub(super) const UNKNOWN_CERTIFICATE: &str = "\nx5t#S256 ?";

/// What this endpoint's tokens are to be bound to, if it is anything.
#[derive(Clone, Debug, Default)]
pub(super) struct Binding {
    certificate: Option<String>,
    #[cfg(feature = "dpop")]
    dpop: Option<Dpop>,
}

impl Binding {
    pub(super) fn set_certificate(&mut self, x5t_s256: String) {
        self.certificate = Some(x5t_s256);
    }

    #[cfg(feature = "dpop")]
    pub(super) fn set_dpop(&mut self, dpop: Dpop) {
        self.dpop = Some(dpop);
    }

    pub(super) fn has_certificate(&self) -> bool {
        self.certificate.is_some()
    }

    /// The thumbprints, by the names that they have in a token's `cnf` (RFC 8705 §3.1, RFC 9449 §6.1), each after a line feed.
    pub(super) fn identity(&self) -> String {
        let mut identity = String::new();
        if let Some(thumbprint) = &self.certificate {
            identity.push_str("\nx5t#S256 ");
            identity.push_str(thumbprint);
        }
        #[cfg(feature = "dpop")]
        if let Some(dpop) = &self.dpop {
            identity.push_str("\njkt ");
            identity.push_str(dpop.jkt());
        }
        identity
    }
}

#[cfg(feature = "dpop")]
impl Binding {
    /// Puts a proof on a token request that is about to be sent.
    pub(super) fn prove(
        &self,
        parts: &mut request::Parts,
        clock: &dyn Clock,
    ) -> Result<(), TokenError> {
        let Some(dpop) = &self.dpop else {
            return Ok(());
        };
        dpop.attach_to_token_request(parts, &crate::fresh::fresh(clock.wall()))
            .map_err(|error| {
                let message = format!("no token, for its DPoP proof could not be made: {error}");
                TokenError::new(crate::error::TokenErrorKind::Configuration, message)
            })
    }

    /// Takes the nonce from an answer. Whether one more attempt may be worth it, should the server say that it wants a nonce.
    pub(super) fn learn(&self, uri: &Uri, answer: &response::Parts) -> bool {
        self.dpop
            .as_ref()
            .is_some_and(|dpop| dpop.learn_from_token_response(uri, answer))
    }

    /// Whether a token is bound as it should be, by what the server says of its type.
    pub(super) fn check(&self, token: &TokenResponse) -> Result<(), TokenError> {
        let Some(dpop) = &self.dpop else {
            return Ok(());
        };
        dpop.check(token).map_err(|error| {
            let found = match &error {
                // The secret is out of it already.
                PresentationError::UnsupportedTokenType(name) => Hidden::default().in_text(name),
                _ => "?".to_owned(),
            };
            let message = format!(
                "no token, for the server gave one of the type `{found}` that is not bound to the DPoP key; check that DPoP is \
                 enabled for this client there, or allow bearer tokens (`Dpop::allow_bearer`)"
            );
            TokenError::new(crate::error::TokenErrorKind::UnsupportedTokenType, message)
        })
    }
}

#[cfg(not(feature = "dpop"))]
impl Binding {
    pub(super) fn prove(&self, _: &mut request::Parts, _: &dyn Clock) -> Result<(), TokenError> {
        Ok(())
    }

    pub(super) fn learn(&self, _: &Uri, _: &response::Parts) -> bool {
        false
    }

    pub(super) fn check(&self, _: &TokenResponse) -> Result<(), TokenError> {
        Ok(())
    }
}
