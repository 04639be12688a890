//! What all handles of a source share, and what ends with the last of them.

use std::sync::Arc;

use oauth2_client_credentials::TokenRequest;

use super::{cell::Cell, cells::Cells, context::Context};

/// What ends with the last handle.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(super) context: Arc<Context>,
    /// The source's own, which no request has to look for.
    pub(super) first: Arc<Cell>,
    pub(super) cells: Cells,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.context.governor.abandon();
    }
}

impl Owner {
    #[inline]
    pub(super) fn find(&self, request: &TokenRequest) -> Option<Arc<Cell>> {
        if request == self.first.request() {
            return Some(Arc::clone(&self.first));
        }
        self.cells.find(request)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Arc<Cell>> {
        [Arc::clone(&self.first)]
            .into_iter()
            .chain(self.cells.all())
    }
}
