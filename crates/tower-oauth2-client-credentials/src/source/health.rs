//! How it stands with a token.

use std::{fmt, time::Duration};

use super::token::{Kept, Phase};
use crate::{
    clock::Moment,
    error::{TokenError, TokenErrorKind},
};

/// How it stands with a token, at the moment of asking.
///
/// For a dashboard. A readiness probe asks [`TokenSource::token`](crate::TokenSource::token), for reading this fetches none: see
/// [operating](crate::docs::operating).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    state: State,
    left: Option<Duration>,
    generation: Option<u64>,
    last_error: Option<TokenErrorKind>,
    retry_in: Option<Duration>,
}

/// What the next request would find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// No token yet: the next request fetches one.
    Empty,
    /// A token that works.
    Fresh,
    /// A token that works, and is renewed with the next request.
    Due,
    /// A token that works, and ends so soon that a newer one is preferred.
    Leeway,
    /// The token has ended: the next request fetches another.
    Expired,
    /// A resource server refused the token: the next request waits for another.
    Rejected,
    /// No token, and no other may be fetched yet: requests fail at once.
    Gated,
    /// The source was closed: every request fails.
    Closed,
}

impl Health {
    pub(crate) fn new(
        kept: Option<&Kept>,
        shut: Option<TokenError>,
        last_error: Option<TokenError>,
        closed: bool,
        now: Moment,
    ) -> Self {
        let state = match kept.map(|kept| kept.phase(now)) {
            _ if closed => State::Closed,
            Some(Phase::Fresh) => State::Fresh,
            Some(Phase::Due) => State::Due,
            Some(Phase::Leeway) => State::Leeway,
            Some(Phase::Expired | Phase::Rejected) | None if shut.is_some() => State::Gated,
            Some(Phase::Rejected) => State::Rejected,
            Some(Phase::Expired) => State::Expired,
            None => State::Empty,
        };
        Self {
            state,
            left: kept
                .filter(|kept| kept.works(now))
                .map(|kept| kept.left(now)),
            generation: kept
                .filter(|kept| kept.works(now))
                .map(|kept| kept.generation()),
            last_error: last_error.map(|error| error.kind()),
            retry_in: shut.and_then(|error| error.retry_in()),
        }
    }

    /// What the next request would find.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether there is a token that works: requests need no token request to succeed. In the leeway they may wait for one a moment.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.left.is_some()
    }

    /// Until the token ends; `None` without one that works.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.left
    }

    /// The [generation](crate::Token::generation) of the token that requests carry; `None` without one that works.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// Why the last token request failed, or why none may start; `None` if the last one succeeded, or there was none.
    #[must_use]
    pub fn last_error(&self) -> Option<TokenErrorKind> {
        self.last_error
    }

    /// Until the next token request may start; `None` if it may now.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }
}

impl State {
    /// Its name, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Fresh => "fresh",
            Self::Due => "due",
            Self::Leeway => "leeway",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Gated => "gated",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
