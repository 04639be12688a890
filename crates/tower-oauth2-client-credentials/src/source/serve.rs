//! What a source does for each request of a layer: the header while nothing changes, the token while it works, and what follows from
//! its refusal.

use std::sync::Arc;

use http::HeaderValue;
use oauth2_client_credentials::{Fresh, TokenRequest};
use tokio::runtime::Handle;

use super::{Sent, TokenSource, attempts, cells::Full, errors, held, registry, token::Kept};
use crate::{
    error::TokenError,
    event::{Event, Verdict},
    fresh::fresh,
};

impl TokenSource {
    /// What `with` makes of the header that shows the token, while nothing changes for a request and this thread has it.
    #[inline]
    pub(crate) fn with_held_header<T>(
        &self,
        with: impl FnOnce(&HeaderValue, Sent) -> Option<T>,
    ) -> Option<T> {
        let coarse_ms = self.owner.context.clock.coarse_ms();
        held::with_header(self.cell.id(), coarse_ms, with)
    }

    /// The header that shows the token, while nothing changes for a request.
    #[inline]
    pub(crate) fn header_in_window(&self) -> Option<(HeaderValue, Sent)> {
        self.cell
            .header_in_window(self.owner.context.clock.coarse_ms())
    }

    /// The same for another request, if its token is known.
    #[inline]
    pub(crate) fn header_in_window_for(
        &self,
        request: &TokenRequest,
    ) -> Option<(HeaderValue, Sent)> {
        let cell = self.owner.find(request)?;
        cell.shared_header(self.owner.context.clock.coarse_ms(), false)
    }

    /// The source for a request that names its own.
    pub(crate) fn for_named(&self, request: &TokenRequest) -> Result<Self, TokenError> {
        self.find_or_make(request, false)
            .map_err(|Full| errors::too_many(self.owner.cells.limit()))
    }

    pub(super) fn find_or_make(
        &self,
        request: &TokenRequest,
        may_exceed: bool,
    ) -> Result<Self, Full> {
        let owner = Arc::clone(&self.owner);
        if let Some(cell) = owner.find(request) {
            return Ok(Self { owner, cell });
        }
        let now = owner.context.clock.now();
        let found = owner
            .cells
            .find_or_make(request, now, may_exceed, |cell| registry::add(&owner, cell))?;
        for evicted in &found.evicted {
            let request = evicted.request();
            owner.context.observe(&Event::Evicted { request });
        }
        Ok(Self {
            owner,
            cell: found.cell,
        })
    }

    /// The token, if it can be attached without waiting. Launches the renewal that this request was elected for.
    #[cold]
    #[inline(never)]
    pub(crate) fn ready(&self) -> Option<Arc<Kept>> {
        let (context, cell) = (&self.owner.context, &self.cell);
        let runtime = Handle::try_current().ok();
        let (kept, elected) = cell.ready(context, runtime.is_some())?;
        if let Some(elected) = elected {
            if let (Some(runtime), Some(flight)) = (runtime, elected.renewal) {
                attempts::launch(&runtime, context, cell, &flight);
            }
            let request = cell.request();
            context.observe(&Event::ServedDue { request });
        }
        Some(kept)
    }

    /// Takes notice of a refusal of the token of this generation, and launches the forced flight if it is the first.
    pub(crate) fn refused(&self, generation: u64) -> Verdict {
        let (context, cell) = (&self.owner.context, &self.cell);
        let runtime = Handle::try_current().ok();
        let now = context.clock.now();
        let (verdict, launch) = cell.reject(context, generation, runtime.is_some(), now);
        if let (Some(runtime), Some(flight)) = (runtime, launch) {
            attempts::launch(&runtime, context, cell, &flight);
        }
        let request = cell.request();
        context.observe(&Event::Rejected { request, verdict });
        verdict
    }

    /// What a request that carries this token remembers of it.
    #[inline]
    pub(crate) fn sent(&self, kept: &Kept) -> Sent {
        self.cell.sent(kept)
    }

    /// The time, and randomness, for a scheme that signs.
    pub(crate) fn fresh(&self) -> Fresh {
        fresh(self.owner.context.clock.wall())
    }

    pub(crate) fn observe_replayed(&self) {
        let request = self.cell.request();
        self.observe(&Event::Replayed { request });
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        self.owner.context.observe(event);
    }
}
