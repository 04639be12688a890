//! What all cells of one source share: how many ask the authorization server at a time, and when nobody may.

use std::{collections::VecDeque, fmt, sync::Arc};

use super::{flight::Flight, schedule::Schedule};
use crate::{
    clock::Moment,
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
    /// Those that should have ended long ago. They take no place.
    standing: Vec<Arc<Flight>>,
    in_line: VecDeque<Arc<Flight>>,
}

/// Until when the server wants to be left alone (`Retry-After` with 429 or 503), and how it said so.
#[derive(Default)]
struct Pause {
    until: Moment,
    error: Option<TokenError>,
}

impl Governor {
    pub(crate) fn new() -> Self {
        Self {
            lanes: Mutex::new(Lanes::default()),
            pause: Slot::new(Some(Arc::default())),
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
        lanes.standing.retain(|other| !Arc::ptr_eq(other, flight));
        lanes.in_line.retain(|other| !Arc::ptr_eq(other, flight));
        lanes.advance(schedule, now);
    }

    /// Lets through whoever is next, if a place is free.
    pub(crate) fn advance(&self, schedule: &Schedule, now: Moment) {
        lock(&self.lanes).advance(schedule, now);
    }

    /// Stops all flights: nobody is left to fly for.
    pub(crate) fn abandon(&self) {
        let flights: Vec<_> = {
            let lanes = lock(&self.lanes);
            let started = lanes.running.iter().chain(&lanes.standing);
            started.chain(&lanes.in_line).cloned().collect()
        };
        // Outside the lock: a task that ends leaves its lane.
        flights.iter().for_each(|flight| flight.abort());
    }

    /// Closes the way for every cell. It is never opened earlier.
    pub(crate) fn pause(&self, until: Moment, error: &TokenError) {
        loop {
            let loaded = self.pause.load();
            let seen = loaded
                .as_ref()
                .expect("a governor has a pause, if one that is over");
            if until <= seen.until {
                return;
            }
            let error = Some(error.clone());
            if self.pause.replace(seen, Arc::new(Pause { until, error })) {
                return;
            }
        }
    }

    /// Why no flight may start at `now`, if that is so.
    pub(crate) fn paused(&self, now: Moment) -> Option<TokenError> {
        let pause = self.pause.load();
        let pause = pause.as_ref().filter(|pause| now < pause.until)?;
        let error = pause.error.as_ref()?;
        Some(error.retry_after(pause.until.since(now)))
    }
}

impl Lanes {
    fn advance(&mut self, schedule: &Schedule, now: Moment) {
        let stands_still = |flight: &mut Arc<Flight>| {
            flight
                .started()
                .is_none_or(|started| schedule.stands_still(now.since(started)))
        };
        self.standing
            .extend(self.running.extract_if(.., stands_still));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{error::TokenErrorKind, event::Cause};

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    fn flights(count: u64) -> Vec<Arc<Flight>> {
        (0..count)
            .map(|number| Flight::new(number, Cause::Empty, None))
            .collect()
    }

    fn started(flights: &[Arc<Flight>]) -> usize {
        flights
            .iter()
            .filter(|flight| flight.started().is_some())
            .count()
    }

    #[test]
    fn eight_ask_at_a_time_and_the_others_in_their_order() {
        let (governor, schedule, flights) = (Governor::new(), Schedule::default(), flights(20));
        for flight in &flights {
            governor.enter(flight, &schedule, at(1));
        }
        assert_eq!(started(&flights), 8);
        for left in 0..12 {
            governor.leave(&flights[left], &schedule, at(2));
            assert_eq!(started(&flights), 9 + left);
            assert_eq!(
                flights[8 + left].started(),
                Some(at(2)),
                "its time begins now, not when it got in line"
            );
        }
    }

    #[test]
    fn a_flight_that_leaves_the_line_takes_no_place() {
        let (governor, schedule, flights) = (Governor::new(), Schedule::default(), flights(10));
        for flight in &flights {
            governor.enter(flight, &schedule, at(1));
        }
        governor.leave(&flights[8], &schedule, at(1));
        governor.leave(&flights[0], &schedule, at(1));
        assert!(flights[8].started().is_none() && flights[9].started().is_some());
    }

    #[test]
    fn flights_that_stand_still_hold_nobody_up() {
        let (governor, schedule, flights) = (Governor::new(), Schedule::default(), flights(9));
        for flight in &flights[..8] {
            governor.enter(flight, &schedule, at(0));
        }
        governor.enter(&flights[8], &schedule, at(21));
        assert_eq!(flights[8].started(), Some(at(21)));
    }

    #[test]
    fn a_pause_is_never_shortened_and_ends_by_itself() {
        let governor = Governor::new();
        let error = || TokenError::new(TokenErrorKind::Transient, "busy");
        assert!(governor.paused(at(0)).is_none());
        governor.pause(at(90), &error());
        governor.pause(at(40), &error());
        let told = governor.paused(at(50)).unwrap();
        assert_eq!(told.retry_in(), Some(Duration::from_secs(40)));
        assert!(governor.paused(at(90)).is_none());
    }
}
