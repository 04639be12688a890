//! A token that a thread holds for itself, beside what takes it from the cell.

use super::*;

/// What a thread asks that holds a token: at this time, and at all times of the coarse clock.
fn holds(kept: &Kept) -> bool {
    let seen = kept.window.read();
    (0..2_000).any(|ms| seen.holds(Frozen.coarse_ms() - 1_000 + ms))
}

/// One thread opens windows of its token while `end` ends that token: afterwards none is open.
fn ends_with(end: impl Fn(&Cell, &Context) + Copy + Send + Sync + 'static) {
    model(move || {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(60));
        let opening = thread::spawn({
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || cell.ready(&context, true).map(|(kept, _)| kept)
        });
        end(&cell, &context);
        if let Some(kept) = opening.join().unwrap() {
            assert!(!holds(&kept), "whoever holds it sees that it is gone");
        }
    });
}

#[test]
fn a_held_token_is_attached_in_its_window() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(60));
        let (kept, _) = cell.ready(&context, true).unwrap();
        assert!(holds(&kept));
    });
}

#[test]
fn a_held_token_is_not_attached_after_its_refusal() {
    ends_with(|cell, context| {
        cell.reject(context, 1, true, context.clock.now());
    });
}

#[test]
fn a_held_token_is_not_attached_after_it_was_thrown_away_or_its_source_closed() {
    ends_with(|cell, _| cell.invalidate());
    ends_with(|cell, _| {
        cell.close();
    });
}

#[test]
fn a_held_token_is_not_attached_after_another_came() {
    model(|| {
        let context = context();
        let cell = with_token(&context, Duration::from_secs(3_000));
        let now = context.clock.now();
        let (kept, elected) = cell.ready(&context, true).unwrap();
        let flight = elected
            .and_then(|elected| elected.renewal)
            .expect("elected");
        let opening = thread::spawn({
            let (context, cell) = (Arc::clone(&context), Arc::clone(&cell));
            move || drop(cell.ready(&context, true))
        });
        land(&cell, &context, &flight, token("t2", now), now);
        assert!(!holds(&kept), "as soon as the other is there");
        opening.join().unwrap();
        assert!(!holds(&kept));
    });
}
