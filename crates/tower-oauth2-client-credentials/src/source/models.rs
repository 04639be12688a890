//! loom models: every interleaving of a few threads at a flight and at a cell.
//!
//! ```text
//! RUSTFLAGS="--cfg loom_models" cargo test --release --lib models
//! ```

mod evictions;
mod governor;
mod held;
mod rejections;

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{self, Poll, Waker},
    time::{Duration, SystemTime},
};

use loom::{future::block_on, model, thread};
use oauth2_client_credentials::{TokenRequest, TokenResponse};

use super::{
    cell::Cell,
    context::Context,
    flight::{Flight, Outcome},
    gate::Failure,
    landing::Landing,
    state::Decision,
    token::Kept,
    weigh::Answer,
};
use crate::{
    clock::{Clock, Moment},
    error::{BoxError, TokenError, TokenErrorKind},
    event::Cause,
    fetch::Fetch,
};

/// Time stands still in a model, but for what it hands in itself.
#[derive(Debug)]
struct Frozen;

impl Clock for Frozen {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(3_000)
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
    }
}

fn context() -> Arc<Context> {
    let service = tower::service_fn(|_: Fetch| async {
        Err::<TokenResponse, BoxError>("a model sends nothing".into())
    });
    Context::with(service, Frozen)
}

fn cell() -> Arc<Cell> {
    Arc::new(Cell::new(TokenRequest::default()))
}

/// A token that is asked for at `sent` and lives for an hour.
fn token(name: &str, sent: Moment) -> Landing {
    let response = TokenResponse::builder(name)
        .expires_in(Duration::from_secs(3_600))
        .build()
        .unwrap();
    Landing::Token(Answer {
        response,
        asked: sent,
        sent,
        shared: false,
    })
}

fn failure() -> Landing {
    let error = TokenError::new(TokenErrorKind::Transient, "no token");
    Landing::Failed(Failure {
        error,
        tried: None,
        retry_after: None,
    })
}

fn land(cell: &Cell, context: &Context, flight: &Arc<Flight>, landing: Landing, now: Moment) {
    let landed = cell.land(context, flight, landing, now);
    flight.land(landed.outcome);
}

/// A cell whose token `t1` was asked for `age` ago.
fn with_token(context: &Context, age: Duration) -> Arc<Cell> {
    let (cell, now) = (cell(), context.clock.now());
    let flight = launched(&cell, context, now - age);
    land(&cell, context, &flight, token("t1", now - age), now - age);
    cell
}

/// The flight that a request at `now` has to launch; it is let through at once.
fn launched(cell: &Cell, context: &Context, now: Moment) -> Arc<Flight> {
    match cell.decide(context, true, now) {
        Decision::Wait {
            flight,
            launch: true,
            ..
        } => {
            flight.start(now);
            flight
        }
        other => panic!("nothing to launch: {other:?}"),
    }
}

fn name(kept: &Kept) -> String {
    kept.response().access_token().expose().to_owned()
}

fn attached(cell: &Cell, context: &Context, now: Moment) -> String {
    match cell.decide(context, true, now) {
        Decision::Attach(kept) => name(&kept),
        other => panic!("no token: {other:?}"),
    }
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut task::Context::from_waker(Waker::noop()))
}

#[test]
fn whoever_joins_while_a_flight_ends_is_told() {
    model(|| {
        let flight = Flight::new(1, Cause::Empty, None);
        let joining = thread::spawn({
            let flight = Arc::clone(&flight);
            move || assert!(matches!(block_on(flight.outcome()), Outcome::Lost))
        });
        flight.land(Outcome::Lost);
        joining.join().unwrap();
    });
}

#[test]
fn whoever_gives_up_while_a_flight_ends_takes_nobody_along() {
    model(|| {
        let flight = Flight::new(1, Cause::Empty, None);
        let hurried = thread::spawn({
            let flight = Arc::clone(&flight);
            move || drop(poll_once(flight.outcome()))
        });
        let patient = thread::spawn({
            let flight = Arc::clone(&flight);
            move || assert!(matches!(block_on(flight.outcome()), Outcome::Lost))
        });
        flight.land(Outcome::Lost);
        hurried.join().unwrap();
        patient.join().unwrap();
    });
}

#[test]
fn a_flight_in_line_is_let_through_once_it_is_told() {
    model(|| {
        let flight = Flight::new(1, Cause::Empty, None);
        let in_line = thread::spawn({
            let flight = Arc::clone(&flight);
            move || block_on(std::future::poll_fn(|cx| flight.poll_started(cx)))
        });
        flight.start(Moment::default());
        assert_eq!(in_line.join().unwrap(), Moment::default());
    });
}

#[test]
fn of_two_requests_without_a_token_one_launches_and_both_wait_for_the_same() {
    model(|| {
        let (context, cell) = (context(), cell());
        let decide = {
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || match cell.decide(&context, true, context.clock.now()) {
                Decision::Wait { flight, launch, .. } => (flight.number(), launch),
                other => panic!("no flight: {other:?}"),
            }
        };
        let other = thread::spawn(decide.clone());
        let (mine, theirs) = (decide(), other.join().unwrap());
        assert_eq!(mine.0, theirs.0);
        assert!(mine.1 != theirs.1, "exactly one launches");
    });
}

