//! The tokens that are active.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::reply::Grant;

/// Every token that was issued and not revoked, with its end. None: too far away to be told.
#[derive(Default)]
pub(crate) struct Tokens(HashMap<String, Option<Instant>>);

impl Tokens {
    /// A token that is issued again lives as long as its newest issue says.
    pub(crate) fn issue(&mut self, grant: Grant) {
        let end = Instant::now().checked_add(grant.lifetime);
        self.0.insert(grant.token, end);
    }

    pub(crate) fn is_active(&self, token: &str) -> bool {
        let end = self.0.get(token);
        end.is_some_and(|end| end.is_none_or(|end| Instant::now() < end))
    }

    pub(crate) fn revoke(&mut self, token: &str) {
        self.0.remove(token);
    }

    pub(crate) fn revoke_all(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn grant(token: &str, lifetime: Duration) -> Grant {
        Grant {
            token: token.to_owned(),
            lifetime,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_active_until_its_end_or_its_revocation() {
        let mut tokens = Tokens::default();
        tokens.issue(grant("short", Duration::from_secs(5)));
        tokens.issue(grant("endless", Duration::MAX));
        assert!(tokens.is_active("short") && tokens.is_active("endless"));
        assert!(!tokens.is_active("never issued"));

        tokio::time::advance(Duration::from_millis(4_999)).await;
        assert!(tokens.is_active("short"));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!tokens.is_active("short") && tokens.is_active("endless"));

        tokens.revoke("endless");
        assert!(!tokens.is_active("endless"));
    }
}
