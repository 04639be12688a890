//! A new token against the one that works: which is given to those who waited, and which is kept.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use oauth2_client_credentials::TokenResponse;

use super::{schedule::Schedule, token::Kept};
use crate::clock::Moment;

/// What becomes of an answer.
#[derive(Debug)]
pub(crate) struct Weighed {
    /// What those who waited for it attach.
    pub(crate) given: Arc<Kept>,
    /// What the cell keeps from now on; `None`: what it has.
    pub(crate) kept: Option<Arc<Kept>>,
}

/// A token as it came, and when its life began.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: TokenResponse,
    /// When we asked for it.
    pub(crate) asked: Moment,
    /// When its life began: when somebody first asked for it.
    pub(crate) sent: Moment,
    /// It was asked for by somebody else, a while before: a cache below had it.
    pub(crate) shared: bool,
}

/// What is older than its own token request by less is not: the clocks of two machines do not agree any better.
const YOUNG: Duration = Duration::from_secs(1);

impl Answer {
    /// An answer that came at `now`, when it was `wall`, to a token request of ours that was sent at `sent`.
    pub(crate) fn new(
        response: TokenResponse,
        sent: Moment,
        now: Moment,
        wall: SystemTime,
    ) -> Self {
        let had_ended = |age: Duration| {
            let lifetime = response.expires_in().unwrap_or_default();
            age.saturating_sub(now.since(sent)) >= lifetime
        };
        // No cache gives one that had ended before it was asked for: that is an end by another clock.
        let age = age(&response, wall).filter(|age| !had_ended(*age));
        let began = now - age.unwrap_or_default();
        Self {
            shared: began + YOUNG < sent,
            asked: sent,
            sent: sent.min(began),
            response,
        }
    }
}

/// How old a token is that says when it ends.
pub(crate) fn age(response: &TokenResponse, wall: SystemTime) -> Option<Duration> {
    let began = response.expires_at()?.checked_sub(response.expires_in()?)?;
    Some(wall.duration_since(began).unwrap_or_default())
}

/// Weighs an answer against the token that still works, if any. `generation` is that of the newest token so far; one that is
/// new has the next, also if it is not kept.
pub(crate) fn weigh(
    schedule: &Schedule,
    draw: f64,
    working: Option<&Arc<Kept>>,
    generation: u64,
    epoch: u64,
    answer: Answer,
    now: Moment,
) -> Weighed {
    let Answer {
        response,
        asked,
        sent,
        shared,
    } = answer;
    let lifetime = schedule.lifetime(response.expires_in());
    // Replicas that share a token need not be parted.
    let first = generation == 0 && !shared;
    let times = schedule.times(lifetime, response.refresh_in(), first, draw);
    // The server has nothing better for now: asked again after half of what is left, it has, or is asked again.
    let half_of_the_rest = |kept: &Kept, lifetime| {
        let half = now + kept.left(now) / 2;
        half.max(asked + schedule.interval(lifetime))
    };
    if sent + lifetime <= now {
        // It had ended when it came: one use by those who asked for it is all it is good for.
        let kept = working.map(|kept| {
            Arc::new(kept.at(
                half_of_the_rest(kept, kept.lifetime()),
                kept.prefer_until(),
                kept.expiry(),
            ))
        });
        let given = Kept::new(response, generation + 1, epoch, sent, lifetime, times);
        return Weighed {
            given: Arc::new(given.without_life()),
            kept,
        };
    }
    // Of one that has an age, the clocks of two machines tell the end; they do not agree any better.
    let slack = if shared { YOUNG } else { Duration::ZERO };
    let given = Arc::new(match working {
        Some(kept) if kept.is(&response) && sent + times.expiry <= kept.expiry() + slack => {
            let leeway = times.expiry - times.prefer_until;
            kept.at(
                half_of_the_rest(kept, lifetime),
                kept.expiry() - leeway,
                kept.expiry(),
            )
        }
        Some(kept) if kept.is(&response) => {
            Kept::new(response, kept.generation(), epoch, sent, lifetime, times)
        }
        _ => Kept::new(response, generation + 1, epoch, sent, lifetime, times),
    });
    Weighed {
        kept: Some(Arc::clone(&given)),
        given,
    }
}

#[cfg(all(test, not(loom_models)))]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(seconds: u64) -> Moment {
        Moment::default() + HOUR + Duration::from_secs(seconds)
    }

    fn wall(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    /// A token that its server gave at this second.
    fn given(second: u64) -> TokenResponse {
        let token = TokenResponse::builder("t").expires_in(HOUR);
        token.received_at(wall(second)).build().expect("a token")
    }

    /// When it was given, sent for and got; then when its life began, and whether somebody else asked for it.
    #[test]
    fn a_tokens_age_counts_from_whoever_asked_for_it_first() {
        let now = 3_000;
        for (gave, sent, began, shared) in [
            (3_000, 2_998, 2_998, false),
            (2_999, 2_998, 2_998, false),
            (2_997, 2_998, 2_997, false),
            (2_000, 2_998, 2_000, true),
            (0, 2_998, 0, true),
            // By a clock that is ahead.
            (9_000, 2_998, 2_998, false),
        ] {
            let answer = Answer::new(given(gave), at(sent), at(now), wall(now));
            assert_eq!(answer.sent, at(began), "{gave} {sent}");
            assert_eq!(answer.shared, shared, "{gave} {sent}");
        }
        // One that ends on its way, and one that had ended before.
        let ended = Answer::new(given(0), at(3_599), at(3_601), wall(3_601));
        assert_eq!((ended.sent, ended.shared), (at(0), true));
        let ended = Answer::new(given(0), at(3_601), at(3_603), wall(3_603));
        assert_eq!((ended.sent, ended.shared), (at(3_601), false));
        let unknown = TokenResponse::new("t").expect("a token");
        assert_eq!(Answer::new(unknown, at(1), at(2), wall(2)).sent, at(1));
    }

    #[test]
    fn a_first_token_that_is_shared_is_renewed_like_any_other() {
        let times = |answer: Answer| {
            let schedule = Schedule::default();
            let kept = weigh(&schedule, 1.0, None, 0, 0, answer, at(1_500)).kept;
            kept.expect("it works").phase_ends(at(1_500))
        };
        let shared = Answer::new(given(500), at(1_499), at(1_500), wall(1_500));
        assert_eq!(times(shared), at(500 + 2_520));
        let own = Answer::new(given(1_500), at(1_499), at(1_500), wall(1_500));
        assert_eq!(times(own), at(1_499 + 1_080));
    }

    /// A service that hands out the same token again, with its age, is asked again no sooner than the interval allows.
    #[test]
    fn an_aged_token_that_is_repeated_is_not_asked_for_at_once() {
        let schedule = Schedule::default();
        let answer = |asked| Answer::new(given(0), at(asked), at(asked), wall(asked));
        let weighed = |working, asked| {
            let kept = weigh(&schedule, 1.0, working, 1, 0, answer(asked), at(asked)).kept;
            kept.expect("it works")
        };
        let kept = weighed(None, 3_000);
        for asked in [3_300, 3_450, 3_500, 3_540, 3_590] {
            let again = weighed(Some(&kept), asked);
            let pause = again.phase_ends(at(asked)).since(at(asked));
            assert!(
                pause >= schedule.interval(HOUR).min(again.left(at(asked))),
                "{asked}: {pause:?}"
            );
        }
    }
}
