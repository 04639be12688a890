//! Where a response finds the cell whose token its request carried.
//!
//! A request keeps two integers of its token and no reference: counting references on every request would cost more than all the
//! rest. Only a refusal looks here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use oauth2_client_credentials::TokenRequest;

use super::{
    Owner, TokenSource,
    cell::{Cell, CellId},
};

static CELLS: Mutex<BTreeMap<CellId, Place>> = Mutex::new(BTreeMap::new());

/// Where a cell is, as long as its source is there.
struct Place {
    owner: Weak<Owner>,
    request: TokenRequest,
}

/// The token that a request carried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) cell: CellId,
    pub(crate) generation: u64,
}

pub(super) fn add(owner: &Arc<Owner>, cell: &Cell) {
    let place = Place {
        owner: Arc::downgrade(owner),
        request: cell.request().clone(),
    };
    cells().insert(cell.id(), place);
}

pub(super) fn remove(cell: &Cell) {
    // Outside the lock: what is dropped may be the last of much else.
    let place = cells().remove(&cell.id());
    drop(place);
}

impl Sent {
    /// The source of the token, unless it is gone, or has forgotten this token for others.
    pub(crate) fn source(self) -> Option<TokenSource> {
        let (owner, request) = {
            let cells = cells();
            let place = cells.get(&self.cell)?;
            (place.owner.upgrade(), place.request.clone())
        };
        let owner = owner?;
        let cell = owner.find(&request)?;
        (cell.id() == self.cell).then_some(TokenSource { owner, cell })
    }
}

fn cells() -> MutexGuard<'static, BTreeMap<CellId, Place>> {
    CELLS.lock().unwrap_or_else(PoisonError::into_inner)
}
