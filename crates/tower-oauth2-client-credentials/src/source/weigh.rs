//! A new token against the one that works: which is given to those who waited, and which is kept.

use std::sync::Arc;

use oauth2_client_credentials::TokenResponse;

use super::{clock::Moment, schedule::Schedule, token::Kept};

/// What becomes of an answer.
#[derive(Debug)]
pub(crate) struct Weighed {
    /// What those who waited for it attach.
    pub(crate) given: Arc<Kept>,
    /// What the cell keeps from now on; `None`: what it has.
    pub(crate) kept: Option<Arc<Kept>>,
}

/// A token as it came, and when it was asked for.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: TokenResponse,
    pub(crate) sent: Moment,
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
    let Answer { response, sent } = answer;
    let lifetime = schedule.lifetime(response.expires_in());
    let times = schedule.times(lifetime, response.refresh_in(), generation == 0, draw);
    // The server has nothing better for now: asked again after half of what is left, it has, or is asked again.
    let half_of_the_rest = |kept: &Kept, lifetime| {
        let half = now + kept.left(now) / 2;
        half.max(sent + schedule.interval(lifetime))
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
    let given = Arc::new(match working {
        Some(kept) if kept.is(&response) && sent + times.expiry <= kept.expiry() => {
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
