//! What happens in a scenario.

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, Uri};
use serde::Deserialize;

/// Where requests go that do not say.
const DEFAULT_URL: &str = "https://api.example.com/";

#[derive(Debug, Deserialize)]
#[serde(try_from = "Raw")]
pub(crate) struct Event {
    at: Duration,
    pub(crate) action: Action,
}

#[derive(Debug)]
pub(crate) enum Action {
    Request(Box<RequestEvent>),
    ResourceRejects {
        tokens: Vec<String>,
        with: Verdict,
    },
    Suspend(Duration),
    /// In milliseconds.
    WallStep(i64),
    CredentialChanged,
    Invalidate,
    DropSource,
}

#[derive(Debug)]
pub(crate) struct RequestEvent {
    pub(crate) name: String,
    count: u32,
    every: Duration,
    pub(crate) give_up_after: Option<Duration>,
    pub(crate) scope: Option<String>,
    pub(crate) url: Uri,
    pub(crate) body: BodyKind,
    pub(crate) method: Method,
    pub(crate) answer_after: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BodyKind {
    #[default]
    Empty,
    Cloneable,
    Streamed,
}

/// How the resource says no.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawVerdict")]
pub(crate) enum Verdict {
    Http {
        status: StatusCode,
        challenge: Option<HeaderValue>,
    },
    Grpc {
        status: u32,
    },
}

impl Event {
    pub(crate) fn at(&self) -> Duration {
        self.at
    }
}

impl RequestEvent {
    /// When its requests are made, counted from the event.
    pub(crate) fn instants(&self) -> Vec<Duration> {
        (0..self.count).map(|index| self.every * index).collect()
    }
}

impl Default for Verdict {
    fn default() -> Self {
        Self::Http {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some(HeaderValue::from_static("Bearer error=\"invalid_token\"")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    at_ms: u64,
    request: Option<String>,
    count: Option<u32>,
    every_ms: Option<u64>,
    give_up_after_ms: Option<u64>,
    scope: Option<String>,
    url: Option<String>,
    body: Option<BodyKind>,
    method: Option<String>,
    answer_after_ms: Option<u64>,
    resource_rejects: Option<Vec<String>>,
    with: Option<Verdict>,
    suspend_ms: Option<u64>,
    wall_step_ms: Option<i64>,
    credential_changed: Option<bool>,
    invalidate: Option<bool>,
    drop_source: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVerdict {
    status: Option<u16>,
    challenge: Option<String>,
    grpc_status: Option<u32>,
}

impl Raw {
    fn has_request_fields(&self) -> bool {
        self.count.is_some()
            || self.every_ms.is_some()
            || self.give_up_after_ms.is_some()
            || self.scope.is_some()
            || self.url.is_some()
            || self.body.is_some()
            || self.method.is_some()
            || self.answer_after_ms.is_some()
    }

    fn into_request(self, name: String) -> Result<RequestEvent, String> {
        let url = self.url.as_deref().unwrap_or(DEFAULT_URL);
        let method = self.method.as_deref().unwrap_or("GET");
        let count = self.count.unwrap_or(1);
        if count == 0 {
            return Err(format!("request {name:?}: count is at least 1"));
        }
        Ok(RequestEvent {
            url: url
                .parse()
                .map_err(|error| format!("request {name:?}: url: {error}"))?,
            method: method
                .parse()
                .map_err(|error| format!("request {name:?}: method: {error}"))?,
            name,
            count,
            every: Duration::from_millis(self.every_ms.unwrap_or(0)),
            give_up_after: self.give_up_after_ms.map(Duration::from_millis),
            scope: self.scope,
            body: self.body.unwrap_or_default(),
            answer_after: Duration::from_millis(self.answer_after_ms.unwrap_or(0)),
        })
    }
}

impl TryFrom<Raw> for Event {
    type Error = String;

    fn try_from(mut raw: Raw) -> Result<Self, String> {
        let at = Duration::from_millis(raw.at_ms);
        let request = raw.request.take();
        if request.is_none() && raw.has_request_fields() {
            return Err(format!("event at {at:?}: a field of a request without one"));
        }
        if raw.resource_rejects.is_none() && raw.with.is_some() {
            return Err(format!(
                "event at {at:?}: \"with\" goes with resource_rejects"
            ));
        }
        let flags = [raw.credential_changed, raw.invalidate, raw.drop_source];
        if flags.contains(&Some(false)) {
            return Err(format!("event at {at:?}: flags are true"));
        }
        let (with, rejects) = (raw.with.take(), raw.resource_rejects.take());
        let mut actions = Vec::new();
        actions.extend(rejects.map(|tokens| Action::ResourceRejects {
            tokens,
            with: with.unwrap_or_default(),
        }));
        let asleep = raw.suspend_ms.map(Duration::from_millis);
        actions.extend(asleep.map(Action::Suspend));
        actions.extend(raw.wall_step_ms.map(Action::WallStep));
        actions.extend(raw.credential_changed.map(|_| Action::CredentialChanged));
        actions.extend(raw.invalidate.map(|_| Action::Invalidate));
        actions.extend(raw.drop_source.map(|_| Action::DropSource));
        if let Some(name) = request {
            actions.push(Action::Request(Box::new(raw.into_request(name)?)));
        }
        match (actions.pop(), actions.is_empty()) {
            (Some(action), true) => Ok(Self { at, action }),
            _ => Err(format!(
                "event at {at:?}: one thing happens, no more, no less"
            )),
        }
    }
}

impl TryFrom<RawVerdict> for Verdict {
    type Error = String;

    fn try_from(raw: RawVerdict) -> Result<Self, String> {
        match raw {
            RawVerdict {
                status: None | Some(200),
                challenge: None,
                grpc_status: Some(status),
            } => Ok(Self::Grpc { status }),
            RawVerdict {
                status,
                challenge,
                grpc_status: None,
            } => Ok(Self::Http {
                status: StatusCode::from_u16(status.unwrap_or(401))
                    .map_err(|error| error.to_string())?,
                challenge: challenge
                    .map(HeaderValue::try_from)
                    .transpose()
                    .map_err(|error| error.to_string())?,
            }),
            _ => Err("a grpc_status comes with HTTP 200 and no challenge".to_owned()),
        }
    }
}
