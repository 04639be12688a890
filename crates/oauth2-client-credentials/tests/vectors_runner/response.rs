//! The files of the response decoder: `token_response.json`,
//! `form_response.json`, `expires_in.json`, `error_response.json`. They share
//! their shapes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use oauth2_client_credentials::{Decoder, ResponseError, TokenRequest, TokenResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::challenges;
use super::request::OneOrMany;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Input {
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    pub(crate) body_base64: Option<String>,
    pub(crate) body_parts: Option<Vec<Part>>,
    pub(crate) requested_scope: Option<OneOrMany>,
    #[serde(skip)]
    pub(crate) requested_details: Option<String>,
    pub(crate) now: Option<u64>,
    pub(crate) options: Options,
    /// What `expires_in` is, as JSON. If there is a body it is in that, too.
    pub(crate) value: Option<Value>,
    pub(crate) expires_in: Option<u64>,
    pub(crate) received_at: Option<u64>,
    pub(crate) at: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    pub(crate) comma_separated_scope: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub(crate) enum Part {
    Text { text: String },
    Repeat { repeat: String, count: usize },
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    show(&input)
}

/// What comes of it: `token` and its members, or `error`.
pub(crate) fn show(input: &Input) -> Result<Value, String> {
    let at = seconds(input.at.or(input.now).unwrap_or_default());
    Ok(match decode(input)? {
        Ok(token) => {
            let mut shown = show_token(&token, at);
            shown["token"] = shown.clone();
            shown
        }
        Err(error) => json!({ "error": show_error(&error) }),
    })
}

pub(crate) fn decode(input: &Input) -> Result<Result<TokenResponse, ResponseError>, String> {
    if let Some(received_at) = input.received_at {
        let mut token = TokenResponse::builder("t").received_at(seconds(received_at));
        if let Some(lifetime) = input.expires_in {
            token = token.expires_in(Duration::from_secs(lifetime));
        }
        return token.build().map(Ok).map_err(|error| error.to_string());
    }
    let status =
        StatusCode::from_u16(input.status.unwrap_or(200)).map_err(|error| error.to_string())?;
    let now = seconds(input.now.unwrap_or_default());
    let decoder = Decoder::lenient().comma_separated_scope(input.options.comma_separated_scope);
    Ok(decoder.decode_parts(&asked(input)?, status, &headers(input)?, &body(input)?, now))
}

fn asked(input: &Input) -> Result<TokenRequest, String> {
    let mut asked = TokenRequest::builder();
    if let Some(scope) = &input.requested_scope {
        asked = scope.apply(asked);
    }
    if let Some(details) = &input.requested_details {
        asked = asked.authorization_details(details);
    }
    asked.build().map_err(|error| error.to_string())
}

fn headers(input: &Input) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &input.headers {
        let name: HeaderName = name
            .parse()
            .map_err(|_| format!("no header name: {name}"))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("no header value: {value}"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn body(input: &Input) -> Result<Vec<u8>, String> {
    match (&input.body, &input.body_base64, &input.body_parts) {
        (Some(text), None, None) => Ok(text.clone().into_bytes()),
        (None, Some(text), None) => STANDARD.decode(text).map_err(|error| error.to_string()),
        (None, None, Some(parts)) => {
            let text = |part: &Part| match part {
                Part::Text { text } => text.clone(),
                Part::Repeat { repeat, count } => repeat.repeat(*count),
            };
            Ok(parts.iter().map(text).collect::<String>().into_bytes())
        }
        (None, None, None) => Ok(input.value.as_ref().map_or_else(Vec::new, |value| {
            let token = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": value });
            token.to_string().into_bytes()
        })),
        _ => Err("one body is enough".to_owned()),
    }
}

fn show_token(token: &TokenResponse, at: SystemTime) -> Value {
    json!({
        "access_token": token.access_token().expose(),
        "token_type": token.token_type().as_str(),
        "expires_in": token.expires_in().map(|lifetime| lifetime.as_secs()),
        "expires_at": token.expires_at().map(since_epoch),
        "expired": token.is_expired(at),
        "scope": token.scope().map(|scope| scope.iter().collect::<Vec<_>>()),
        "scope_changed": token.scope_changed(),
        "missing_scopes": token.missing_scopes().collect::<Vec<_>>(),
        "additional_scopes": token.additional_scopes().collect::<Vec<_>>(),
        "refresh_token": token.refresh_token().map(|token| token.expose()),
        "authorization_details": token.authorization_details(),
        "changed": token.authorization_details_changed(),
        "extra": token.extra(),
    })
}

fn show_error(error: &ResponseError) -> Value {
    let kind = match error {
        error if error.code().is_some() => "oauth",
        error if error.is_too_large() => "too_large",
        _ => "malformed",
    };
    json!({
        "kind": kind,
        "status": error.status().as_u16(),
        "code": error.code(),
        "description": error.description(),
        "uri": error.uri(),
        "field": error.field(),
        "challenges": challenges::show(error.challenges()),
        "retry_after": error.retry_after().map(|after| after.as_secs()),
        "dpop_nonce": error.dpop_nonce(),
    })
}

fn seconds(since_epoch: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(since_epoch)
}

fn since_epoch(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .map(|since| since.as_secs())
}
