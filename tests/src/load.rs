//! Requests at a steady rate, whatever becomes of them, and what became of each.

use std::{
    fmt,
    future::Future,
    time::{Duration, Instant},
};

use tokio::{
    pin, select,
    task::JoinSet,
    time::{self, MissedTickBehavior},
};

use crate::outcome::Outcome;

/// A rate of requests. No request waits for another: a stack that is slow has more of them under way.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    per_second: u32,
}

/// A request that was sent, and has ended.
#[derive(Clone, Debug)]
pub struct Sent {
    begun: Instant,
    took: Duration,
    outcome: Outcome,
}

/// All requests of a load, in the order in which they began.
#[derive(Clone, Default)]
pub struct Traffic {
    requests: Vec<Sent>,
}

impl Load {
    /// So many requests a second.
    ///
    /// # Panics
    ///
    /// If that is none.
    #[must_use]
    pub fn per_second(requests: u32) -> Self {
        assert!(requests > 0, "no load");
        Self {
            per_second: requests,
        }
    }

    /// Sends requests until `end`, and waits for those that are under way then.
    pub async fn until<C, F>(self, end: impl Future, call: C) -> Traffic
    where
        C: Fn() -> F,
        F: Future<Output = Outcome> + Send + 'static,
    {
        pin!(end);
        let mut ticks = time::interval(Duration::from_secs(1) / self.per_second);
        // What a busy machine missed is made up for, so that the count of requests is what it should be.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut calls = JoinSet::new();
        loop {
            select! {
                biased;
                _ = &mut end => break,
                _ = ticks.tick() => {
                    let answer = call();
                    calls.spawn(async {
                        let begun = Instant::now();
                        let outcome = answer.await;
                        Sent { begun, took: begun.elapsed(), outcome }
                    });
                }
            }
        }
        let mut requests = Vec::with_capacity(calls.len());
        while let Some(sent) = calls.join_next().await {
            requests.push(sent.expect("no call panics"));
        }
        requests.sort_by_key(|sent| sent.begun);
        Traffic { requests }
    }
}

impl Sent {
    /// When it was sent.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// When it ended.
    #[must_use]
    pub fn ended(&self) -> Instant {
        self.begun + self.took
    }

    /// What became of it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Whether there was no token for it.
    #[must_use]
    pub fn is_without(&self) -> bool {
        matches!(self.outcome, Outcome::Without { .. })
    }
}

impl Traffic {
    /// Each request.
    #[must_use]
    pub fn requests(&self) -> &[Sent] {
        &self.requests
    }

    /// How many were served.
    #[must_use]
    pub fn served(&self) -> usize {
        self.count(|sent| sent.outcome == Outcome::Served)
    }

    /// How many were refused for their token.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.count(|sent| sent.outcome == Outcome::Refused)
    }

    /// How many were not sent, for want of a token.
    #[must_use]
    pub fn without(&self) -> usize {
        self.count(Sent::is_without)
    }

    /// The longest that one took.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let all = self.requests.iter().map(Sent::took);
        all.max().unwrap_or_default()
    }

    fn count(&self, is: impl Fn(&Sent) -> bool) -> usize {
        self.requests.iter().filter(|sent| is(sent)).count()
    }
}

/// What was neither served nor kept back, in words; the thousands of others as numbers.
impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.requests.iter().filter_map(|sent| match &sent.outcome {
            Outcome::Other(what) => Some(what),
            _ => None,
        });
        f.debug_struct("Traffic")
            .field("requests", &self.requests.len())
            .field("served", &self.served())
            .field("refused", &self.refused())
            .field("without", &self.without())
            .field("others", &others.take(10).collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_does_not_lower_the_rate() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let end = time::sleep(Duration::from_millis(1990));
        let traffic = Load::per_second(50).until(end, || async {
            CALLS.fetch_add(1, Ordering::Relaxed);
            time::sleep(Duration::from_secs(10)).await;
            Outcome::Served
        });
        assert_eq!(traffic.await.served(), 100);
        assert_eq!(CALLS.load(Ordering::Relaxed), 100);
    }
}
