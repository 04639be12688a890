//! `mac.json`.

use http::{Request, Uri};
use oauth2_client_credentials::{Mac, MacAlgorithm, MacError};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    draft: u8,
    algorithm: String,
    id: String,
    key: String,
    #[serde(default)]
    ts: u64,
    nonce: String,
    method: String,
    uri: String,
    body: Option<String>,
    ext: Option<String>,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    let algorithm: MacAlgorithm = match input.algorithm.parse() {
        Ok(algorithm) => algorithm,
        Err(error) => return show_error(error),
    };
    let mac = match input.draft {
        0 => Mac::draft_00(input.key, algorithm),
        1 => Mac::draft_01(input.key, algorithm),
        other => return Err(format!("draft {other} is not known")),
    };
    let mac = mac.ext(input.ext.unwrap_or_default());
    let Ok(uri) = input.uri.parse::<Uri>() else {
        return show_error(MacError::MissingHost);
    };
    let request = Request::builder().method(&*input.method).uri(uri);
    let (head, ()) = request
        .body(())
        .map_err(|error| error.to_string())?
        .into_parts();
    let body = input.body.unwrap_or_default();
    match mac.sign(&head, body.as_bytes(), &input.id, input.ts, &input.nonce) {
        Ok(signature) => Ok(json!({
            "base_string": signature.base_string(),
            "bodyhash": signature.body_hash(),
            "mac": signature.mac(),
            "authorization": signature.authorization().to_str().unwrap_or_default(),
        })),
        Err(error) => show_error(error),
    }
}

pub(crate) fn show_error(error: MacError) -> Result<Value, String> {
    let (kind, value) = match error {
        MacError::UnsupportedAlgorithm(name) => ("unsupported_algorithm", Some(name)),
        MacError::MissingKey => ("missing_key", None),
        MacError::MissingHost | MacError::InvalidPort => ("invalid_uri", None),
        MacError::InvalidCharacter => ("invalid_character", None),
        other => return Err(other.to_string()),
    };
    Ok(json!({ "error": { "kind": kind, "value": value } }))
}
