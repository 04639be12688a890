//! Leaves a store alone that fails.

use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row are no accident.
const FAILURES: u32 = 5;
const FIRST: Duration = Duration::from_secs(1);
const CEILING: Duration = Duration::from_secs(30);

/// Counts failures. While it is open nothing is asked; then one operation tries.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    /// How often it has opened since the store last worked.
    openings: u32,
    opens_until: Option<Instant>,
    /// Whether an operation was let through since.
    trying: bool,
}

impl Breaker {
    /// Whether an operation may be tried. While one tries, and for as long as its answer may take, no other does.
    pub(crate) fn lets_through(&mut self, now: Instant, limit: Duration) -> bool {
        match self.opens_until {
            Some(until) if now < until => false,
            Some(_) => {
                self.opens_until = Some(now + limit);
                self.trying = true;
                true
            }
            None => true,
        }
    }

    /// Whether it closes by this.
    pub(crate) fn succeeded(&mut self) -> bool {
        let was_open = self.opens_until.is_some();
        *self = Self::default();
        was_open
    }

    /// For how long it opens by this; `draw` is a number from 0 to 1.
    pub(crate) fn failed(&mut self, now: Instant, draw: f64) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        // Those that were under way when it opened say nothing new.
        if self.failures < FAILURES || (self.opens_until.is_some() && !self.trying) {
            return None;
        }
        let pause = FIRST
            .saturating_mul(1 << self.openings.min(10))
            .min(CEILING);
        let pause = pause.mul_f64(0.5 + draw);
        self.openings = self.openings.saturating_add(1);
        self.opens_until = Some(now + pause);
        self.trying = false;
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(250);

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_alone() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 1..FAILURES {
            assert_eq!(breaker.failed(now, 0.5), None);
        }
        assert!(!breaker.succeeded());
        for _ in 1..FAILURES {
            assert_eq!(breaker.failed(now, 0.5), None);
        }
        assert!(breaker.lets_through(now, LIMIT));
        assert_eq!(breaker.failed(now, 0.5), Some(FIRST));
        assert_eq!(breaker.failed(now, 0.5), None, "one that was under way");
        assert!(!breaker.lets_through(now, LIMIT));
    }

    #[tokio::test(start_paused = true)]
    async fn one_tries_and_the_pause_doubles() {
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            breaker.failed(now, 0.5);
        }
        let mut pauses = Vec::new();
        let mut pause = FIRST;
        for took in [LIMIT, Duration::ZERO].into_iter().cycle().take(7) {
            assert!(!breaker.lets_through(now + pause - LIMIT, LIMIT));
            now += pause;
            assert!(breaker.lets_through(now, LIMIT));
            assert!(!breaker.lets_through(now, LIMIT), "one alone tries");
            now += took;
            pause = breaker.failed(now, 0.5).unwrap();
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 30, 30, 30]);
        assert!(breaker.lets_through(now + pause, LIMIT));
        assert!(breaker.succeeded());
        assert!(breaker.lets_through(now, LIMIT));
    }
}
