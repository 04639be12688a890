//! The cells that are known, and the line of those to go.

use std::{
    borrow::Borrow,
    cmp::Ordering,
    collections::{BinaryHeap, HashSet},
    hash::{Hash, Hasher},
    sync::{Arc, Weak},
    time::Duration,
};

use oauth2_client_credentials::TokenRequest;

use crate::{clock::Moment, source::cell::Cell};

#[derive(Default)]
pub(super) struct Known {
    cells: HashSet<Entry>,
    /// Each cell once, by a time at which it was used, though perhaps not the last.
    idle: BinaryHeap<Idle>,
    /// When all were found to be held.
    full_at: Option<Moment>,
    closed: bool,
}

/// For so long nobody looks again whether all cells are held: looking takes time that others wait for.
const FULL_FOR: Duration = Duration::from_millis(5);

impl Known {
    #[inline]
    pub(super) fn get(&self, request: &TokenRequest) -> Option<&Arc<Cell>> {
        self.cells.get(request).map(|entry| &entry.0)
    }

    pub(super) fn insert(&mut self, cell: &Arc<Cell>) {
        self.idle.push(Idle::of(cell));
        self.cells.insert(Entry(Arc::clone(cell)));
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn all(&self) -> Vec<Arc<Cell>> {
        let cells = self.cells.iter();
        cells.map(|entry| Arc::clone(&entry.0)).collect()
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    #[cfg(all(test, not(loom_models)))]
    pub(super) fn in_line(&self) -> usize {
        self.idle.len()
    }

    /// Takes out cells until there is room for one more, if there can be.
    pub(super) fn make_room(&mut self, limit: usize, now: Moment) -> Vec<Arc<Cell>> {
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
