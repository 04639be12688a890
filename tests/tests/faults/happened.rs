//! Whether a fault happened: a run in which nothing was wrong would keep every promise.

use std::time::{Duration, Instant};

use ::tests::{Attempt, Sent};

use crate::{kind::Kind, play::Run, scale::Scale, stack::Requester};

/// How much shorter a standstill may look on a machine that has other work.
const SLACK: Duration = Duration::from_secs(1);

/// Where requests fail, that they did; elsewhere what else is seen of it.
pub(crate) fn happened(
    kind: Kind,
    scale: &Scale,
    run: &Run,
    requester: &Requester,
    failed: usize,
) -> bool {
    let attempts = requester.asked.attempts();
    let during = (run.began, run.ended);
    match kind {
        Kind::ClockForward => is_early(&attempts, during, scale.interval()),
        // It does nothing that others would see.
        Kind::ClockBack => requester.clock.was_read_while_set(),
        Kind::ProgramStopped => {
            let begun = run.traffic.requests().iter().map(Sent::begun);
            longest_gap(begun) + SLACK >= scale.fault
        }
        // The network counts its handshakes.
        Kind::Rotated => true,
        Kind::HalfOpen => is_one_lost(&attempts, during),
        // A short silence is outlived by those who wait.
        Kind::BlackHole | Kind::ServerStopped if scale.is_short => is_one_lost(&attempts, during),
        _ => failed > 0,
    }
}

/// Whether a token was asked for sooner after another one than any schedule has it.
fn is_early(attempts: &[Attempt], during: (Instant, Instant), interval: Duration) -> bool {
    attempts.windows(2).any(|pair| {
        let sent = pair[1].sent();
        let sooner = pair[0].token_ends().is_some() && sent < pair[0].sent() + interval;
        sooner && during.0 <= sent && sent <= during.1
    })
}

/// Whether a token request that was under way in this time brought none.
fn is_one_lost(attempts: &[Attempt], during: (Instant, Instant)) -> bool {
    attempts.iter().any(|attempt| {
        let ended = attempt.ended().is_some_and(|ended| ended >= during.0);
        ended && attempt.sent() <= during.1 && attempt.token_ends().is_none()
    })
}

/// The longest time without the beginning of a request.
fn longest_gap(begun: impl Iterator<Item = Instant>) -> Duration {
    let (mut last, mut longest) = (None, Duration::ZERO);
    for next in begun {
        longest = longest.max(last.map_or(Duration::ZERO, |last| next - last));
        last = Some(next);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_seen_of_a_fault_is_seen_while_it_lasts_only() {
        let begin = Instant::now();
        let during = (begin + 10 * SECOND, begin + 20 * SECOND);
        let attempt = |at: u32, lifetime: Option<Duration>| {
            let sent = begin + at * SECOND;
            Attempt::new(sent).ended_at(sent + SECOND / 2, lifetime)
        };
        let (good, lost) = (Some(20 * SECOND), None);
        for (first, second, early, one_lost) in [
            (attempt(11, good), attempt(16, good), false, false),
            (attempt(11, good), attempt(15, good), true, false),
            (attempt(4, good), attempt(8, good), false, false),
            // After a failure there may be another at once.
            (attempt(11, lost), attempt(12, good), false, true),
            (attempt(8, lost), attempt(21, lost), false, false),
            // It was under way as the fault began, or as it ended.
            (
                attempt(9, good),
                Attempt::new(begin + 12 * SECOND),
                true,
                false,
            ),
            (attempt(4, good), attempt(20, lost), false, true),
        ] {
            let both = [first, second];
            assert_eq!(is_early(&both, during, 5 * SECOND), early, "{both:?}");
            assert_eq!(is_one_lost(&both, during), one_lost, "{both:?}");
        }
    }

    #[test]
    fn a_standstill_is_the_longest_gap() {
        let begin = Instant::now();
        let begun = [0, 1, 2, 6, 7].map(|at| begin + at * SECOND);
        assert_eq!(longest_gap(begun.into_iter()), 4 * SECOND);
        assert_eq!(longest_gap([].into_iter()), Duration::ZERO);
    }
}
