//! `www_authenticate.json`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2_client_credentials::Challenge;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    headers_base64: Vec<String>,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    let mut lines: Vec<_> = input.headers.into_iter().map(String::into_bytes).collect();
    for line in input.headers_base64 {
        lines.push(STANDARD.decode(line).map_err(|error| error.to_string())?);
    }
    let challenges: Vec<_> = lines
        .iter()
        .flat_map(|line| Challenge::parse(line))
        .collect();
    Ok(json!({ "challenges": show(&challenges) }))
}

pub(crate) fn show(challenges: &[Challenge]) -> Value {
    let show = |challenge: &Challenge| {
        json!({
            "scheme": challenge.scheme(),
            "token68": challenge.token68(),
            "params": challenge.params().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Value>(),
            "duplicates": challenge.duplicates(),
        })
    };
    challenges.iter().map(show).collect()
}
