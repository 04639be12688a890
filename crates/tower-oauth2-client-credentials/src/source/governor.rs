//! What all cells of one source share: how many ask the authorization server at a time, and when nobody may.

use std::{collections::VecDeque, fmt, sync::Arc};

use super::{clock::Moment, flight::Flight, schedule::Schedule};
use crate::{
    error::TokenError,
    sync::{Mutex, Slot, lock},
};

/// Lets flights through to the server, a few at a time, and none while the server wants to be left alone.
pub(crate) struct Governor {
    lanes: Mutex<Lanes>,
    pause: Slot<Pause>,
}

/// Flights are let through here and not by polling, so that one whose runtime stands still holds up nobody for longer than a
/// flight may take.
#[derive(Default)]
struct Lanes {
    running: Vec<Arc<Flight>>,
    in_line: VecDeque<Arc<Flight>>,
}

/// Until when the server wants to be left alone (`Retry-After` with 429 or 503), and how it said so.
struct Pause {
    until: Moment,
    error: TokenError,
}

impl Governor {
    pub(crate) fn new() -> Self {
        Self {
            lanes: Mutex::new(Lanes::default()),
            pause: Slot::new(None),
        }
    }

    /// Lets `flight` through, or puts it in line.
    pub(crate) fn enter(&self, flight: &Arc<Flight>, schedule: &Schedule, now: Moment) {
        let mut lanes = lock(&self.lanes);
        lanes.in_line.push_back(Arc::clone(flight));
        lanes.advance(schedule, now);
    }

    /// Takes `flight` out, and lets the next one through.
    pub(crate) fn leave(&self, flight: &Arc<Flight>, schedule: &Schedule, now: Moment) {
        let mut lanes = lock(&self.lanes);
        lanes.running.retain(|other| !Arc::ptr_eq(other, flight));
        lanes.in_line.retain(|other| !Arc::ptr_eq(other, flight));
        lanes.advance(schedule, now);
    }

    /// Closes the way for every cell. It is never opened earlier.
    pub(crate) fn pause(&self, until: Moment, error: TokenError) {
        let longer = self
            .pause
            .load()
            .as_ref()
            .is_none_or(|pause| pause.until < until);
        if longer {
            self.pause.store(Some(Arc::new(Pause { until, error })));
        }
    }

    /// Why no flight may start at `now`, if that is so.
    pub(crate) fn paused(&self, now: Moment) -> Option<TokenError> {
        let pause = self.pause.load();
        let pause = pause.as_ref().filter(|pause| now < pause.until)?;
        Some(pause.error.retry_after(pause.until.since(now)))
    }
}

impl Lanes {
    fn advance(&mut self, schedule: &Schedule, now: Moment) {
        self.running.retain(|flight| {
            flight
                .started()
                .is_some_and(|started| !schedule.stands_still(now.since(started)))
        });
        while self.running.len() < schedule.concurrent_fetches() {
            let Some(flight) = self.in_line.pop_front() else {
                return;
            };
            flight.start(now);
            self.running.push(flight);
        }
    }
}

impl fmt::Debug for Governor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Governor").finish_non_exhaustive()
    }
}
