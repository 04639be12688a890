//! Requests at a steady rate, whatever becomes of them, and what became of each.

use std::{
    fmt,
    future::Future,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Response, StatusCode, header::RETRY_AFTER};
use serde_json::Value;
use tokio::{
    pin, select,
    task::JoinSet,
    time::{self, MissedTickBehavior},
};
use tower_oauth2_client_credentials::{TokenError, TokenErrorKind};

/// A rate of requests. No request waits for another: a stack that is slow has more of them under way.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    per_second: u32,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It had its answer.
    Served,
    /// The token was refused: 401, or what stands for it.
    Refused,
    /// It was not sent, for there was no token.
    Without {
        /// What the caller was told.
        reason: String,
        /// Whose fault it is; a gateway does not tell.
        kind: Option<TokenErrorKind>,
        /// Whether it may pass by itself.
        transient: bool,
        /// When the caller may try again, if it was told.
        retry_in: Option<Duration>,
    },
    /// Anything else.
    Other(String),
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

impl Outcome {
    /// Of an answer over HTTP. A 503 is a gateway's, which had no token: what it says is the detail of its problem document (RFC 9457).
    #[must_use]
    pub fn of_answer(answer: &Response<Bytes>) -> Self {
        match answer.status() {
            StatusCode::OK => Self::Served,
            StatusCode::UNAUTHORIZED => Self::Refused,
            StatusCode::SERVICE_UNAVAILABLE => {
                let problem: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
                let seconds = answer.headers().get(RETRY_AFTER);
                let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
                Self::Without {
                    reason: problem["detail"].as_str().unwrap_or_default().to_owned(),
                    kind: None,
                    transient: true,
                    retry_in: seconds.map(Duration::from_secs),
                }
            }
            status => Self::Other(status.to_string()),
        }
    }

    /// Of an error, wherever the layer is in its chain.
    #[must_use]
    pub fn of_error(error: &(dyn std::error::Error + 'static)) -> Self {
        match TokenError::find(error) {
            Some(token) => Self::Without {
                reason: token.to_string(),
                kind: Some(token.kind()),
                transient: token.is_transient(),
                retry_in: token.retry_in(),
            },
            None => Self::Other(error.to_string()),
        }
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

    #[test]
    fn a_problem_says_when_to_try_again() {
        let answer = Response::builder().status(503).header(RETRY_AFTER, "3");
        let problem = Bytes::from_static(br#"{"detail":"no token"}"#);
        let outcome = Outcome::of_answer(&answer.body(problem).unwrap());
        let told = Outcome::Without {
            reason: "no token".to_owned(),
            kind: None,
            transient: true,
            retry_in: Some(Duration::from_secs(3)),
        };
        assert_eq!(outcome, told);
    }
}
