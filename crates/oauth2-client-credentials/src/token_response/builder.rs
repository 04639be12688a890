//! Tokens that did not come from a token endpoint.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Map;

use crate::scope::Scope;
use crate::secret::SecretString;
use crate::token_type::TokenType;

use super::{Inner, TokenResponse, is_access_token};

/// Builds a [`TokenResponse`] for a token from elsewhere.
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenResponseBuilder {
    access_token: SecretString,
    token_type: TokenType,
    expires_in: Option<Duration>,
    received_at: Option<SystemTime>,
    refresh_in: Option<Duration>,
    scope: Option<Scope>,
}

impl TokenResponseBuilder {
    pub(super) fn new(access_token: SecretString) -> Self {
        Self {
            access_token,
            token_type: TokenType::Bearer,
            expires_in: None,
            received_at: None,
            refresh_in: None,
            scope: None,
        }
    }

    /// How it is to be used; [`TokenType::Bearer`] if nothing is said.
    pub fn token_type(self, token_type: TokenType) -> Self {
        Self { token_type, ..self }
    }

    /// How long it lives from when it was received: whole seconds, the rest is
    /// dropped, and at most ten years of 365 days.
    ///
    /// This alone does not end the token's life: without
    /// [`received_at`](Self::received_at) nobody knows when it began, and
    /// [`is_expired`](TokenResponse::is_expired) is never true.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        Self {
            expires_in: Some(whole_seconds(lifetime)),
            ..self
        }
    }

    /// When it was received, from where [`expires_in`](Self::expires_in) counts.
    /// Without either of the two there is no
    /// [`expires_at`](TokenResponse::expires_at), and the token is never
    /// [expired](TokenResponse::is_expired) by the clock.
    pub fn received_at(self, now: SystemTime) -> Self {
        Self {
            received_at: Some(now),
            ..self
        }
    }

    /// After what time it should be renewed.
    pub fn refresh_in(self, after: Duration) -> Self {
        Self {
            refresh_in: Some(after),
            ..self
        }
    }

    /// What it allows.
    pub fn scope(self, scope: Scope) -> Self {
        Self {
            scope: Some(scope),
            ..self
        }
    }

    /// The token.
    ///
    /// # Errors
    /// When it is empty or has a character that is not visible ASCII.
    pub fn build(self) -> Result<TokenResponse, InvalidTokenError> {
        if !is_access_token(self.access_token.expose()) {
            return Err(InvalidTokenError { _private: () });
        }
        Ok(TokenResponse::from_inner(Inner {
            expires_at: self
                .received_at
                .zip(self.expires_in)
                .map(|(now, life)| end_of_life(now, life)),
            access_token: self.access_token,
            token_type: self.token_type,
            expires_in: self.expires_in,
            refresh_in: self.refresh_in,
            scope: self.scope,
            requested_scope: None,
            refresh_token: None,
            authorization_details: None,
            authorization_details_changed: false,
            extra: Map::new(),
            quirks: Vec::new(),
        }))
    }
}

/// A lifetime as it is kept: whole seconds, and no more than ten years of 365
/// days, beyond which some clock overflows.
pub(crate) fn whole_seconds(lifetime: Duration) -> Duration {
    const LONGEST: u64 = 10 * 365 * 24 * 60 * 60;
    Duration::from_secs(lifetime.as_secs().min(LONGEST))
}

/// Past the end of time a token counts as expired: the other choice would be
/// one that never is.
pub(crate) fn end_of_life(now: SystemTime, lifetime: Duration) -> SystemTime {
    now.checked_add(lifetime).unwrap_or(now)
}

/// A text is no access token: it is empty, or has a character that is not
/// visible ASCII (`%x21-7E`) and so could break out of a header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidTokenError {
    _private: (),
}

impl fmt::Display for InvalidTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the access token is empty or has characters other than visible ASCII, give it as it was issued")
    }
}

impl std::error::Error for InvalidTokenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_ascii_is_a_token() {
        for text in [
            "",
            "a b",
            " a",
            "a\r\nb",
            "caf\u{e9}",
            "a\0",
            "a\u{7f}",
            "\t",
        ] {
            assert!(TokenResponse::new(text).is_err(), "{text:?}");
        }
        assert!(TokenResponse::new("!~|^#\"\\{").is_ok());
    }

    #[test]
    fn a_life_of_unknown_begin_does_not_end() {
        let token = TokenResponse::builder("t")
            .expires_in(Duration::ZERO)
            .build()
            .unwrap();
        assert_eq!(token.expires_in(), Some(Duration::ZERO));
        assert!(!token.is_expired(SystemTime::UNIX_EPOCH));
    }

    #[test]
    fn a_lifetime_is_whole_seconds_and_at_most_ten_years() {
        let ten_years = Duration::from_secs(315_360_000);
        for (given, kept) in [
            (Duration::MAX, ten_years),
            (ten_years + Duration::from_nanos(1), ten_years),
            (Duration::from_millis(60_999), Duration::from_secs(60)),
            (Duration::from_millis(999), Duration::ZERO),
        ] {
            let now = SystemTime::UNIX_EPOCH;
            let token = TokenResponse::builder("t")
                .expires_in(given)
                .received_at(now)
                .build()
                .unwrap();
            assert_eq!(token.expires_in(), Some(kept), "{given:?}");
            assert_eq!(token.expires_at(), Some(now + kept), "{given:?}");
        }
    }

    #[test]
    fn no_arithmetic_overflows() {
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        let mut now = SystemTime::UNIX_EPOCH;
        let mut step = Duration::from_secs(u64::MAX);
        while step > year {
            now = now.checked_add(step).unwrap_or(now);
            step /= 2;
        }
        let token = TokenResponse::builder("t")
            .expires_in(Duration::MAX)
            .received_at(now)
            .build()
            .unwrap();
        assert!(token.is_expired(now));
    }

    #[test]
    fn debug_hides_the_token() {
        let builder = TokenResponse::builder("canary");
        assert!(!format!("{builder:?}").contains("canary"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("canary"));
    }
}
