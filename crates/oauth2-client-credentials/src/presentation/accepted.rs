//! Which types of tokens are shown as bearer tokens.

use crate::token_response::TokenResponse;
use crate::token_type::TokenType;

use super::PresentationError;

/// Bearer, and what the caller vouched for.
#[derive(Clone, Debug, Default)]
pub(super) struct Accepted {
    treated_as_bearer: Vec<String>,
}

impl Accepted {
    pub(super) fn treat_as_bearer(&mut self, token_type: String) {
        self.treated_as_bearer.push(token_type);
    }

    pub(super) fn check(&self, token: &TokenResponse) -> Result<(), PresentationError> {
        let is_accepted = match token.token_type() {
            TokenType::Bearer => true,
            // Without its proof a DPoP token is refused by whoever checks it, and
            // leaked to whoever does not.
            TokenType::DPoP => false,
            TokenType::Other(name) => self
                .treated_as_bearer
                .iter()
                .any(|one| one.eq_ignore_ascii_case(name)),
        };
        if is_accepted {
            Ok(())
        } else {
            Err(PresentationError::unsupported(token))
        }
    }
}
