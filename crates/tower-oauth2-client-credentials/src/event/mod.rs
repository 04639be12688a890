//! What an operator can observe.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
#[cfg(feature = "tracing")]
pub use self::tracing::TracingObserver;

use std::{fmt, time::Duration};

use oauth2_client_credentials::{Quirk, TokenRequest};

use crate::error::TokenError;

/// Watches a [`TokenSource`](crate::TokenSource).
///
/// Called from wherever it happens, requests included, so it has to be quick, and must not panic. No lock is held while it runs. Nothing is told
/// for a request that simply carries a fresh token.
///
/// ```
/// use tower_oauth2_client_credentials::{Event, Observer};
///
/// #[derive(Debug)]
/// struct Log;
///
/// impl Observer for Log {
///     fn observe(&self, event: &Event<'_>) {
///         if let Event::Fetch { outcome: Err(error), .. } = event {
///             eprintln!("no token: {error}");
///         }
///     }
/// }
/// ```
pub trait Observer: fmt::Debug + Send + Sync {
    /// Something happened.
    fn observe(&self, event: &Event<'_>);
}

/// What happened. No event has a token, a part of one, or a secret in it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A token request ended.
    #[non_exhaustive]
    Fetch {
        /// What was asked for.
        request: &'a TokenRequest,
        /// Why.
        cause: Cause,
        /// Whether a token came.
        outcome: Result<(), &'a TokenError>,
        /// How often the token service was called; 0 if it never was.
        attempts: u32,
        /// From when it was let through to its end.
        duration: Duration,
        /// How many callers waited for it to its end.
        waiters: usize,
    },
    /// The token that requests carry from now on ends after this time.
    #[non_exhaustive]
    SecondsToExpiry {
        /// What was asked for.
        request: &'a TokenRequest,
        /// From now.
        left: Duration,
    },
    /// Requests carry a token whose renewal is due. Told about once a second, not for each request.
    #[non_exhaustive]
    ServedDue {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// A request carried a token that ends within its leeway, because no newer one came in time.
    #[non_exhaustive]
    ServedInLeeway {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// A token had ended when it came: good for those who waited for it, and for nobody else.
    #[non_exhaustive]
    Lifeless {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// The server did not say how long its token lives.
    #[non_exhaustive]
    NoLifetime {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// A token request failed, and the next one may start after this time.
    #[non_exhaustive]
    GateClosed {
        /// What was asked for.
        request: &'a TokenRequest,
        /// From now.
        retry_in: Duration,
    },
    /// A token request succeeded after others had failed.
    #[non_exhaustive]
    GateOpened {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// A resource server refused a token.
    #[non_exhaustive]
    Rejected {
        /// What was asked for.
        request: &'a TokenRequest,
        /// What follows from it.
        verdict: Verdict,
    },
    /// A request whose token was refused is sent once more, with another.
    #[non_exhaustive]
    Replayed {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// A token was forgotten, because the source has as many as it may: the one that nobody had used for longest.
    #[non_exhaustive]
    Evicted {
        /// What was asked for.
        request: &'a TokenRequest,
    },
    /// A request was not sent, for the token does not belong where it would go.
    #[non_exhaustive]
    OriginRefused,
    /// The server's answer needed a leniency.
    #[non_exhaustive]
    Quirk {
        /// What was asked for.
        request: &'a TokenRequest,
        /// Which.
        quirk: &'a Quirk,
    },
}

/// Why a token was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// There was none.
    Empty,
    /// The last one had ended.
    Expired,
    /// The one that is there will end.
    Renewal,
    /// A resource server refused the last one.
    Rejection,
}

/// What follows from the refusal of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It is not attached any more, and another is fetched.
    Forced,
    /// The tokens before it were refused as well, and it is too soon for another: it goes on being attached.
    Throttled,
    /// It was not the newest token, or is gone already: nothing.
    Outdated,
}

impl Verdict {
    /// Its name, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Throttled => "throttled",
            Self::Outdated => "outdated",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Cause {
    /// Its name, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Expired => "expired",
            Self::Renewal => "renewal",
            Self::Rejection => "rejection",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
