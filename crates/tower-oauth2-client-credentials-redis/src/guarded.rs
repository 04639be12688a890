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
            Ok(Err(error)) => Err(self.failed(&*shortened(error))),
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

/// An error of a store as it is, unless it is too long for a log: that of the user's own may have a server's words in it.
fn shortened(error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    const LONGEST: usize = 4_096;
    const SHOWN: usize = 1_000;
    let causes = iter::successors(Some(&*error as &dyn Error), |&error| error.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    let text = texts.join(": ");
    if text.len() <= LONGEST && format!("{error:?}").len() <= 4 * LONGEST {
        return error;
    }
    let mut shown: String = text.chars().take(SHOWN).collect();
    shown.push('…');
    shown.into()
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
