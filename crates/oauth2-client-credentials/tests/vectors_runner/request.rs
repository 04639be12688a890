//! The files about requests: `token_request.json`, `basic_auth.json`,
//! `scope.json`, `resource.json`, `authorization_details.json`. They share
//! their shapes; a few of their cases are about what an answer grants.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use oauth2_client_credentials::{
    BasicEncoding, Client, ClientAssertion, ClientAuthentication, ClientError, ClientSecretBasic,
    ClientSecretPost, EndpointUri, NoAuthentication, RequestError, RequestErrorKind,
    SelfSignedTlsClientAuth, TlsClientAuth, TokenRequest, TokenRequestBuilder,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::response;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Input {
    /// `request` (the default), `response` or `diff`.
    kind: Option<String>,

    endpoint: Option<String>,
    auth: Option<Auth>,
    client_id: Option<String>,
    client_secret: Option<String>,
    encoding: Option<String>,
    scope: Option<OneOrMany>,
    resource: Option<OneOrMany>,
    audience: Option<String>,
    authorization_details: Option<String>,
    extra: Option<Vec<(String, String)>>,

    /// What was asked for: a scope, or authorization details as JSON text.
    requested: Option<OneOrMany>,
    granted: Value,
    value: Value,
    comma_separated_scope: bool,
    options: response::Options,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    body_parts: Option<Vec<response::Part>>,
    now: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Auth {
    method: String,
    client_id: String,
    client_secret: Option<String>,
    encoding: Option<String>,
    assertion: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn apply(&self, request: TokenRequestBuilder) -> TokenRequestBuilder {
        match self {
            Self::One(scope) => request.scope(scope),
            Self::Many(tokens) => request.scopes(tokens),
        }
    }
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    #[cfg(feature = "rsa")]
    if let Some(result) = super::assertion::run(&input) {
        return result;
    }
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    match input.kind.as_deref() {
        None | Some("request") => answer(show_request(&input)),
        Some("response") => show_response(input),
        Some("diff") => show_difference(input),
        Some(kind) => Err(format!("unknown kind {kind}")),
    }
}

enum Failure {
    /// By the crate, as a case may expect.
    Refused(Value),
    /// The case is not one that can be run.
    Broken(String),
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        let kind = match error.kind() {
            RequestErrorKind::InvalidScope => "invalid_scope",
            RequestErrorKind::InvalidResource => "invalid_resource",
            RequestErrorKind::InvalidAuthorizationDetails => "invalid_authorization_details",
            RequestErrorKind::ReservedParameter => "reserved_parameter",
            _ => return Self::Broken(error.to_string()),
        };
        Self::Refused(
            json!({ "kind": kind, "parameter": error.parameter(), "value": error.invalid_value() }),
        )
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let kind = match error {
            ClientError::EmptyClientId => "empty_client_id",
            ClientError::ColonInClientId => "colon_in_client_id",
            ClientError::ControlCharacter => "control_character",
            _ => return Self::Broken(error.to_string()),
        };
        Self::Refused(json!({ "kind": kind }))
    }
}

fn show_request(input: &Input) -> Result<Value, Failure> {
    let (client_id, authentication) = authentication(input).map_err(Failure::Broken)?;
    show_request_of(input, client_id, authentication)
}

fn show_request_of(
    input: &Input,
    client_id: &str,
    authentication: ClientAuthentication,
) -> Result<Value, Failure> {
    let endpoint = input.endpoint.as_deref().unwrap_or(ENDPOINT);
    let endpoint = EndpointUri::new(endpoint).map_err(|_| invalid_endpoint())?;
    let client = Client::new(client_id, authentication)?;
    let asked = asked(input)?;
    let request = client.token_request(&endpoint, &asked)?;
    show(&asked, &request).map_err(Failure::Broken)
}

/// The request of a client with this assertion, which takes all but the client
/// from `input`.
#[cfg(feature = "rsa")]
pub(crate) fn show_asserted(
    input: Value,
    client_id: &str,
    assertion: ClientAssertion,
) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    answer(show_request_of(&input, client_id, assertion.into()))
}

pub(crate) const ENDPOINT: &str = "https://as.example.com/token";

fn invalid_endpoint() -> Failure {
    Failure::Refused(json!({ "kind": "invalid_endpoint" }))
}

fn answer(outcome: Result<Value, Failure>) -> Result<Value, String> {
    match outcome {
        Ok(shown) => Ok(shown),
        Err(Failure::Refused(error)) => Ok(json!({ "error": error })),
        Err(Failure::Broken(error)) => Err(error),
    }
}

