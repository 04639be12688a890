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
    TokenSource,
    cell::Cell,
    owner::Owner,
    sent::{CellId, Sent},
};

static CELLS: Mutex<BTreeMap<CellId, Place>> = Mutex::new(BTreeMap::new());

/// Where a cell is, as long as its source is there.
struct Place {
    owner: Weak<Owner>,
    request: TokenRequest,
}

/// Which token a request carried: among the extensions of its response, if the layer was
/// [told to](crate::ClientCredentialsLayer::with_sent_token) put it there.
///
/// For a refusal that comes where the layer does not look: in the trailers of a stream, in a message of one's own.
///
/// ```
/// use tower_oauth2_client_credentials::SentToken;
///
/// /// gRPC status 16 may come after the answer's last message.
/// fn after_the_stream<B>(response: &http::Response<B>, trailers: &http::HeaderMap) {
///     let refused = trailers.get("grpc-status").is_some_and(|status| status == "16");
///     if let Some(sent) = response.extensions().get::<SentToken>().filter(|_| refused) {
///         sent.reject();
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SentToken(Sent);

impl SentToken {
    pub(crate) fn new(sent: Sent) -> Self {
        Self(sent)
    }

    /// Tells that a resource server refused it, as [`TokenSource::reject`] does. Nothing happens if there is a newer one already, or
    /// if its source is gone.
    pub fn reject(&self) {
        if let Some(source) = self.0.source() {
            source.reject(self.0.generation);
        }
    }
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
