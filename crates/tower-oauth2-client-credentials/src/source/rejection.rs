//! What a cell remembers of tokens that were refused: which ones, and when the next forced flight may start.

use std::{collections::VecDeque, time::Duration};

use oauth2_client_credentials::TokenResponse;

use super::{clock::Moment, schedule::Schedule, token::Kept};
use crate::fetch::TokenDigest;

/// Of how many refused tokens a cell knows. More than a server hands out between two looks at the first.
const REMEMBERED: usize = 64;

/// The refused tokens of one cell, and the throttle.
///
/// The first forced flight starts at once. While the tokens that such flights bring are refused too, the pause before the next one
/// doubles: one broken route must not cost a token request for each of its answers. A success elsewhere proves nothing about that
/// route, so only an interval without any refusal ends it.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    /// Until when each would have lived.
    refused: VecDeque<(TokenDigest, Moment)>,
    /// How many forced flights have brought a token since it was quiet.
    forced: u32,
    /// When the last of them started.
    forced_at: Moment,
    /// When a token was refused last, whichever.
    noted_at: Moment,
}

impl Rejections {
    /// Notes that a token was refused, whichever: the interval was not quiet.
    pub(super) fn note(&mut self, schedule: &Schedule, now: Moment) {
        if now.since(self.noted_at) >= self.pause(schedule) {
            self.forced = 0;
        }
        self.noted_at = now;
    }

    /// Remembers a refused token for as long as it would have lived.
    pub(super) fn refuse(&mut self, kept: &Kept, now: Moment) {
        self.refused.retain(|(_, end)| now < *end);
        self.refused.truncate(REMEMBERED - 1);
        self.refused.push_front((kept.digest(), kept.expiry()));
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

    /// A forced flight that started at `started` has brought a token.
    pub(super) fn forced(&mut self, started: Moment) {
        self.forced = self.forced.saturating_add(1);
        self.forced_at = started;
    }

    fn pause(&self, schedule: &Schedule) -> Duration {
        schedule.throttle(self.forced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(1_000_000 + seconds)
    }

    /// Forced flights that bring refused tokens, each as soon as the throttle lets it: when each starts.
    #[test]
    fn the_pause_between_forced_flights_doubles_up_to_five_minutes() {
        let (mut rejections, schedule) = (Rejections::default(), Schedule::default());
        let mut starts = Vec::new();
        for second in 0..1_500 {
            rejections.note(&schedule, at(second));
            if rejections.next(&schedule) <= at(second) {
                rejections.forced(at(second));
                starts.push(second);
            }
        }
        assert_eq!(starts, [0, 10, 30, 70, 150, 310, 610, 910, 1_210]);
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
            rejections.note(&schedule, at(0));
            rejections.forced(at(0));
            for second in refusals {
                rejections.note(&schedule, at(*second));
            }
            assert_eq!(rejections.next(&schedule), at(next), "{refusals:?}");
        }
    }
}
