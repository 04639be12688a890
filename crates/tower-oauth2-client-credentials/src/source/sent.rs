//! What a request remembers of the token that it carried: two integers, and nothing that is counted.

use std::num::NonZeroU64;

/// Sets a cell apart from all others of the process.
pub(crate) type CellId = NonZeroU64;

/// The token that a request carried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) cell: CellId,
    pub(crate) generation: u64,
}
