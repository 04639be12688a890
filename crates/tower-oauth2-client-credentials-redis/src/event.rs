//! What an operator can observe.

use std::{error::Error, fmt, time::Duration};

use crate::sealing::Unreadable;

/// Watches a [`SharedCache`](crate::SharedCache).
///
/// Called where it happens, so it has to be quick, and must not panic.
///
/// ```
/// use tower_oauth2_client_credentials_redis::{CacheEvent, CacheObserver};
///
/// #[derive(Debug)]
/// struct Log;
///
/// impl CacheObserver for Log {
///     fn observe(&self, event: &CacheEvent<'_>) {
///         eprintln!("shared token: {event:?}");
///     }
/// }
/// ```
pub trait CacheObserver: fmt::Debug + Send + Sync {
    /// Something happened.
    fn observe(&self, event: &CacheEvent<'_>);
}

/// What happened. No event has a token, a part of one, or a secret in it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CacheEvent<'a> {
    /// The token was there.
    Hit,
    /// Another replica was fetching it, and it came.
    #[non_exhaustive]
    Waited {
        /// For how long.
        waited: Duration,
    },
    /// This replica fetched it.
    #[non_exhaustive]
    Minted {
        /// Whether it held the lease; else the store was away, or another replica took too long.
        leased: bool,
        /// Whether the others get it.
        shared: bool,
    },
    /// This replica could not fetch it.
    MintFailed,
    /// A token that a resource server refused was removed.
    Removed,
    /// A token came too late, or past the lease of another replica, and did not replace what is there.
    Fenced,
    /// What is there is no token that this replica can read; as good as none.
    #[non_exhaustive]
    Unreadable {
        /// Why not.
        why: Unreadable,
    },
    /// The store failed, or took too long: as good as empty.
    #[non_exhaustive]
    StoreFailed {
        /// What it said.
        error: &'a (dyn Error + Send + Sync),
    },
    /// The store has failed so often that it is left alone for a while.
    #[non_exhaustive]
    BreakerOpened {
        /// For how long.
        retry_in: Duration,
    },
    /// The store is there again.
    BreakerClosed,
}
