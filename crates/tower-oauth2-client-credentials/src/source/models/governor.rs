//! The server wants to be left alone for as long as it said last, and nobody in line is forgotten.

use super::*;
use crate::source::{governor::Governor, schedule::Schedule};

fn at(seconds: u64) -> Moment {
    Moment::default() + Duration::from_secs(seconds)
}

fn busy() -> TokenError {
    TokenError::new(TokenErrorKind::Transient, "busy")
}

#[test]
fn of_two_pauses_the_longer_one_holds() {
    model(|| {
        let governor = Arc::new(Governor::new());
        let shorter = thread::spawn({
            let governor = Arc::clone(&governor);
            move || governor.pause(at(40), &busy())
        });
        governor.pause(at(90), &busy());
        shorter.join().unwrap();
        let told = governor.paused(at(50)).unwrap();
        assert_eq!(told.retry_in(), Some(Duration::from_secs(40)));
    });
}

#[test]
fn a_place_that_is_left_goes_to_who_is_in_line() {
    model(|| {
        let schedule = Schedule::builder().concurrent_fetches(1).build().unwrap();
        let governor = Arc::new(Governor::new());
        let [first, second] = [1, 2].map(|number| Flight::new(number, Cause::Empty, None));
        governor.enter(&first, &schedule, at(1));
        let leaving = thread::spawn({
            let (governor, schedule) = (Arc::clone(&governor), schedule.clone());
            move || governor.leave(&first, &schedule, at(1))
        });
        governor.enter(&second, &schedule, at(1));
        leaving.join().unwrap();
        assert_eq!(second.started(), Some(at(1)));
    });
}

#[test]
fn one_that_gives_up_in_line_takes_the_place_of_nobody() {
    model(|| {
        let schedule = Schedule::builder().concurrent_fetches(1).build().unwrap();
        let governor = Arc::new(Governor::new());
        let [first, second, third] = [1, 2, 3].map(|n| Flight::new(n, Cause::Empty, None));
        for flight in [&first, &second, &third] {
            governor.enter(flight, &schedule, at(1));
        }
        let leaving = thread::spawn({
            let (governor, schedule) = (Arc::clone(&governor), schedule.clone());
            move || governor.leave(&first, &schedule, at(1))
        });
        governor.leave(&second, &schedule, at(1));
        leaving.join().unwrap();
        assert_eq!(third.started(), Some(at(1)));
    });
}
