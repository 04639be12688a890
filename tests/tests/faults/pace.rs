//! How often an authorization server may be asked: what the schedule promises, held against the times at which it was.
//!
//! Every draw is taken to have been the shortest one, so what is refused here no schedule allows.

use std::time::{Duration, Instant};

use ::tests::Attempt;

use crate::{kind::Kind, scale::Scale};

/// What a fault and a scale allow.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// From a token request that brought a token to the next.
    interval: Duration,
    /// Attempts of one token request.
    attempts: u32,
    /// The first pause without a token, and the longest.
    pauses: [Duration; 2],
    /// How long an attempt takes at least that fails, and at most.
    quickest: Duration,
    longest: Duration,
    flight: Duration,
    /// Requests for a token before its time: a clock that was set has ended it.
    early: u32,
}

/// Attempts that belong to one token request, so far as one can tell: there may be several ways to see it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Flight {
    began: Instant,
    attempts: u32,
    /// Token requests that failed before this one, since the last that did not.
    failures: u32,
    early: u32,
}

/// While a token works, the pause after a failure is longer.
const PAUSES_WITH_TOKEN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(30)];

/// The longest sleep between attempts of one token request, the second and the third.
const BACKOFF: Duration = Duration::from_millis(400);

/// Between what the schedule reads on its clock and what is noted here, on a machine that has other work.
const UNCERTAINTY: Duration = Duration::from_millis(100);

/// An attempt that ends later than this after its time says nothing: the program stood still.
const LATE: Duration = Duration::from_secs(1);

impl Pace {
    pub(crate) fn new(kind: Kind, scale: &Scale) -> Self {
        let is_terminal = kind.is_terminal();
        Self {
            interval: scale.interval(),
            attempts: if is_terminal { 1 } else { 3 },
            pauses: if is_terminal { scale.terminal } else { PAUSES },
            quickest: match kind.is_silent() {
                // The ready client gives up a little sooner: after 5 s of 6, if it gets no connection.
                true => scale.attempt * 5 / 6,
                false => Duration::ZERO,
            },
            longest: scale.attempt,
            flight: scale.flight,
            early: u32::from(kind.sets_the_clock()),
        }
    }

    /// The first token request that was sent too early.
    pub(crate) fn too_early(&self, attempts: &[Attempt]) -> Option<usize> {
        let mut seen = vec![Flight::first(attempts.first()?.sent(), self.early)];
        let mut token_ends = None;
        for (index, pair) in attempts.windows(2).enumerate() {
            let (last, next) = (&pair[0], &pair[1]);
            token_ends = last.token_ends().or(token_ends);
            let ways = seen.iter();
            let mut after = Vec::new();
            for way in ways.flat_map(|flight| self.next(*flight, last, next.sent(), token_ends)) {
                if !after.contains(&way) {
                    after.push(way);
                }
            }
            if after.is_empty() {
                return Some(index + 1);
            }
            seen = after;
        }
        None
    }

    /// All that an attempt may be that was sent at `next`, after one that belonged to `flight`.
    fn next(
        &self,
        flight: Flight,
        last: &Attempt,
        next: Instant,
        token_ends: Option<Instant>,
    ) -> Vec<Flight> {
        let mut ways = Vec::new();
        let is_over = last.ended().filter(|ended| *ended <= next);
        if let (Some(ended), Some(end)) = (is_over, last.token_ends()) {
            // One that had ended when it came says nothing of the next.
            if next + UNCERTAINTY >= last.sent() + self.interval || end <= ended {
                ways.push(Flight::first(next, flight.early));
            }
        } else if let Some(ended) = is_over {
            let slept = next - ended < BACKOFF + UNCERTAINTY;
            if slept && flight.attempts < self.attempts_of(flight) {
                ways.push(Flight {
                    attempts: flight.attempts + 1,
                    ..flight
                });
            }
            let stood_still = ended - last.sent() > self.longest + LATE;
            let failures = flight.failures + u32::from(!stood_still);
            if stood_still || next + UNCERTAINTY >= self.opens(flight, ended, token_ends) {
                ways.push(Flight {
                    began: next,
                    attempts: 1,
                    failures,
                    early: flight.early,
                });
            }
        }
        if let Some(early) = flight.early.checked_sub(1) {
            ways.push(Flight::first(next, early));
        }
        ways
    }

