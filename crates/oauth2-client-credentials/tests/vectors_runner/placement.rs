//! `placement.json`: the header. Query and body are not implemented, and a case
//! for them fails.

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request};
use oauth2_client_credentials::{Bearer, PresentationError, TokenResponse, TokenType};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    access_token: String,
    token_type: Option<String>,
    placement: String,
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    if input.placement != "header" {
        return Err(format!(
            "the placement {} is not implemented",
            input.placement
        ));
    }
    let token_type = input
        .token_type
        .as_deref()
        .map_or(TokenType::Bearer, TokenType::from);
    let Ok(token) = TokenResponse::builder(&*input.access_token)
        .token_type(token_type)
        .build()
    else {
        return Ok(json!({ "error": { "kind": "invalid_access_token", "value": null } }));
    };
    let mut request = Request::builder().method(&*input.method).uri(&*input.uri);
    for (name, value) in &input.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(input.body)
        .map_err(|error| error.to_string())?;
    let (mut parts, body) = request.into_parts();
    let uri = parts.uri.clone();
    if let Err(error) = Bearer::new().attach(&mut parts, &token) {
        return show_error(error);
    }
    if parts.uri != uri {
        return Err(format!("the uri became {}", parts.uri));
    }
    let mut headers: serde_json::Map<_, _> = parts.headers.iter().map(show_header).collect();
    headers.entry(AUTHORIZATION.as_str()).or_insert(Value::Null);
    Ok(json!({ "uri": input.uri, "headers": headers, "body": body }))
}

fn show_header((name, value): (&HeaderName, &HeaderValue)) -> (String, Value) {
    (
        name.as_str().to_owned(),
        String::from_utf8_lossy(value.as_bytes()).into(),
    )
}

fn show_error(error: PresentationError) -> Result<Value, String> {
    let (kind, value) = match error {
        PresentationError::UnsupportedTokenType(name) => ("unsupported_token_type", Some(name)),
        PresentationError::InsecureUri => ("insecure_uri", None),
        PresentationError::InvalidAccessToken => ("invalid_access_token", None),
        other => return Err(other.to_string()),
    };
    Ok(json!({ "error": { "kind": kind, "value": value } }))
}
