//! Events for the `metrics` facade.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use metrics::{SharedString, counter, gauge, histogram};

use super::{Event, Observer};

/// Counts every [`Event`] with the recorder of the `metrics` facade that is installed when something happens.
///
/// All have the label `source`: the name that the observer was given.
///
/// | name | kind | other labels |
/// |---|---|---|
/// | `oauth2_client_credentials_fetches_total` | counter | `cause`, `outcome` (`ok`, or the error's kind) |
/// | `oauth2_client_credentials_fetch_attempts_total` | counter | |
/// | `oauth2_client_credentials_fetch_duration_seconds` | histogram | |
/// | `oauth2_client_credentials_fetch_waiters` | histogram | |
/// | `oauth2_client_credentials_expiry_timestamp_seconds` | gauge: when the token ends, in seconds since 1970 | |
/// | `oauth2_client_credentials_served_due_total`, `…_served_in_leeway_total` | counter | |
/// | `oauth2_client_credentials_gate_closed_total`, `…_gate_opened_total`, `…_gate_seconds` | counters, histogram | |
/// | `oauth2_client_credentials_rejected_total` | counter | `verdict` (`forced`, `throttled`, `outdated`) |
/// | `oauth2_client_credentials_replayed_total`, `…_evicted_total` | counter | |
/// | `oauth2_client_credentials_origin_refused_total` | counter | |
/// | `oauth2_client_credentials_quirks_total` | counter | `quirk` (`no_lifetime` and `lifeless` included) |
///
/// ```
/// use tower_oauth2_client_credentials::{MetricsObserver, TokenSource};
/// # use oauth2_client_credentials::TokenResponse;
/// # let service = tower::service_fn(|_: tower_oauth2_client_credentials::Fetch| async { TokenResponse::new("t") });
///
/// let source = TokenSource::builder(service).observer(MetricsObserver::new("orders")).build();
/// ```
#[derive(Clone, Debug)]
pub struct MetricsObserver {
    source: SharedString,
}

impl MetricsObserver {
    /// An observer that counts with the recorder that is installed, under this name for its source.
    #[must_use]
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        let source = SharedString::from_shared(source.into());
        Self { source }
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
                counter!("oauth2_client_credentials_fetches_total", "source" => self.source.clone(), "cause" => cause.as_str(), "outcome" => outcome).increment(1);
                counter!("oauth2_client_credentials_fetch_attempts_total", "source" => self.source.clone())
                    .increment(u64::from(*attempts));
                histogram!("oauth2_client_credentials_fetch_duration_seconds", "source" => self.source.clone()).record(*duration);
                histogram!("oauth2_client_credentials_fetch_waiters", "source" => self.source.clone()).record(*waiters as f64);
            }
            Event::SecondsToExpiry { left, .. } => {
                // Seconds left would be wrong from the next second on.
                let end = SystemTime::now() + *left;
                let timestamp = end.duration_since(UNIX_EPOCH).unwrap_or_default();
                gauge!("oauth2_client_credentials_expiry_timestamp_seconds", "source" => self.source.clone())
                    .set(timestamp.as_secs_f64());
            }
            Event::ServedDue { .. } => counter!("oauth2_client_credentials_served_due_total", "source" => self.source.clone()).increment(1),
            Event::ServedInLeeway { .. } => {
                counter!("oauth2_client_credentials_served_in_leeway_total", "source" => self.source.clone()).increment(1)
            }
            Event::NoLifetime { .. } => {
                counter!("oauth2_client_credentials_quirks_total", "source" => self.source.clone(), "quirk" => "no_lifetime")
                    .increment(1)
            }
            Event::GateClosed { retry_in, .. } => {
                counter!("oauth2_client_credentials_gate_closed_total", "source" => self.source.clone()).increment(1);
                histogram!("oauth2_client_credentials_gate_seconds", "source" => self.source.clone()).record(*retry_in);
            }
            Event::Lifeless { .. } => counter!("oauth2_client_credentials_quirks_total", "source" => self.source.clone(), "quirk" => "lifeless").increment(1),
            Event::GateOpened { .. } => counter!("oauth2_client_credentials_gate_opened_total", "source" => self.source.clone()).increment(1),
            Event::Rejected { verdict, .. } => {
                counter!("oauth2_client_credentials_rejected_total", "source" => self.source.clone(), "verdict" => verdict.as_str())
                    .increment(1)
            }
            Event::Replayed { .. } => counter!("oauth2_client_credentials_replayed_total", "source" => self.source.clone()).increment(1),
            Event::Evicted { .. } => counter!("oauth2_client_credentials_evicted_total", "source" => self.source.clone()).increment(1),
            Event::OriginRefused => {
                counter!("oauth2_client_credentials_origin_refused_total", "source" => self.source.clone()).increment(1)
            }
            Event::Quirk { quirk, .. } => {
                counter!("oauth2_client_credentials_quirks_total", "source" => self.source.clone(), "quirk" => quirk.as_str())
                    .increment(1)
            }
        }
    }
}
