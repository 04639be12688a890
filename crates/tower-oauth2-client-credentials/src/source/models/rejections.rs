//! Refusals, beside each other and beside a new token.

use super::*;
use crate::event::Verdict;

fn reject(cell: &Cell, context: &Context, generation: u64) -> (Verdict, Option<Arc<Flight>>) {
    cell.reject(context, generation, true, context.clock.now())
}

#[test]
fn of_two_refusals_of_one_token_one_launches_the_forced_flight() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(60));
        let refuse = {
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || {
                let (verdict, launch) = reject(&cell, &context, 1);
                assert_eq!(verdict, Verdict::Forced);
                launch.is_some()
            }
        };
        let other = thread::spawn(refuse.clone());
        let (mine, theirs) = (refuse(), other.join().unwrap());
        assert!(mine != theirs, "exactly one launches");
        assert!(
            cell.ready(&context, true).is_none(),
            "nobody attaches it any more"
        );
    });
}

#[test]
fn a_refusal_beside_a_new_token_leaves_the_new_one() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(3_000));
        let now = context.clock.now();
        let (_, elected) = cell.ready(&context, true).unwrap();
        let flight = elected
            .and_then(|elected| elected.renewal)
            .expect("elected");
        let refusing = thread::spawn({
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || {
                let (_, launch) = reject(&cell, &context, 1);
                assert!(launch.is_none(), "a renewal is under way or has ended");
            }
        });
        land(&cell, &context, &flight, token("t2", now), now);
        refusing.join().unwrap();
        assert_eq!(attached(&cell, &context, now), "t2");
    });
}

#[test]
fn the_same_token_beside_its_refusal_is_not_attached_after_both() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(3_000));
        let now = context.clock.now();
        let (_, elected) = cell.ready(&context, true).unwrap();
        let flight = elected
            .and_then(|elected| elected.renewal)
            .expect("elected");
        let refusing = thread::spawn({
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || reject(&cell, &context, 1).0
        });
        land(&cell, &context, &flight, token("t1", now), now);
        assert_eq!(refusing.join().unwrap(), Verdict::Forced);
        assert!(
            cell.ready(&context, true).is_none(),
            "nobody attaches it any more"
        );
    });
}

#[test]
fn who_read_the_clock_before_a_refusal_and_comes_after_it_sees_it() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(60));
        let earlier = context.clock.now() - Duration::from_millis(1);
        assert_eq!(reject(&cell, &context, 1).0, Verdict::Forced);
        let late = cell.reject(&context, 1, true, earlier);
        assert!(matches!(late, (Verdict::Forced, None)), "{late:?}");
        let decision = cell.decide(&context, true, earlier);
        assert!(
            matches!(decision, Decision::Wait { launch: false, .. }),
            "{decision:?}"
        );
    });
}
