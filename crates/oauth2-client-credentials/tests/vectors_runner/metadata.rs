//! `metadata.json`.

use http::StatusCode;
use oauth2_client_credentials::{Issuer, MetadataError, WellKnown};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    issuer: String,
    kind: Option<String>,
    document: Option<Value>,
    #[serde(default)]
    mtls: bool,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    let Ok(issuer) = Issuer::new(&input.issuer) else {
        return Ok(json!({ "error": { "kind": "invalid_issuer" } }));
    };
    let mut shown = json!({});
    if let Some(kind) = &input.kind {
        let place = match &**kind {
            "oauth-authorization-server" => WellKnown::OAuthAuthorizationServer,
            "openid-configuration" => WellKnown::OpenIdConfiguration,
            other => return Err(format!("the kind {other} is not known")),
        };
        shown["url"] = issuer.metadata_request(place).uri().to_string().into();
    }
    let Some(document) = &input.document else {
        return Ok(shown);
    };
    let body = document.to_string();
    match issuer.decode_metadata_parts(StatusCode::OK, body.as_bytes()) {
        Ok(metadata) => match metadata.checked_token_endpoint(input.mtls) {
            Ok(endpoint) => {
                shown["token_endpoint"] = endpoint.as_str().into();
                shown["auth_methods"] = metadata.auth_methods().into();
                Ok(shown)
            }
            Err(error) => show_error(&error),
        },
        Err(error) => show_error(&error),
    }
}

fn show_error(error: &MetadataError) -> Result<Value, String> {
    let kind = match error {
        MetadataError::IssuerMismatch(_) => "issuer_mismatch",
        MetadataError::Field(_) | MetadataError::Unreadable | MetadataError::TooLarge => {
            "invalid_metadata"
        }
        other => return Err(other.to_string()),
    };
    Ok(json!({ "error": { "kind": kind, "field": error.field() } }))
}
