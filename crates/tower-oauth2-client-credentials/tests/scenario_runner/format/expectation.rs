//! What must hold in the end.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The kinds of errors that a scenario may expect.
const KINDS: &[&str] = &[
    "ClientAuthentication",
    "Configuration",
    "Scope",
    "NonceRequired",
    "Transient",
    "Protocol",
    "UnsupportedTokenType",
    "TooLarge",
    "Timeout",
    "Overloaded",
    "Rejected",
    "Origin",
];

#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Expectation {
    /// As it stands in the file, to be shown.
    pub(crate) text: String,
    pub(crate) about: About,
}

#[derive(Debug)]
pub(crate) enum About {
    Fetches(OfFetches),
    Requests(Box<OfRequests>),
    NeverAttached(NeverAttached),
    EndpointConcurrency { max: usize },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfFetches {
    pub(crate) fetches: Bounds,
    #[serde(default)]
    from_ms: u64,
    to_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bounds {
    #[serde(default)]
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfRequests {
    pub(crate) request: String,
    pub(crate) served: Option<usize>,
    pub(crate) served_min: Option<usize>,
    pub(crate) failed: Option<usize>,
    pub(crate) gave_up: Option<usize>,
    pub(crate) refused: Option<usize>,
    pub(crate) status: Option<u16>,
    pub(crate) token: Option<String>,
    pub(crate) tokens: Option<Vec<String>>,
    waited_ms_max: Option<u64>,
    pub(crate) error_kind: Option<String>,
    pub(crate) sends_max: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeverAttached {
    #[serde(rename = "never_attached")]
    pub(crate) tokens: Vec<String>,
    #[serde(default)]
    from_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointConcurrency {
    endpoint_concurrency_max: usize,
}

impl OfFetches {
    /// Whether an instant lies in the window, edges included.
    pub(crate) fn covers(&self, at: Duration) -> bool {
        Duration::from_millis(self.from_ms) <= at
            && self.to_ms.is_none_or(|to| at <= Duration::from_millis(to))
    }
}

impl NeverAttached {
    pub(crate) fn from(&self) -> Duration {
        Duration::from_millis(self.from_ms)
    }
}

impl OfRequests {
    pub(crate) fn waited_max(&self) -> Option<Duration> {
        self.waited_ms_max.map(Duration::from_millis)
    }

    fn expects_nothing(&self) -> bool {
        let counts = [self.served, self.served_min, self.failed, self.gave_up];
        counts.iter().all(Option::is_none)
            && self.refused.is_none()
            && self.status.is_none()
            && self.token.is_none()
            && self.tokens.is_none()
            && self.waited_ms_max.is_none()
            && self.error_kind.is_none()
            && self.sends_max.is_none()
    }
}

impl TryFrom<Value> for Expectation {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let text = value.to_string();
        let about = about(value).map_err(|error| format!("{error} in {text}"))?;
        Ok(Self { text, about })
    }
}

fn about(value: Value) -> Result<About, String> {
    if value.get("fetches").is_some() {
        let expected: OfFetches = read(value)?;
        if expected.fetches.min == 0 && expected.fetches.max.is_none() {
            return Err("bounds that bound nothing".to_owned());
        }
        return Ok(About::Fetches(expected));
    }
    if value.get("request").is_some() {
        let expected: OfRequests = read(value)?;
        if expected.expects_nothing() {
            return Err("nothing is expected".to_owned());
        }
        if let Some(kind) = &expected.error_kind
            && !KINDS.contains(&&**kind)
        {
            return Err(format!("unknown error_kind {kind:?}"));
        }
        return Ok(About::Requests(Box::new(expected)));
    }
    if value.get("never_attached").is_some() {
        return read(value).map(About::NeverAttached);
    }
    let EndpointConcurrency {
        endpoint_concurrency_max: max,
    } = read(value)?;
    Ok(About::EndpointConcurrency { max })
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
