//! What a cell remembers of tokens that were refused: which ones, and when the next forced flight may start.

use std::{collections::VecDeque, time::Duration};

use oauth2_client_credentials::TokenResponse;

use super::{schedule::Schedule, token::Kept};
use crate::{clock::Moment, fetch::TokenDigest};

/// Of how many refused tokens a cell knows. One that is refused every few seconds for hours is remembered for minutes at least.
const REMEMBERED: usize = 512;

/// Of how many tokens that are not the current one any more a cell knows which they were: a refusal may come long after.
const FORMER: usize = 8;

/// The refused tokens of one cell, and the throttle.
///
/// The first forced flight starts at once. While the tokens that such flights bring are refused too, the pause before the next one
/// doubles: one broken route must not cost a token request for each of its answers. A success elsewhere proves nothing about that
/// route, so only an interval without any refusal ends it. While a forced flight is under way there is nothing to refuse, so its time
/// is not quiet.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    former: VecDeque<Former>,
    /// Until when each would have lived.
    refused: VecDeque<(TokenDigest, Moment)>,
    /// How many forced flights have brought a token since it was quiet.
    forced: u32,
    /// When the last of them started.
    forced_at: Moment,
    /// Since when it is quiet.
    quiet_since: Moment,
}

/// A token that was given out, and is not the current one any more.
#[derive(Clone, Copy, Debug)]
struct Former {
    generation: u64,
    digest: TokenDigest,
    end: Moment,
}

impl Rejections {
    /// Remembers a token that is replaced, or was never kept.
    pub(super) fn replaced(&mut self, kept: &Kept) {
        let former = Former::of(kept);
        self.former
            .retain(|other| other.generation != former.generation);
        self.former.truncate(FORMER - 1);
        self.former.push_front(former);
    }

    /// A token of this generation was refused. Which one it is, if it is known.
    pub(super) fn refuse(
        &mut self,
        schedule: &Schedule,
        generation: u64,
        current: Option<&Kept>,
        now: Moment,
    ) -> Option<TokenDigest> {
        self.reset_if_quiet(schedule, now);
        self.quiet_since = now;
        let mut known = self.former.iter().copied().chain(current.map(Former::of));
        let Former { digest, end, .. } = known.find(|known| known.generation == generation)?;
        self.refused
            .retain(|(known, end)| now < *end && *known != digest);
        self.refused.truncate(REMEMBERED - 1);
        self.refused.push_front((digest, end));
        Some(digest)
    }

    /// Whether this is a token that was refused before.
    pub(super) fn knows(&self, response: &TokenResponse, now: Moment) -> bool {
        if self.refused.is_empty() {
            return false;
        }
        let digest = TokenDigest::of(response.access_token());
        let mut refused = self.refused.iter();
        refused.any(|(known, end)| *known == digest && now < *end)
    }

    /// Before this no forced flight starts.
    pub(super) fn next(&self, schedule: &Schedule) -> Moment {
        self.forced_at + self.pause(schedule)
    }

    /// A forced flight has brought a token.
    pub(super) fn forced(&mut self, schedule: &Schedule, started: Moment, landed: Moment) {
        self.reset_if_quiet(schedule, started);
        self.forced = self.forced.saturating_add(1);
        self.forced_at = self.forced_at.max(started);
        self.quiet_since = self.quiet_since.max(landed);
    }

    fn reset_if_quiet(&mut self, schedule: &Schedule, now: Moment) {
        if now.since(self.quiet_since) >= self.pause(schedule) {
            self.forced = 0;
        }
    }

    fn pause(&self, schedule: &Schedule) -> Duration {
        schedule.throttle(self.forced)
    }
}

impl Former {
    fn of(kept: &Kept) -> Self {
        Self {
            generation: kept.generation(),
            digest: kept.digest(),
            end: kept.expiry(),
        }
    }
}

#[cfg(all(test, not(loom_models)))]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(1_000_000 + seconds)
    }

    fn kept(name: &str, generation: u64) -> Kept {
        let response = TokenResponse::new(name).expect("a token");
        let lifetime = Duration::from_secs(60);
        let times = Schedule::default().times(lifetime, None, true, 0.0);
        Kept::new(response, generation, 0, at(0), lifetime, times)
    }

    /// Forced flights that bring refused tokens, each as soon as the throttle lets it: when each starts. However long they take.
    #[test]
    fn the_pause_between_forced_flights_doubles_up_to_five_minutes() {
        for (takes, expected) in [
            (0, &[0, 10, 30, 70, 150, 310, 610, 910, 1_210][..]),
            (12, &[0, 12, 32, 72, 152, 312, 612, 912, 1_212]),
            (25, &[0, 25, 50, 90, 170, 330, 630, 930, 1_230]),
        ] {
            let (mut rejections, schedule) = (Rejections::default(), Schedule::default());
            let (mut starts, mut lands) = (Vec::new(), 0);
            for second in 0..1_500 {
                if second < lands {
                    continue;
                }
                rejections.refuse(&schedule, 1, None, at(second));
                if rejections.next(&schedule) <= at(second) {
                    lands = second + takes;
                    rejections.forced(&schedule, at(second), at(lands));
                    starts.push(second);
                }
            }
            assert_eq!(starts, expected, "{takes} s each");
        }
    }

    /// Refusals, in seconds after a forced flight at 0; then when the next may start.
    #[test]
    fn only_a_whole_interval_without_a_refusal_ends_the_throttle() {
        for (refusals, next) in [
            (&[0, 9][..], 10),
            (&[9, 18], 10),
            (&[10], 0),
            (&[4, 14], 0),
            (&[1, 10, 19, 28], 10),
        ] {
            let (mut rejections, schedule) = (Rejections::default(), Schedule::default());
            rejections.refuse(&schedule, 1, None, at(0));
            rejections.forced(&schedule, at(0), at(0));
            for second in refusals {
                rejections.refuse(&schedule, 1, None, at(*second));
            }
            assert_eq!(rejections.next(&schedule), at(next), "{refusals:?}");
        }
    }

    #[test]
    fn a_refused_token_is_known_as_long_as_it_would_have_lived() {
        let (mut rejections, schedule) = (Rejections::default(), Schedule::default());
        let (a, b) = (kept("a", 1), kept("b", 2));
        rejections.replaced(&a);
        let mut refuse = |generation| rejections.refuse(&schedule, generation, Some(&b), at(1));
        assert_eq!(refuse(1), Some(a.digest()), "also one that was replaced");
        assert_eq!(refuse(7), None);
        assert!(rejections.knows(a.response(), at(59)));
        assert!(!rejections.knows(a.response(), at(60)) && !rejections.knows(b.response(), at(1)));
        let refused = rejections.refuse(&schedule, 2, Some(&b), at(2));
        assert_eq!(refused, Some(b.digest()));
        assert!(rejections.knows(b.response(), at(2)));
    }
}
