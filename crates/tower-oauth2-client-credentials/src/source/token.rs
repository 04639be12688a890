//! A token as a cell keeps it: with its header made, and its times on our own clock.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderValue;
use oauth2_client_credentials::{Bearer, SecretString, TokenResponse, TokenType};

use super::{schedule::Times, window::Window};
use crate::{clock::Moment, fetch::TokenDigest};

/// A token that may be used now.
///
/// Its `Debug` does not show it.
#[derive(Clone)]
pub struct Token {
    kept: Arc<Kept>,
}

impl Token {
    pub(crate) fn new(kept: Arc<Kept>) -> Self {
        Self { kept }
    }

    /// The token itself.
    #[must_use]
    pub fn access_token(&self) -> &SecretString {
        self.kept.response.access_token()
    }

    /// How it is to be shown to a resource server.
    #[must_use]
    pub fn token_type(&self) -> &TokenType {
        self.kept.response.token_type()
    }

    /// All that the authorization server said with it: scope, extra members, quirks.
    #[must_use]
    pub fn response(&self) -> &TokenResponse {
        &self.kept.response
    }

    /// How many tokens its source had for this request, this one included: a token that is newer has a larger number.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.kept.generation
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("generation", &self.generation())
            .field("token_type", self.token_type())
            .finish_non_exhaustive()
    }
}

/// A token, when it is renewed, and until when nobody has to look at a clock.
#[derive(Debug)]
pub(crate) struct Kept {
    response: TokenResponse,
    /// `None` if the token is of a type that is not shown in a bearer header.
    header: Option<HeaderValue>,
    generation: u64,
    /// How often its cell had been invalidated when it came.
    epoch: u64,
    lifetime: Duration,
    lifeless: bool,
    refresh_at: Moment,
    prefer_until: Moment,
    expiry: Moment,
    /// A resource server refused it: from then on it is not attached any more.
    refused_from: Option<Moment>,
    pub(crate) window: Arc<Window>,
}

/// What a token's age means for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Fresh,
    Due,
    Leeway,
    Expired,
    /// A resource server refused it.
    Rejected,
}

impl Kept {
    /// A token whose request was sent at `sent`.
    pub(crate) fn new(
        response: TokenResponse,
        generation: u64,
        epoch: u64,
        sent: Moment,
        lifetime: Duration,
        times: Times,
    ) -> Self {
        let header = Bearer::new().header_value(&response).ok();
        Self {
            // The first clone of its bytes allocates their reference count: here, and not in a request.
            header: header.clone(),
            response,
            generation,
            epoch,
            lifetime,
            lifeless: false,
            refresh_at: sent + times.refresh_at,
            prefer_until: sent + times.prefer_until,
            expiry: sent + times.expiry,
            refused_from: None,
            window: Arc::default(),
        }
    }

    /// The same token at other times.
    pub(crate) fn at(&self, refresh_at: Moment, prefer_until: Moment, expiry: Moment) -> Self {
        Self {
            response: self.response.clone(),
            header: self.header.clone(),
            generation: self.generation,
            epoch: self.epoch,
            lifetime: self.lifetime,
            lifeless: self.lifeless,
            refresh_at,
            prefer_until,
            expiry,
            refused_from: self.refused_from,
            window: Arc::default(),
        }
    }

    /// The same token, which a resource server refused: it is not attached from `from` on.
    pub(crate) fn refused(&self, from: Moment) -> Self {
        Self {
            refused_from: Some(from),
            ..self.at(self.refresh_at, self.prefer_until, self.expiry)
        }
    }

    /// From when on it is not attached any more, if it was refused.
    pub(crate) fn refused_from(&self) -> Option<Moment> {
        self.refused_from
    }

    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.response.access_token())
    }

    /// The same token, which had ended when it came.
    pub(crate) fn without_life(self) -> Self {
        Self {
            lifeless: true,
            ..self
        }
    }

    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn prefer_until(&self) -> Moment {
        self.prefer_until
    }

    pub(crate) fn expiry(&self) -> Moment {
        self.expiry
    }

    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }

    /// Whether requests may carry it.
    pub(crate) fn works(&self, now: Moment) -> bool {
        !matches!(self.phase(now), Phase::Expired | Phase::Rejected)
    }

    pub(crate) fn is(&self, response: &TokenResponse) -> bool {
        self.response.access_token() == response.access_token()
    }

    pub(crate) fn response(&self) -> &TokenResponse {
        &self.response
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether it had ended when it came: whoever waited for it uses it once.
    pub(crate) fn is_lifeless(&self) -> bool {
        self.lifeless
    }

    pub(crate) fn is_expired(&self, now: Moment) -> bool {
        now >= self.expiry
    }

    /// Until it ends.
    pub(crate) fn left(&self, now: Moment) -> Duration {
        self.expiry.since(now)
    }

    pub(crate) fn phase(&self, now: Moment) -> Phase {
        if self.is_expired(now) {
            Phase::Expired
        } else if self.refused_from.is_some_and(|from| from <= now) {
            Phase::Rejected
        } else if now < self.refresh_at {
            // Also near its end, where the server repeats it: asking again before `refresh_at` is no use.
            Phase::Fresh
        } else if now < self.prefer_until {
            Phase::Due
        } else {
            Phase::Leeway
        }
    }

    /// When the phase that holds at `now` ends.
    pub(crate) fn phase_ends(&self, now: Moment) -> Moment {
        let refused_from = self.refused_from.unwrap_or(self.expiry);
        match self.phase(now) {
            Phase::Fresh => self.refresh_at.min(self.expiry).min(refused_from),
            Phase::Due => self.prefer_until.min(refused_from),
            Phase::Leeway | Phase::Expired | Phase::Rejected => self.expiry,
        }
    }
}

#[cfg(all(test, not(loom_models)))]
mod tests {
    use super::*;
    use crate::source::schedule::Schedule;

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    fn kept() -> Kept {
        let response = TokenResponse::new("t1").expect("a token");
        let lifetime = Duration::from_secs(3_600);
        let times = Schedule::default().times(lifetime, None, false, 0.0);
        Kept::new(response, 1, 0, at(0), lifetime, times)
    }

    /// When it is looked at; its phase, and when that ends.
    #[test]
    fn a_token_goes_through_its_phases_and_a_refused_one_ends_early() {
        let (fresh, refused) = (kept(), kept().refused(at(100)));
        let moved = refused.at(at(2_880), at(3_570), at(3_600));
        for (second, phase, ends) in [
            (0, Phase::Fresh, 2_880),
            (2_880, Phase::Due, 3_570),
            (3_570, Phase::Leeway, 3_600),
            (3_600, Phase::Expired, 3_600),
        ] {
            assert_eq!(fresh.phase(at(second)), phase, "{second}");
            assert_eq!(fresh.phase_ends(at(second)), at(ends), "{second}");
        }
        for kept in [refused, moved] {
            assert_eq!(kept.phase_ends(at(99)), at(100), "no window goes beyond");
            assert!(kept.works(at(99)) && !kept.works(at(100)));
            assert_eq!(kept.phase(at(100)), Phase::Rejected);
            assert_eq!(kept.phase(at(3_600)), Phase::Expired);
        }
    }
}