    /// When the pause is over after `flight`, which failed.
    fn opens(&self, flight: Flight, ended: Instant, token_ends: Option<Instant>) -> Instant {
        let took = (ended - flight.began).min(self.flight);
        let after = |[first, ceiling]: [Duration; 2]| {
            let pause = first.saturating_mul(1 << flight.failures.min(20));
            ended + (pause.min(ceiling) / 2).max(took)
        };
        match token_ends {
            // A pause that was made for a renewal ends with the token.
            Some(end) if end > ended => after(PAUSES_WITH_TOKEN).min(end),
            _ => after(self.pauses),
        }
    }

    fn attempts_of(&self, flight: Flight) -> u32 {
        match flight.failures {
            // The first one may meet a connection that ends with the fault's beginning.
            0 => 3,
            _ => self.attempts,
        }
    }

    /// How many token requests there may be from `began` to `ended`, if all of them fail, and the last token ends then.
    pub(crate) fn at_most_failing(
        &self,
        began: Instant,
        ended: Instant,
        token_ends: Option<Instant>,
    ) -> u64 {
        let (mut flight, mut count) = (Flight::first(began, 0), 0);
        loop {
            let mut at = flight.began;
            for _ in 0..self.attempts_of(flight) {
                if at > ended {
                    return count;
                }
                count += 1;
                at += self.quickest;
            }
            flight = Flight {
                began: self.opens(flight, at, token_ends),
                failures: flight.failures + 1,
                ..flight
            };
        }
    }

    /// The same, if each brings a token: one that is due, and then one in each interval. One of them may lose its connection.
    pub(crate) fn at_most_steady(&self, began: Instant, ended: Instant) -> u64 {
        let intervals = (ended - began).as_secs_f64() / self.interval.as_secs_f64();
        1 + intervals as u64 + u64::from(self.early) + u64::from(self.attempts - 1)
    }
}

