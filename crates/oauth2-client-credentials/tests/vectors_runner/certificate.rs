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
    let from_der = |der: &String| {
        let der = STANDARD.decode(der).map_err(|error| error.to_string())?;
        Ok::<_, String>(Certificate::from_der(&der))
    };
    let from_der = input.der_base64.as_ref().map(from_der).transpose()?;
    let from_pem = input.pem.as_deref().map(Certificate::from_pem);
    let certificate = match (from_der, from_pem) {
        (Some(one), Some(other)) if one != other => return Err("these are two".to_owned()),
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => return Err("no certificate".to_owned()),
    };
    Ok(match certificate {
        Ok(certificate) => json!({
            "x5t#S256": certificate.thumbprint_s256(),
            "x5t": certificate.thumbprint_sha1(),
        }),
        Err(_) => json!({ "error": { "kind": "invalid_certificate" } }),
    })
}
