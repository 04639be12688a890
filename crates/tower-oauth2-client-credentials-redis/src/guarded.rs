//! A store that cannot hold anybody up: what fails or takes too long is as if nothing were there.

use std::{
    error::Error,
    fmt,
    future::Future,
    iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{self, Instant};

use crate::{
    breaker::Breaker,
    event::{CacheEvent, CacheObserver},
    store::Store,
};

/// The store is away: go on without it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Away;

/// The store with its limits, and who watches.
#[derive(Debug)]
pub(crate) struct Guarded {
    store: Arc<dyn Store>,
    limit: Duration,
    breaker: Mutex<Breaker>,
    observers: Vec<Arc<dyn CacheObserver>>,
}

impl Guarded {
    pub(crate) fn new(store: Arc<dyn Store>, limit: Duration) -> Self {
        Self {
            store,
            limit,
            breaker: Mutex::default(),
            observers: Vec::new(),
        }
    }

    pub(crate) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    pub(crate) fn add(&mut self, observer: Arc<dyn CacheObserver>) {
        self.observers.push(observer);
    }

    /// The same store with the same limits, and a breaker of its own.
    pub(crate) fn separate(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            limit: self.limit,
            breaker: Mutex::default(),
            observers: self.observers.clone(),
        }
    }

    pub(crate) fn tell(&self, event: &CacheEvent<'_>) {
        for observer in &self.observers {
            observer.observe(event);
        }
    }

    /// What `operation` on the store comes to, if it does in time and is worth trying.
    pub(crate) async fn ask<'a, T, F>(
        &'a self,
        operation: impl FnOnce(&'a dyn Store) -> F,
    ) -> Result<T, Away>
    where
        F: Future<Output = Result<T, Box<dyn Error + Send + Sync>>>,
    {
        if !self.breaker().lets_through(Instant::now(), self.limit) {
            return Err(Away);
        }
        let outcome = time::timeout(self.limit, operation(&*self.store)).await;
        match outcome {
            Ok(Ok(answer)) => {
                if self.breaker().succeeded() {
                    self.tell(&CacheEvent::BreakerClosed);
                }
                Ok(answer)
            }
            Ok(Err(error)) => Err(self.failed(&*presentable(error))),
            Err(_) => Err(self.failed(&TookTooLong(self.limit))),
        }
    }

    fn failed(&self, error: &(dyn Error + Send + Sync)) -> Away {
        let opened = self.breaker().failed(Instant::now(), fastrand::f64());
        self.tell(&CacheEvent::StoreFailed { error });
        if let Some(retry_in) = opened {
            self.tell(&CacheEvent::BreakerOpened { retry_in });
        }
        Away
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of a store as it is, unless it is too much for a log or has more than one line: that of the user's own may have a
/// server's words in it.
fn presentable(error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    const LONGEST: usize = 4_096;
    const SHOWN: usize = 1_000;
    let causes = iter::successors(Some(&*error as &dyn Error), |&error| error.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    let (text, debug) = (texts.join(": "), format!("{error:?}"));
    let is_short = text.len() <= LONGEST && debug.len() <= 4 * LONGEST;
    if is_short && !text.contains(breaks) && !debug.contains(breaks) {
        return error;
    }
    let line = text
        .chars()
        .map(|unit| if breaks(unit) { ' ' } else { unit });
    let mut shown: String = line.clone().take(SHOWN).collect();
    if line.count() > SHOWN {
        shown.push('…');
    }
    shown.into()
}

/// Whether it could forge a line of a log, or turn its direction: as in the errors of the layer.
fn breaks(unit: char) -> bool {
    unit.is_control()
        || matches!(
            unit,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// An operation had no answer in time.
#[derive(Debug)]
struct TookTooLong(Duration);

impl fmt::Display for TookTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the store gave no answer within {:?}; look at its load and at the network between",
            self.0
        )
    }
}

impl Error for TookTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Known(&'static str);

    impl fmt::Display for Known {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Known {}

    #[test]
    fn what_a_store_says_is_one_line_and_not_too_much() {
        let forged = "x\r\nERROR \u{202e}forged\u{2028}";
        for (said, expected) in [
            (forged.to_owned(), "x  ERROR  forged ".to_owned()),
            ("y".repeat(4_096), "y".repeat(4_096)),
            ("y".repeat(4_097), "y".repeat(1_000) + "…"),
            (
                "\u{10ffff}".repeat(1_000) + forged,
                "\u{10ffff}".repeat(1_000) + "…",
            ),
        ] {
            let shown = presentable(said.into());
            assert_eq!(shown.to_string(), expected);
            assert!(!format!("{shown:?}").contains(char::is_control));
        }
    }

    #[test]
    fn what_says_nothing_wrong_stays_what_it_was() {
        assert!(presentable(Known("not today").into()).is::<Known>());
        assert!(!presentable(Known("not\ntoday").into()).is::<Known>());
    }
}
