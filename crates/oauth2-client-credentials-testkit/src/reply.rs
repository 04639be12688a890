//! Giving an answer: the wait, then the response or the fault.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};
use tokio::time::sleep;

use crate::{
    Body, Fault,
    answer::{Answer, Outcome},
    body::Ending,
};

/// What an answer takes from the server that gives it.
pub(crate) struct Circumstances {
    /// The number of the request, from 1.
    pub(crate) number: u64,
    pub(crate) latency: Duration,
    /// Of a token that has none of its own.
    pub(crate) lifetime: Duration,
}

pub(crate) struct Reply {
    pub(crate) response: Response<Body>,
    pub(crate) grant: Option<Grant>,
}

/// A token that a response hands out.
pub(crate) struct Grant {
    pub(crate) token: String,
    pub(crate) lifetime: Duration,
}

impl Answer {
    pub(crate) async fn give(self, circumstances: Circumstances) -> Result<Reply, Fault> {
        let delay = self.after.unwrap_or(circumstances.latency);
        if !delay.is_zero() {
            sleep(delay).await;
        }
        match &self.outcome {
            Outcome::ConnectError => Err(Fault::connect()),
            Outcome::Reset => Err(Fault::reset()),
            Outcome::Hang => pending().await,
            Outcome::Panic => panic!("the script of the test server says panic"),
            // Servers put in what that is; by itself it is an empty success.
            Outcome::Usual => Ok(self.reply(StatusCode::OK, Bytes::new(), false, None)),
            Outcome::Token {
                template,
                lifetime,
                scope,
            } => {
                let grant = Grant {
                    token: template.replace(PLACEHOLDER, &circumstances.number.to_string()),
                    lifetime: lifetime.unwrap_or(circumstances.lifetime),
                };
                let body = token_response(&grant, scope.as_deref());
                Ok(self.reply(StatusCode::OK, body, true, Some(grant)))
            }
            Outcome::Response { status, body, json } => {
                let (status, json) = (*status, *json);
                let body = fill_in(body, circumstances.number);
                let grant = status
                    .is_success()
                    .then(|| granted_by(&body, circumstances.lifetime));
                Ok(self.reply(status, body, json, grant.flatten()))
            }
        }
    }

    fn reply(&self, status: StatusCode, body: Bytes, json: bool, grant: Option<Grant>) -> Reply {
        let mut response = Response::new(Body::scripted(body, self.ending, self.pause));
        *response.status_mut() = status;
        *response.headers_mut() = self.headers.clone();
        if json {
            let defaults = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            for (name, value) in defaults {
                insert_default(response.headers_mut(), name, value);
            }
        }
        // A client cannot read a document that has no end.
        let grant = grant.filter(|_| self.ending == Ending::Whole);
        Reply { response, grant }
    }
}

const PLACEHOLDER: &str = "{n}";

fn insert_default(headers: &mut HeaderMap, name: header::HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

fn token_response(grant: &Grant, scope: Option<&str>) -> Bytes {
    let mut document = Map::new();
    document.insert("access_token".into(), grant.token.as_str().into());
    document.insert("token_type".into(), "Bearer".into());
    document.insert("expires_in".into(), grant.lifetime.as_secs().into());
    if let Some(scope) = scope {
        document.insert("scope".into(), scope.into());
    }
    Value::Object(document).to_string().into()
}

/// The token of a successful JSON response.
fn granted_by(body: &Bytes, lifetime: Duration) -> Option<Grant> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let token = document.get("access_token")?.as_str()?.to_owned();
    let expires_in = document.get("expires_in").and_then(Value::as_u64);
    Some(Grant {
        token,
        lifetime: expires_in.map_or(lifetime, Duration::from_secs),
    })
}

/// Puts the number for the placeholder. In JSON text the placeholder can only stand inside a string.
fn fill_in(body: &Bytes, number: u64) -> Bytes {
    let placeholder = PLACEHOLDER.as_bytes();
    if !body
        .windows(placeholder.len())
        .any(|window| window == placeholder)
    {
        return body.clone();
    }
    let number = number.to_string();
    let mut filled = Vec::with_capacity(body.len() + number.len());
    let mut rest = &body[..];
    while let Some((first, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(placeholder) {
            filled.extend_from_slice(number.as_bytes());
            rest = after;
        } else {
            filled.push(*first);
            rest = tail;
        }
    }
    filled.into()
}