fn authentication(input: &Input) -> Result<(&str, ClientAuthentication), String> {
    let Some(auth) = &input.auth else {
        let id = input.client_id.as_deref().unwrap_or("id");
        return Ok((
            id,
            basic(input.client_secret.as_ref(), input.encoding.as_deref())?,
        ));
    };
    let authentication = match &*auth.method {
        "client_secret_basic" => basic(auth.client_secret.as_ref(), auth.encoding.as_deref())?,
        "client_secret_post" => {
            ClientSecretPost::new(auth.client_secret.as_deref().unwrap_or_default()).into()
        }
        "client_secret_jwt" | "private_key_jwt" => {
            let assertion = ClientAssertion::new(&**auth.assertion.as_ref().ok_or("no assertion")?);
            if auth.method == "client_secret_jwt" {
                assertion.signed_with_secret().into()
            } else {
                assertion.into()
            }
        }
        "none" => NoAuthentication.into(),
        "tls_client_auth" => TlsClientAuth.into(),
        "self_signed_tls_client_auth" => SelfSignedTlsClientAuth.into(),
        method => return Err(format!("the method {method} is not implemented")),
    };
    if authentication.method() != auth.method {
        return Err(format!(
            "{} calls itself {}",
            auth.method,
            authentication.method()
        ));
    }
    Ok((&auth.client_id, authentication))
}

fn basic(secret: Option<&String>, encoding: Option<&str>) -> Result<ClientAuthentication, String> {
    let basic = ClientSecretBasic::new(secret.map_or("", String::as_str));
    let basic = match encoding {
        None => basic,
        Some("form") => basic.encoding(BasicEncoding::Form),
        Some("strict") => basic.encoding(BasicEncoding::Strict),
        Some("raw") => basic.encoding(BasicEncoding::Raw),
        Some(encoding) => return Err(format!("unknown encoding {encoding}")),
    };
    Ok(basic.into())
}

fn asked(input: &Input) -> Result<TokenRequest, RequestError> {
    let mut request = TokenRequest::builder();
    if let Some(scope) = &input.scope {
        request = scope.apply(request);
    }
    request = match &input.resource {
        None => request,
        Some(OneOrMany::One(uri)) => request.resource(uri),
        Some(OneOrMany::Many(uris)) => uris
            .iter()
            .fold(request, |request, uri| request.resource(uri)),
    };
    if let Some(audience) = &input.audience {
        request = request.audience(audience);
    }
    if let Some(details) = &input.authorization_details {
        request = request.authorization_details(details);
    }
    for (name, value) in input.extra.iter().flatten() {
        request = request.parameter(name, value);
    }
    request.build()
}

fn show(asked: &TokenRequest, request: &http::Request<Bytes>) -> Result<Value, String> {
    let body = String::from_utf8(request.body().to_vec()).map_err(|error| error.to_string())?;
    let header = |name| {
        request
            .headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    };
    let authorization = header("authorization");
    let pair = authorization
        .as_deref()
        .and_then(|value| value.strip_prefix("Basic "));
    let pair = pair
        .map(|pair| STANDARD.decode(pair).map_err(|error| error.to_string()))
        .transpose()?;
    if request
        .headers()
        .get(AUTHORIZATION)
        .is_some_and(|value| !value.is_sensitive())
    {
        return Err("the secret is not marked as sensitive".to_owned());
    }
    let details = asked.authorization_details();
    let parameter = match details {
        Some(_) => body
            .split('&')
            .find(|pair| pair.starts_with("authorization_details="))
            .map(str::to_owned),
        None => asked.scope().map(ToString::to_string),
    };
    Ok(json!({
        "method": request.method().as_str(),
        "url": request.uri().to_string(),
        "headers": {
            "content-type": header("content-type"),
            "accept": header("accept"),
            "authorization": authorization,
        },
        "authorization": authorization,
        "userpass": pair.map(|pair| String::from_utf8_lossy(&pair).into_owned()),
        "scope": asked.scope().map(|scope| scope.iter().collect::<Vec<_>>()).unwrap_or_default(),
        "parameter": parameter,
        "details": details.map(serde_json::from_str::<Value>).transpose().map_err(|error| error.to_string())?,
        "body": body,
    }))
}

fn show_response(input: Input) -> Result<Value, String> {
    let of_scope =
        || json!({ "access_token": "t", "token_type": "Bearer", "scope": input.value }).to_string();
    let has_other = input.body_base64.is_some() || input.body_parts.is_some();
    let body = input.body.or_else(|| (!has_other).then(of_scope));
    let (scope, details) = match input.requested {
        Some(OneOrMany::One(details)) => (None, Some(details)),
        scope => (scope, None),
    };
    response::show(&response::Input {
        status: input.status,
        headers: input.headers,
        body,
        body_base64: input.body_base64,
        body_parts: input.body_parts,
        requested_scope: scope,
        requested_details: details,
        now: input.now.or(Some(0)),
        options: response::Options {
            comma_separated_scope: input.comma_separated_scope
                || input.options.comma_separated_scope,
        },
        ..response::Input::default()
    })
}

fn show_difference(input: Input) -> Result<Value, String> {
    let token = json!({ "access_token": "t", "scope": input.granted });
    let shown = response::show(&response::Input {
        body: Some(token.to_string()),
        requested_scope: input.requested,
        now: Some(0),
        ..response::Input::default()
    })?;
    Ok(json!({
        "changed": shown["scope_changed"],
        "missing": shown["missing_scopes"],
        "additional": shown["additional_scopes"],
    }))
}