#[test]
fn of_two_requests_with_a_due_token_one_is_elected() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(3_000));
        let ready = {
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || {
                let (kept, elected) = cell.ready(&context, true).expect("a token that works");
                assert_eq!(name(&kept), "t1");
                elected.is_some_and(|elected| elected.renewal.is_some())
            }
        };
        let other = thread::spawn(ready.clone());
        let (mine, theirs) = (ready(), other.join().unwrap());
        assert!(mine != theirs, "exactly one renews");
    });
}

#[test]
fn a_reader_sees_the_old_token_or_the_new_one_and_then_the_new_one() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(3_000));
        let now = context.clock.now();
        let (_, elected) = cell.ready(&context, true).unwrap();
        let flight = elected
            .and_then(|elected| elected.renewal)
            .expect("elected");
        let reading = thread::spawn({
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || {
                let seen = cell.ready(&context, true).expect("a token that works").0;
                assert!(["t1", "t2"].contains(&&*name(&seen)));
                if name(&seen) == "t2" {
                    assert_eq!(attached(&cell, &context, now), "t2", "never back");
                }
            }
        });
        land(&cell, &context, &flight, token("t2", now), now);
        reading.join().unwrap();
        assert_eq!(name(&cell.ready(&context, true).unwrap().0), "t2");
    });
}

#[test]
fn a_task_that_is_gone_or_panicked_strands_nobody() {
    for landing in [|| Landing::Lost, failure] {
        model(move || {
            let (context, cell) = (context(), cell());
            let now = context.clock.now();
            let flight = launched(&cell, &context, now);
            let waiting = thread::spawn({
                let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
                move || match cell.decide(&context, true, now) {
                    Decision::Wait { launch: true, .. } | Decision::Fail(_) => (),
                    Decision::Wait { flight, .. } => drop(block_on(flight.outcome())),
                    other => panic!("no flight: {other:?}"),
                }
            });
            land(&cell, &context, &flight, landing(), now);
            waiting.join().unwrap();
        });
    }
}

#[test]
fn a_flight_that_was_given_up_neither_publishes_over_a_newer_one_nor_closes_its_gate() {
    for late in [|now| token("late", now), |_| failure()] {
        model(move || {
            let (context, cell) = (context(), cell());
            let began = context.clock.now() - Duration::from_secs(21);
            let now = context.clock.now();
            let old = launched(&cell, &context, began);
            let new = launched(&cell, &context, now);
            assert!(
                matches!(block_on(old.outcome()), Outcome::Lost),
                "its waiters look for another"
            );
            let stood_still = thread::spawn({
                let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
                move || land(&cell, &context, &old, late(began), now)
            });
            land(&cell, &context, &new, token("new", now), now);
            stood_still.join().unwrap();
            assert_eq!(attached(&cell, &context, now), "new");
        });
    }
}

#[test]
fn a_failure_beside_a_late_success_leaves_the_token() {
    model(|| {
        let (context, cell) = (context(), cell());
        let began = context.clock.now() - Duration::from_secs(21);
        let now = context.clock.now();
        let old = launched(&cell, &context, began);
        let new = launched(&cell, &context, now);
        let stood_still = thread::spawn({
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || land(&cell, &context, &old, token("late", began), now)
        });
        land(&cell, &context, &new, failure(), now);
        stood_still.join().unwrap();
        assert_eq!(attached(&cell, &context, now), "late");
    });
}

#[test]
fn what_began_before_an_invalidation_is_not_kept() {
    model(|| {
        let (context, cell) = (context(), cell());
        let now = context.clock.now();
        let flight = launched(&cell, &context, now);
        let invalidating = thread::spawn({
            let cell = Arc::clone(&cell);
            move || cell.invalidate()
        });
        land(&cell, &context, &flight, token("t1", now), now);
        invalidating.join().unwrap();
        assert!(
            matches!(block_on(flight.outcome()), Outcome::Token(_)),
            "its waiters have it"
        );
        assert!(matches!(
            cell.decide(&context, true, now),
            Decision::Wait { launch: true, .. }
        ));
    });
}

#[test]
fn a_source_that_is_closed_or_dropped_while_a_flight_ends_keeps_nothing() {
    model(|| {
        let (context, cell) = (context(), cell());
        let now = context.clock.now();
        let flight = launched(&cell, &context, now);
        let waiting = thread::spawn({
            let flight = Arc::clone(&flight);
            move || drop(block_on(flight.outcome()))
        });
        let closing = thread::spawn({
            let cell = Arc::clone(&cell);
            move || cell.close()
        });
        land(&cell, &context, &flight, token("t1", now), now);
        let handed_out = closing.join().unwrap();
        waiting.join().unwrap();
        assert!(handed_out.is_none_or(|kept| name(&kept) == "t1"));
        assert!(matches!(
            cell.decide(&context, true, now),
            Decision::Fail(_)
        ));
        assert!(
            cell.ready(&context, true).is_none(),
            "nothing is attached any more"
        );
    });
}
