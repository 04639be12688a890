//! `placement.json`: header, query and form.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request, Uri};
use oauth2_client_credentials::{
    Bearer, BearerInForm, BearerInQuery, PresentationError, TokenResponse, TokenType,
};
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
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
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
    // Where a request cannot go, no token goes.
    let Ok(uri) = input.uri.parse::<Uri>() else {
        return show_error(PresentationError::InsecureUri);
    };
    let mut request = Request::builder().method(&*input.method).uri(uri);
    for (name, value) in &input.headers {
        request = request.header(name, value.as_bytes());
    }
    let request = request
        .body(input.body.clone())
        .map_err(|error| error.to_string())?;
    let outcome = match &*input.placement {
        "header" => in_header(&input, request, &token),
        "query" => in_query(&input, request, &token),
        "body" => in_form(&input, request, &token),
        other => return Err(format!("the placement {other} is not known")),
    };
    match outcome {
        Ok(placed) => Ok(show(&placed)),
        Err(error) => show_error(error),
    }
}

/// The request, and its URI as text: a fragment is in that alone.
struct Placed {
    uri: String,
    request: Request<Option<String>>,
}

fn in_header(
    input: &Input,
    request: Request<Option<String>>,
    token: &TokenResponse,
) -> Result<Placed, PresentationError> {
    let (mut parts, body) = request.into_parts();
    let uri = parts.uri.clone();
    Bearer::new().attach(&mut parts, token)?;
    assert_eq!(parts.uri, uri, "the header changes no URI");
    Ok(Placed {
        uri: input.uri.clone(),
        request: Request::from_parts(parts, body),
    })
}

fn in_query(
    input: &Input,
    request: Request<Option<String>>,
    token: &TokenResponse,
) -> Result<Placed, PresentationError> {
    let query = BearerInQuery::against_rfc_9700();
    let (mut parts, body) = request.into_parts();
    let text = query.uri(&input.uri, token);
    query.attach(&mut parts, token)?;
    let uri = text?.expose().to_owned();
    let text: Uri = uri.parse().expect("a URI with a token is a URI");
    assert_eq!(text.query(), parts.uri.query(), "both ways agree");
    Ok(Placed {
        uri,
        request: Request::from_parts(parts, body),
    })
}

fn in_form(
    input: &Input,
    request: Request<Option<String>>,
    token: &TokenResponse,
) -> Result<Placed, PresentationError> {
    let mut request = request.map(|body| Bytes::from(body.unwrap_or_default()));
    BearerInForm::new().attach(&mut request, token)?;
    let text = |body: Bytes| Some(String::from_utf8_lossy(&body).into_owned());
    Ok(Placed {
        uri: input.uri.clone(),
        request: request.map(text),
    })
}

fn show(placed: &Placed) -> Value {
    let headers = placed.request.headers();
    let mut headers: serde_json::Map<_, _> = headers.iter().map(show_header).collect();
    headers.entry(AUTHORIZATION.as_str()).or_insert(Value::Null);
    json!({ "uri": placed.uri, "headers": headers, "body": placed.request.body() })
}

fn show_header((name, value): (&HeaderName, &HeaderValue)) -> (String, Value) {
    (
        name.as_str().to_owned(),
        String::from_utf8_lossy(value.as_bytes()).into(),
    )
}

pub(crate) fn show_error(error: PresentationError) -> Result<Value, String> {
    let (kind, value) = match error {
        PresentationError::UnsupportedTokenType(name) => ("unsupported_token_type", Some(name)),
        PresentationError::InsecureUri => ("insecure_uri", None),
        PresentationError::InvalidAccessToken => ("invalid_access_token", None),
        PresentationError::UnsupportedPlacement => ("unsupported_placement", None),
        PresentationError::AlreadyAuthorized => ("already_authorized", None),
        PresentationError::RelativeUri | PresentationError::InvalidPort => ("invalid_uri", None),
        other => return Err(other.to_string()),
    };
    Ok(json!({ "error": { "kind": kind, "value": value } }))
}
