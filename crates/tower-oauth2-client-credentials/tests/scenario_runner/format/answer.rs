//! What the token endpoint answers.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, Entry},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Stands in bodies for the number of the token request.
const NUMBER: &str = "{n}";

#[derive(Debug, Deserialize)]
#[serde(try_from = "Raw")]
pub(crate) struct Answer {
    pub(crate) after: Duration,
    pub(crate) reply: Reply,
}

#[derive(Debug)]
pub(crate) enum Reply {
    Response {
        status: StatusCode,
        headers: HeaderMap,
        body: Body,
    },
    ConnectError,
    Reset,
    Hang,
    Panic,
}

/// A body with the token request's number still to be filled in.
#[derive(Debug)]
pub(crate) struct Body(String);

impl Body {
    pub(crate) fn of(&self, number: usize) -> String {
        self.0.replace(NUMBER, &number.to_string())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    after_ms: u64,
    status: Option<u16>,
    json: Option<Value>,
    body: Option<String>,
    headers: Option<Map<String, Value>>,
    error: Option<TransportError>,
    hang: Option<bool>,
    panic: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TransportError {
    Connect,
    Reset,
}

impl TryFrom<Raw> for Answer {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let of_response = raw.json.is_some() || raw.body.is_some() || raw.headers.is_some();
        let reply = match (raw.status, raw.error, raw.hang, raw.panic) {
            (Some(status), None, None, None) => {
                let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
                response(status, raw.json, raw.body, raw.headers.unwrap_or_default())?
            }
            (None, Some(TransportError::Connect), None, None) => Reply::ConnectError,
            (None, Some(TransportError::Reset), None, None) => Reply::Reset,
            (None, None, Some(true), None) => Reply::Hang,
            (None, None, None, Some(true)) => Reply::Panic,
            _ => {
                return Err(
                    "an answer has one of status, error, hang and panic; flags are true".to_owned(),
                );
            }
        };
        if of_response && !matches!(reply, Reply::Response { .. }) {
            return Err("json, body and headers go with a status".to_owned());
        }
        Ok(Self {
            after: Duration::from_millis(raw.after_ms),
            reply,
        })
    }
}

fn response(
    status: StatusCode,
    json: Option<Value>,
    body: Option<String>,
    listed: Map<String, Value>,
) -> Result<Reply, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in listed {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let value = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            other => return Err(format!("the header {name} cannot be {other}")),
        };
        let value = HeaderValue::try_from(value).map_err(|error| format!("{name}: {error}"))?;
        headers.append(name, value);
    }
    let body = match (json, body) {
        (Some(_), Some(_)) => return Err("an answer has json or body, not both".to_owned()),
        (Some(json), None) => {
            if let Entry::Vacant(entry) = headers.entry(CONTENT_TYPE) {
                entry.insert(HeaderValue::from_static("application/json"));
            }
            json.to_string()
        }
        (None, body) => body.unwrap_or_default(),
    };
    Ok(Reply::Response {
        status,
        headers,
        body: Body(body),
    })
}
