//! `retry_classification.json`.

use oauth2_client_credentials::ErrorKind;
use serde_json::{Value, json};

use super::response::{self, Input};

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    let error = match response::decode(&input)? {
        Ok(_) => return Ok(json!({ "kind": null })),
        Err(error) => error,
    };
    let kind = match error.kind() {
        ErrorKind::ClientAuthentication => "client_auth",
        ErrorKind::Configuration => "config",
        ErrorKind::Scope => "scope",
        ErrorKind::NonceRequired => "nonce_required",
        ErrorKind::Transient => "transient",
        // The table of the vectors has no kind of its own for what is too large.
        ErrorKind::Protocol | ErrorKind::TooLarge => "protocol",
        other => return Err(format!("{other} is not a kind of the vectors")),
    };
    Ok(json!({
        "kind": kind,
        "nonce": error.dpop_nonce(),
        "retry_after": error.retry_after().map(|after| after.as_secs()),
    }))
}
