//! The tokens that a thread attached last, each in a header of the thread's own.
//!
//! Whoever clones a header counts its references, and a count that threads share costs them more than all else that a warm request
//! does here; to read the pointer that all share costs as much again. So a thread copies the header once for each token, and asks the
//! token's window whether it is still the cell's. Of the token itself it holds nothing else, so that this one goes when its cell does; a
//! header that is not asked for any more stays until the thread ends or has another in its place.

use std::{cell::RefCell, sync::Arc};

use http::HeaderValue;

use super::{
    sent::{CellId, Sent},
    token::Kept,
    window::Window,
};

/// So many a thread holds: a program talks to a few authorization servers, or for a few of its own parts to one.
const SLOTS: usize = 4;

thread_local! {
    static HELD: RefCell<[Option<Held>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
}

struct Held {
    window: Arc<Window>,
    header: HeaderValue,
    sent: Sent,
}

/// What `with` makes of the header of the cell's token, if this thread has it and nothing changes for a request now.
#[inline]
pub(super) fn with_header<T>(
    cell: CellId,
    coarse_ms: u64,
    with: impl FnOnce(&HeaderValue, Sent) -> Option<T>,
) -> Option<T> {
    let look = |held: &RefCell<[Option<Held>; SLOTS]>| {
        let slots = held.try_borrow().ok()?;
        let held = slots[slot(cell)].as_ref()?;
        let holds = held.sent.cell == cell && held.holds(coarse_ms);
        holds.then(|| with(&held.header, held.sent)).flatten()
    };
    HELD.try_with(look).ok()?
}

/// Copies the header for this thread's next requests, unless the place is taken by one that is in use.
#[cold]
#[inline(never)]
pub(super) fn hold(kept: &Kept, header: &HeaderValue, sent: Sent, coarse_ms: u64) {
    let keep = |held: &RefCell<[Option<Held>; SLOTS]>| {
        let Ok(mut slots) = held.try_borrow_mut() else {
            return;
        };
        let slot = &mut slots[slot(sent.cell)];
        if slot.as_ref().is_some_and(|other| other.holds(coarse_ms)) {
            return;
        }
        let Ok(mut copy) = HeaderValue::from_bytes(header.as_bytes()) else {
            return;
        };
        copy.set_sensitive(true);
        *slot = Some(Held {
            window: Arc::clone(&kept.window),
            // Of the first clone on its bytes have a count; it is allocated here.
            header: copy.clone(),
            sent,
        });
    };
    // A thread that ends has no use for it.
    let _ = HELD.try_with(keep);
}

fn slot(cell: CellId) -> usize {
    cell.get() as usize % SLOTS
}

impl Held {
    #[inline]
    fn holds(&self, coarse_ms: u64) -> bool {
        self.window.read().holds(coarse_ms)
    }
}
