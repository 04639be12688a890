//! Events for the `metrics` facade.

use std::time::{SystemTime, UNIX_EPOCH};

use metrics::{counter, gauge, histogram};

use super::{Event, Observer};

/// Counts every [`Event`] with the recorder of the `metrics` facade that is installed when something happens.
///
/// | name | kind | labels |
/// |---|---|---|
/// | `oauth2_client_credentials_fetches_total` | counter | `cause`, `outcome` (`ok`, or the error's kind) |
/// | `oauth2_client_credentials_fetch_attempts_total` | counter | |
/// | `oauth2_client_credentials_fetch_duration_seconds` | histogram | |
/// | `oauth2_client_credentials_fetch_waiters` | histogram | |
/// | `oauth2_client_credentials_expiry_timestamp_seconds` | gauge: when the token ends, in seconds since 1970 | |
/// | `oauth2_client_credentials_served_due_total`, `…_served_in_leeway_total` | counter | |
/// | `oauth2_client_credentials_gate_closed_total`, `…_gate_seconds` | counter, histogram | |
/// | `oauth2_client_credentials_origin_refused_total` | counter | |
/// | `oauth2_client_credentials_quirks_total` | counter | `quirk` (`no_lifetime` included) |
///
/// ```
/// use tower_oauth2_client_credentials::{MetricsObserver, TokenSource};
/// # use oauth2_client_credentials::TokenResponse;
/// # let service = tower::service_fn(|_: tower_oauth2_client_credentials::Fetch| async { TokenResponse::new("t") });
///
/// let source = TokenSource::builder(service).observer(MetricsObserver::new()).build();
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct MetricsObserver;

impl MetricsObserver {
    /// An observer that counts with the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Observer for MetricsObserver {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Fetch {
                cause,
                outcome,
                attempts,
                duration,
                waiters,
                ..
            } => {
                let outcome = outcome
                    .as_ref()
                    .map_or_else(|error| error.kind().as_str(), |()| "ok");
                counter!("oauth2_client_credentials_fetches_total", "cause" => cause.as_str(), "outcome" => outcome).increment(1);
                counter!("oauth2_client_credentials_fetch_attempts_total")
                    .increment(u64::from(*attempts));
                histogram!("oauth2_client_credentials_fetch_duration_seconds").record(*duration);
                histogram!("oauth2_client_credentials_fetch_waiters").record(*waiters as f64);
            }
            Event::SecondsToExpiry { left, .. } => {
                // Seconds left would be wrong from the next second on.
                let end = SystemTime::now() + *left;
                let timestamp = end.duration_since(UNIX_EPOCH).unwrap_or_default();
                gauge!("oauth2_client_credentials_expiry_timestamp_seconds")
                    .set(timestamp.as_secs_f64());
            }
            Event::ServedDue => counter!("oauth2_client_credentials_served_due_total").increment(1),
            Event::ServedInLeeway => {
                counter!("oauth2_client_credentials_served_in_leeway_total").increment(1)
            }
            Event::NoLifetime => {
                counter!("oauth2_client_credentials_quirks_total", "quirk" => "no_lifetime")
                    .increment(1)
            }
            Event::GateClosed { retry_in } => {
                counter!("oauth2_client_credentials_gate_closed_total").increment(1);
                histogram!("oauth2_client_credentials_gate_seconds").record(*retry_in);
            }
            Event::OriginRefused => {
                counter!("oauth2_client_credentials_origin_refused_total").increment(1)
            }
            Event::Quirk { quirk } => {
                counter!("oauth2_client_credentials_quirks_total", "quirk" => quirk.name())
                    .increment(1)
            }
        }
    }
}
