//! Events for `tracing`.

use super::{Event, Observer};

/// Writes every [`Event`] as a `tracing` event of this crate's target: failures as warnings, what needs a look now and then
/// as information, the rest for debugging. Never a token or a secret; of an OAuth error its code, not its description.
///
/// ```
/// use tower_oauth2_client_credentials::{TokenSource, TracingObserver};
/// # use oauth2_client_credentials::TokenResponse;
/// # let service = tower::service_fn(|_: tower_oauth2_client_credentials::Fetch| async { TokenResponse::new("t") });
///
/// let source = TokenSource::builder(service).observer(TracingObserver::new()).build();
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TracingObserver;

impl TracingObserver {
    /// An observer that writes to the subscriber that is in force when something happens.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Observer for TracingObserver {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Fetch {
                cause,
                outcome: Ok(()),
                attempts,
                duration,
                waiters,
                ..
            } => tracing::info!(
                cause = cause.as_str(),
                attempts,
                duration_ms = duration.as_millis() as u64,
                waiters,
                "fetched a token"
            ),
            Event::Fetch {
                cause,
                outcome: Err(error),
                attempts,
                duration,
                waiters,
                ..
            } => tracing::warn!(
                cause = cause.as_str(),
                attempts,
                duration_ms = duration.as_millis() as u64,
                waiters,
                kind = error.kind().as_str(),
                code = error.code(),
                transient = error.is_transient(),
                "could not fetch a token"
            ),
            Event::SecondsToExpiry { left, .. } => {
                tracing::debug!(seconds = left.as_secs(), "token ends")
            }
            Event::ServedDue { .. } => {
                tracing::debug!("requests carry a token whose renewal is due")
            }
            Event::ServedInLeeway { .. } => {
                tracing::debug!("a request carries a token that ends soon")
            }
            Event::NoLifetime { .. } => {
                tracing::info!("the authorization server does not say how long its token lives")
            }
            Event::GateClosed { retry_in, .. } => {
                tracing::info!(
                    retry_in_ms = retry_in.as_millis() as u64,
                    "no token request until then"
                );
            }
            Event::Lifeless { .. } => {
                tracing::warn!("the authorization server gives tokens that have ended already");
            }
            Event::GateOpened { .. } => tracing::info!("token requests succeed again"),
            Event::Rejected { verdict, .. } => {
                tracing::info!(verdict = verdict.as_str(), "a token was refused");
            }
            Event::Replayed { .. } => {
                tracing::debug!("a request whose token was refused is sent once more");
            }
            Event::Evicted { .. } => {
                tracing::info!("a token was forgotten, for there are too many");
            }
            Event::OriginRefused => tracing::warn!(
                "a request was not sent: its origin is none that the token was given for"
            ),
            Event::Quirk { quirk, .. } => tracing::debug!(
                quirk = quirk.as_str(),
                "the authorization server's answer needed a leniency"
            ),
        }
    }
}
