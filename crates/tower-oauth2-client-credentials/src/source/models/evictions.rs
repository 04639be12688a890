//! Who is thrown out, and who joins meanwhile.

use super::*;
use crate::source::cells::Cells;

fn request(scope: &str) -> TokenRequest {
    TokenRequest::builder().scope(scope).build().unwrap()
}

#[test]
fn whoever_joins_a_cell_that_is_to_go_keeps_it_or_gets_another() {
    model(|| {
        let cells = Arc::new(Cells::new(1));
        let now = Moment::default() + Duration::from_secs(1);
        drop(
            cells
                .find_or_make(&request("a"), now, false, |_| ())
                .unwrap(),
        );
        let joining = thread::spawn({
            let cells = Arc::clone(&cells);
            move || cells.find_or_make(&request("a"), now, false, |_| ()).ok()
        });
        let other = cells.find_or_make(&request("b"), now, false, |_| ()).ok();
        let joined = joining.join().unwrap();
        assert!(joined.is_some() || other.is_some(), "one of them has room");
        for found in [joined, other].into_iter().flatten() {
            let known = cells.find(found.cell.request());
            let there = known.is_some_and(|known| Arc::ptr_eq(&known, &found.cell));
            assert!(there, "a cell that somebody holds is the only one");
        }
    });
}

#[test]
fn two_who_ask_for_the_same_get_the_same_cell() {
    model(|| {
        let cells = Arc::new(Cells::new(1));
        let now = Moment::default() + Duration::from_secs(1);
        let other = thread::spawn({
            let cells = Arc::clone(&cells);
            move || {
                cells
                    .find_or_make(&request("a"), now, false, |_| ())
                    .unwrap()
            }
        });
        let mine = cells
            .find_or_make(&request("a"), now, false, |_| ())
            .unwrap();
        let theirs = other.join().unwrap();
        assert!(Arc::ptr_eq(&mine.cell, &theirs.cell));
    });
}
