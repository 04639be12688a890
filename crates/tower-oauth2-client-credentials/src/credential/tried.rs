//! A note of which credential was used.

use super::Credential;
use crate::error::TokenError;

/// Which credential a token request was made with.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    credential: Credential,
    version: u64,
}

impl Tried {
    pub(super) fn new(credential: Credential, version: u64) -> Self {
        Self {
            credential,
            version,
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Why there may be no newer one.
    pub(crate) fn problem(&self) -> Option<TokenError> {
        self.credential.last_error()
    }

    /// The note of the one that is there by now.
    pub(crate) fn now(self) -> Self {
        let version = self.credential.version();
        Self { version, ..self }
    }

    /// Whether there is another one by now. Asked by requests that fail for want of one, so it also has a look from time to time.
    pub(crate) fn is_outdated(&self) -> bool {
        if self.credential.version() != self.version {
            return true;
        }
        self.credential.look();
        false
    }
}