impl Flight {
    fn first(began: Instant, early: u32) -> Self {
        Self {
            began,
            attempts: 1,
            failures: 0,
            early,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Token requests at these milliseconds, and whether each brings a token of five seconds.
    fn asked(at: &[(u64, bool)]) -> Vec<Attempt> {
        let begin = Instant::now();
        let attempt = |(at, brings): &(u64, bool)| {
            let sent = begin + Duration::from_millis(*at);
            let lifetime = brings.then_some(Duration::from_secs(5));
            Attempt::new(sent).ended_at(sent + Duration::from_millis(1), lifetime)
        };
        at.iter().map(attempt).collect()
    }

    fn pace(kind: Kind) -> Pace {
        Pace::new(kind, &Scale::new(false))
    }

    #[test]
    fn a_token_is_renewed_no_sooner_than_after_a_quarter_of_its_life() {
        let steady = |every: u64| asked(&[(0, true), (every, true), (2 * every, true)]);
        assert_eq!(pace(Kind::Rotated).too_early(&steady(1_300)), None);
        assert_eq!(pace(Kind::Rotated).too_early(&steady(1_000)), Some(1));
        // A clock that was set has ended a token, once.
        let set = asked(&[(0, true), (100, true), (1_400, true)]);
        assert_eq!(pace(Kind::ClockForward).too_early(&set), None);
        let twice = asked(&[(0, true), (100, true), (200, true)]);
        assert_eq!(pace(Kind::ClockForward).too_early(&twice), Some(2));
    }

    /// Eight token requests of three attempts, the pauses after them being so many thousandths of their shortest.
    fn failing(thousandths: u64) -> Vec<Attempt> {
        let (mut at, mut times) = (0, vec![(0, true)]);
        // The token has ended long before.
        at += 20_000;
        for failures in 0..8 {
            times.extend([(at, false), (at + 1, false), (at + 2, false)]);
            at += 3 + (250 << failures).min(30_000) / 2 * thousandths / 1_000;
        }
        asked(&times)
    }

    #[test]
    fn pauses_double_and_a_client_that_halves_them_is_too_early() {
        assert_eq!(pace(Kind::Reset).too_early(&failing(1_000)), None);
        assert!(pace(Kind::Reset).too_early(&failing(500)).is_some());
        // A fourth attempt is another token request.
        let four: Vec<_> = (0..4).map(|n| (n * 10, false)).collect();
        assert_eq!(pace(Kind::Reset).too_early(&asked(&four[..3])), None);
        assert_eq!(pace(Kind::Reset).too_early(&asked(&four)), Some(3));
        // Nobody asks three times in a row for what only somebody who acts can mend.
        let (first, again) = ([(0, false), (4_000, false)], [(4_010, false)]);
        let pace = pace(Kind::Expired);
        assert_eq!(pace.too_early(&asked(&first)), None);
        assert_eq!(
            pace.too_early(&asked(&[&first[..], &again].concat())),
            Some(2)
        );
    }

    #[test]
    fn a_pause_ends_with_the_token_and_is_no_shorter_than_what_it_follows() {
        let renewal = |next: u64| {
            asked(&[
                (0, true),
                (4_900, false),
                (4_901, false),
                (4_902, false),
                (next, false),
            ])
        };
        assert_eq!(pace(Kind::Reset).too_early(&renewal(5_001)), None);
        let pause = asked(&[
            (0, true),
            (3_000, false),
            (3_300, false),
            (3_301, false),
            (3_302, false),
        ]);
        assert_eq!(pace(Kind::Reset).too_early(&pause), Some(4));
        let begin = Instant::now();
        let after = |seconds: u64| begin + Duration::from_secs(seconds);
        let silent = |next: u64| {
            let attempts = [(0, 6), (6, 12), (12, 18), (next, next + 6)];
            attempts.map(|(sent, ended)| Attempt::new(after(sent)).ended_at(after(ended), None))
        };
        assert_eq!(pace(Kind::BlackHole).too_early(&silent(36)), None);
        assert_eq!(pace(Kind::BlackHole).too_early(&silent(35)), Some(3));
    }

    #[test]
    fn what_is_under_way_is_waited_for_and_what_stood_still_is_no_failure() {
        let begin = Instant::now();
        let after = |seconds: u64| begin + Duration::from_secs(seconds);
        let both = [Attempt::new(begin), Attempt::new(after(1))];
        assert_eq!(pace(Kind::Reset).too_early(&both), Some(1));
        let stopped = Attempt::new(begin).ended_at(after(30), None);
        let again = (0..4).map(|n| Attempt::new(after(30 + n)).ended_at(after(30 + n), None));
        let all: Vec<_> = [stopped].into_iter().chain(again).collect();
        assert_eq!(pace(Kind::ProgramStopped).too_early(&all), None);
    }

    #[test]
    fn the_most_there_may_be_are_those_of_the_shortest_pauses() {
        let begin = Instant::now();
        let within = |kind: Kind, seconds: u64| {
            let ended = begin + Duration::from_secs(seconds);
            pace(kind).at_most_failing(begin, ended, Some(begin))
        };
        // Half of 250 ms, 500 ms, 1, 2, 4, 8, 16 and 30 s: eight begin in 17 seconds, the ninth in 31.
        assert_eq!(within(Kind::Reset, 17), 24);
        assert_eq!(within(Kind::Reset, 31), 27);
        assert_eq!(within(Kind::BlackHole, 29), 3);
        assert_eq!(within(Kind::BlackHole, 34), 4);
        let ended = begin + Duration::from_secs(10);
        assert_eq!(pace(Kind::ClockBack).at_most_steady(begin, ended), 12);
    }
}
