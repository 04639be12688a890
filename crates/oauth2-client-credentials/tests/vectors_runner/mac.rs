//! `mac.json`.

use http::Request;
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
        Err(MacError::UnsupportedAlgorithm(name)) => {
            return Ok(json!({ "error": { "kind": "unsupported_algorithm", "value": name } }));
        }
        Err(error) => return Err(error.to_string()),
    };
    let mac = match input.draft {
        0 => Mac::draft_00(input.key, algorithm),
        1 => Mac::draft_01(input.key, algorithm),
        other => return Err(format!("draft {other} is not known")),
    };
    let mac = mac.ext(input.ext.unwrap_or_default());
    let request = Request::builder().method(&*input.method).uri(input.uri);
    let (head, ()) = request
        .body(())
        .map_err(|error| error.to_string())?
        .into_parts();
    let body = input.body.unwrap_or_default();
    let signature = mac
        .sign(&head, body.as_bytes(), &input.id, input.ts, &input.nonce)
        .map_err(|error| error.to_string())?;
    Ok(json!({
        "base_string": signature.base_string(),
        "bodyhash": signature.body_hash(),
        "mac": signature.mac(),
        "authorization": signature.authorization().to_str().unwrap_or_default(),
    }))
}
