//! The cells of one source, by what they are asked for: found without waiting for any token request, and never more than a limit.

use std::{
    borrow::Borrow,
    cmp::Ordering,
    collections::{BinaryHeap, HashSet},
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, Weak},
    time::Duration,
};

use oauth2_client_credentials::TokenRequest;

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

#[derive(Default)]
struct Known {
    cells: HashSet<Entry>,
    /// Each cell once, by a time at which it was used, though perhaps not the last.
    idle: BinaryHeap<Idle>,
    /// When all were found to be held.
    full_at: Option<Moment>,
    closed: bool,
}

/// For so long nobody looks again whether all cells are held: looking takes time that others wait for.
const FULL_FOR: Duration = Duration::from_millis(5);

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
        known.cells.get(request).map(|entry| Arc::clone(&entry.0))
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
        if let Some(Entry(cell)) = known.cells.get(request) {
            return Ok(Found {
                cell: Arc::clone(cell),
                evicted: Vec::new(),
            });
        }
        let evicted = known.make_room(self.limit, now);
        if known.cells.len() >= self.limit && !may_exceed {
            return Err(Full);
        }
        let cell = Arc::new(Cell::new(request.clone()));
        if known.closed {
            cell.close();
        }
        made(&cell);
        cell.note_use(now);
        known.idle.push(Idle::of(&cell));
        known.cells.insert(Entry(Arc::clone(&cell)));
        Ok(Found { cell, evicted })
    }

    pub(crate) fn all(&self) -> Vec<Arc<Cell>> {
        let known = read(&self.known);
        let cells = known.cells.iter();
        cells.map(|entry| Arc::clone(&entry.0)).collect()
    }

    /// All cells; those that are made from now on are closed from the start.
    pub(crate) fn close(&self) -> Vec<Arc<Cell>> {
        write(&self.known).closed = true;
        self.all()
    }
}

impl Known {
    /// Takes out cells until there is room for one more, if there can be.
    fn make_room(&mut self, limit: usize, now: Moment) -> Vec<Arc<Cell>> {
        let mut evicted = Vec::new();
        let is_full = |at: &Moment| now.since(*at) < FULL_FOR;
        if self.full_at.as_ref().is_some_and(is_full) {
            return evicted;
        }
        self.full_at = None;
        while self.cells.len() >= limit {
            let Some(cell) = self.evict() else {
                self.full_at = Some(now);
                break;
            };
            evicted.push(cell);
        }
        evicted
    }

    /// Takes out the cell that was idle for longest, of those that nobody holds.
    fn evict(&mut self) -> Option<Arc<Cell>> {
        let mut held = Vec::new();
        let mut evicted = None;
        while let Some(idle) = self.idle.pop() {
            let Some(cell) = idle.cell.upgrade() else {
                continue;
            };
            if cell.used() > idle.used {
                // It was used since it got in line: to where it belongs.
                self.idle.push(Idle::of(&cell));
            } else if Arc::strong_count(&cell) > 2 {
                // One is ours, one is the set's. Nobody gets another without the lock but from one who has one.
                held.push(idle);
            } else {
                self.cells.remove(cell.request());
                evicted = Some(cell);
                break;
            }
        }
        self.idle.extend(held);
        evicted
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A cell, found by what it is asked for.
struct Entry(Arc<Cell>);

impl Borrow<TokenRequest> for Entry {
    fn borrow(&self) -> &TokenRequest {
        self.0.request()
    }
}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.request().hash(state);
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0.request() == other.0.request()
    }
}

impl Eq for Entry {}

/// A cell in the line of those to go: the one that was used least lately comes first.
struct Idle {
    used: Moment,
    cell: Weak<Cell>,
}

impl Idle {
    fn of(cell: &Arc<Cell>) -> Self {
        Self {
            used: cell.used(),
            cell: Arc::downgrade(cell),
        }
    }
}

impl Ord for Idle {
    fn cmp(&self, other: &Self) -> Ordering {
        other.used.cmp(&self.used)
    }
}

impl PartialOrd for Idle {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Idle {
    fn eq(&self, other: &Self) -> bool {
        self.used == other.used
    }
}

impl Eq for Idle {}

#[cfg(all(test, not(loom_models)))]
mod tests {
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
        assert_eq!((known.cells.len(), known.idle.len()), (10, 10));
    }

    #[test]
    fn after_the_close_new_cells_are_closed_too() {
        let cells = Cells::new(10);
        assert!(cells.close().is_empty());
        let cell = make(&cells, "a", 1).unwrap().cell;
        assert!(cell.is_closed());
    }
}
