//! One token request, shared by all who wait for it.
//!
//! A flight is a place where an outcome will be: whoever starts it hands it to a task (see [`attempts`](super::attempts)),
//! whoever wants its outcome waits with [`Flight::outcome`]. Nobody owns it. Giving up drops one waiter's waker and nothing else.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tokio::task::AbortHandle;

use super::token::Kept;
use crate::{
    clock::Moment,
    error::TokenError,
    event::Cause,
    fetch::InsteadOf,
    sync::{Mutex, lock},
};

/// One token request with all its attempts.
pub(crate) struct Flight {
    number: u64,
    cause: Cause,
    instead_of: Option<InsteadOf>,
    progress: Mutex<Progress>,
}

/// What all who wait are told.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Token(Arc<Kept>),
    Failed(TokenError),
    /// Its runtime ended before it did: nobody knows what the server would have said.
    Lost,
}

#[derive(Default)]
struct Progress {
    /// When it was let through to the server; until then it stands in line.
    started: Option<Moment>,
    outcome: Option<Outcome>,
    /// What its last attempt failed with.
    failed: Option<TokenError>,
    /// The task that carries it out, while it stands in line.
    in_line: Option<Waker>,
    waiting: Wakers,
    task: Option<AbortHandle>,
    aborted: bool,
}

impl Flight {
    /// Flights of one cell are numbered in the order of their starts.
    pub(crate) fn new(number: u64, cause: Cause, instead_of: Option<InsteadOf>) -> Arc<Self> {
        Arc::new(Self {
            number,
            cause,
            instead_of,
            progress: Mutex::new(Progress::default()),
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }

    /// What its token service must not answer with.
    pub(crate) fn instead_of(&self) -> Option<InsteadOf> {
        self.instead_of
    }

    /// Lets it through at `now`: its time begins.
    pub(crate) fn start(&self, now: Moment) {
        let in_line = {
            let mut progress = lock(&self.progress);
            progress.started.get_or_insert(now);
            progress.in_line.take()
        };
        in_line.into_iter().for_each(Waker::wake);
    }

    /// When it was let through, if it was.
    pub(crate) fn started(&self) -> Option<Moment> {
        lock(&self.progress).started
    }

    /// Notes what an attempt failed with; there is another.
    pub(crate) fn failed(&self, error: &TokenError) {
        let before = lock(&self.progress).failed.replace(error.clone());
        drop(before);
    }

    /// What its last attempt failed with, for those who wait no longer.
    pub(crate) fn last_error(&self) -> Option<TokenError> {
        lock(&self.progress).failed.clone()
    }

    /// For its task: waits until it is let through.
    pub(crate) fn poll_started(&self, cx: &mut Context<'_>) -> Poll<Moment> {
        let mut progress = lock(&self.progress);
        match progress.started {
            Some(started) => Poll::Ready(started),
            None => {
                progress.in_line = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Remembers the task that carries it out, so that it can be stopped.
    pub(crate) fn carried_by(&self, task: AbortHandle) {
        let mut progress = lock(&self.progress);
        if progress.aborted {
            task.abort();
        } else {
            progress.task = Some(task);
        }
    }

    /// Stops the task that carries it out, or that will.
    pub(crate) fn abort(&self) {
        let mut progress = lock(&self.progress);
        progress.aborted = true;
        let task = progress.task.take();
        drop(progress);
        task.inspect(AbortHandle::abort);
    }

    /// Ends it, for all who wait now or later, and tells how many waited. Only the first end counts.
    pub(crate) fn land(&self, outcome: Outcome) -> usize {
        let waiting = {
            let mut progress = lock(&self.progress);
            progress.outcome.get_or_insert(outcome);
            progress.waiting.take()
        };
        // Woken outside the lock: a waker may run what it wakes.
        waiting.into_iter().map(Waker::wake).count()
    }

    /// Waits for its end. Cancel safe: dropping this forgets one waiter.
    pub(crate) fn outcome(self: &Arc<Self>) -> Waiting {
        Waiting {
            flight: Arc::clone(self),
            slot: None,
        }
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Waits for a flight's outcome.
#[must_use]
pub(crate) struct Waiting {
    flight: Arc<Flight>,
    slot: Option<usize>,
}

impl Future for Waiting {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = &mut *self;
        let mut progress = lock(&this.flight.progress);
        if let Some(outcome) = &progress.outcome {
            return Poll::Ready(outcome.clone());
        }
        let replaced = progress.waiting.register(&mut this.slot, cx.waker());
        drop(progress);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let forgotten = self
            .slot
            .and_then(|slot| lock(&self.flight.progress).waiting.forget(slot));
        drop(forgotten);
    }
}

/// The wakers of those who wait, each in its slot. What is taken out is dropped by the caller, outside the lock: a waker may
/// do anything when it is dropped.
#[derive(Default)]
struct Wakers {
    slots: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Wakers {
    fn register(&mut self, slot: &mut Option<usize>, waker: &Waker) -> Option<Waker> {
        let index = *slot.get_or_insert_with(|| {
            self.free.pop().unwrap_or_else(|| {
                self.slots.push(None);
                self.slots.len() - 1
            })
        });
        match &mut self.slots[index] {
            Some(known) if known.will_wake(waker) => None,
            other => other.replace(waker.clone()),
        }
    }

    fn forget(&mut self, slot: usize) -> Option<Waker> {
        // All slots are gone once everybody was woken.
        let waker = self.slots.get_mut(slot)?.take();
        self.free.push(slot);
        waker
    }

    fn take(&mut self) -> Vec<Waker> {
        self.free.clear();
        std::mem::take(&mut self.slots)
            .into_iter()
            .flatten()
            .collect()
    }
}
