//! The cells of one source, by what they are asked for: found without waiting for any token request, and never more than a limit.

mod known;

use std::{fmt, sync::Arc};

use oauth2_client_credentials::TokenRequest;

use self::known::Known;
use super::cell::Cell;
use crate::{
    clock::Moment,
    sync::{RwLock, read, write},
};

/// The cells of all requests but the source's own.
///
/// A cell that somebody else has a handle of is never thrown out, so there are not two of them for one request: whoever flies for
/// it, waits for it or was given it by [`TokenSource::for_request`](super::TokenSource::for_request) holds one.
pub(crate) struct Cells {
    known: RwLock<Known>,
    limit: usize,
}

/// A cell that was found or made, and those that had to go for it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) cell: Arc<Cell>,
    pub(crate) evicted: Vec<Arc<Cell>>,
}

/// All cells are in use, and there may be no more.
#[derive(Debug)]
pub(crate) struct Full;

impl Cells {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            known: RwLock::default(),
            limit,
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    #[inline]
    pub(crate) fn find(&self, request: &TokenRequest) -> Option<Arc<Cell>> {
        let known = read(&self.known);
        known.get(request).map(Arc::clone)
    }

    /// The cell of `request`; if there is none, a new one in the place of the one that was idle for longest. `made` sees a new one
    /// before anybody else does.
    pub(crate) fn find_or_make(
        &self,
        request: &TokenRequest,
        now: Moment,
        may_exceed: bool,
        made: impl FnOnce(&Cell),
    ) -> Result<Found, Full> {
        let mut known = write(&self.known);
        if let Some(cell) = known.get(request) {
            return Ok(Found {
                cell: Arc::clone(cell),
                evicted: Vec::new(),
            });
        }
        let evicted = known.make_room(self.limit, now);
        if known.len() >= self.limit && !may_exceed {
            return Err(Full);
        }
        let cell = Arc::new(Cell::new(request.clone()));
        if known.is_closed() {
            cell.close();
        }
        made(&cell);
        cell.note_use(now);
        known.insert(&cell);
        Ok(Found { cell, evicted })
    }

    pub(crate) fn all(&self) -> Vec<Arc<Cell>> {
        read(&self.known).all()
    }

    /// All cells; those that are made from now on are closed from the start.
    pub(crate) fn close(&self) -> Vec<Arc<Cell>> {
        write(&self.known).close();
        self.all()
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom_models)))]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    fn request(scope: &str) -> TokenRequest {
        TokenRequest::builder()
            .scope(scope)
            .build()
            .expect("a scope of one word")
    }

    fn make(cells: &Cells, scope: &str, now: u64) -> Result<Found, Full> {
        cells.find_or_make(&request(scope), at(now), false, |_| ())
    }

    fn evicted(found: &Found) -> Option<&str> {
        let cell = found.evicted.first()?;
        Some(cell.request().scope()?.as_str())
    }

    #[test]
    fn whoever_was_idle_for_longest_goes_first() {
        let cells = Cells::new(3);
        for (now, scope) in ["a", "b", "c"].into_iter().enumerate() {
            assert!(make(&cells, scope, now as u64).unwrap().evicted.is_empty());
        }
        cells.find(&request("a")).unwrap().note_use(at(10));
        assert_eq!(evicted(&make(&cells, "d", 11).unwrap()), Some("b"));
        assert_eq!(evicted(&make(&cells, "e", 12).unwrap()), Some("c"));
        assert_eq!(evicted(&make(&cells, "f", 13).unwrap()), Some("a"));
        assert!(cells.find(&request("a")).is_none());
        assert_eq!(cells.all().len(), 3);
    }

    #[test]
    fn whoever_is_held_stays_and_when_all_are_there_is_no_room() {
        let cells = Cells::new(2);
        let held = make(&cells, "a", 1).unwrap().cell;
        make(&cells, "b", 2).unwrap();
        let also_held = make(&cells, "c", 3).unwrap();
        assert_eq!(evicted(&also_held), Some("b"));
        assert!(make(&cells, "d", 4).is_err());
        assert!(Arc::ptr_eq(&held, &make(&cells, "a", 5).unwrap().cell));
        drop(held);
        assert_eq!(evicted(&make(&cells, "d", 6).unwrap()), Some("a"));
    }

    #[test]
    fn what_exceeds_the_bound_goes_once_it_is_let_go() {
        let cells = Cells::new(2);
        let handles: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .map(|scope| {
                cells
                    .find_or_make(&request(scope), at(1), true, |_| ())
                    .unwrap()
            })
            .collect();
        assert_eq!(cells.all().len(), 4);
        drop(handles);
        assert_eq!(make(&cells, "e", 2).unwrap().evicted.len(), 3);
        assert_eq!(cells.all().len(), 2);
    }

    #[test]
    fn the_line_is_no_longer_than_the_cells_are_many() {
        let cells = Cells::new(10);
        for now in 0..1_000 {
            let scope = format!("s{}", now % 37);
            make(&cells, &scope, now).unwrap();
        }
        let known = read(&cells.known);
        assert_eq!((known.len(), known.in_line()), (10, 10));
    }

    #[test]
    fn after_the_close_new_cells_are_closed_too() {
        let cells = Cells::new(10);
        assert!(cells.close().is_empty());
        let cell = make(&cells, "a", 1).unwrap().cell;
        assert!(cell.is_closed());
    }
}
