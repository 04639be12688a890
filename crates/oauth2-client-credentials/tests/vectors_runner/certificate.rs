//! `cert_thumbprint.json`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2_client_credentials::Certificate;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    der_base64: Option<String>,
    pem: Option<String>,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    let certificate = match (&input.der_base64, &input.pem) {
        (Some(der), None) => {
            let der = STANDARD.decode(der).map_err(|error| error.to_string())?;
            Certificate::from_der(&der)
        }
        (None, Some(pem)) => Certificate::from_pem(pem),
        _ => return Err("one format at a time".to_owned()),
    };
    Ok(match certificate {
        Ok(certificate) => json!({ "x5t#S256": certificate.thumbprint_s256() }),
        Err(_) => json!({ "error": { "kind": "invalid_certificate" } }),
    })
}
