//! Without `--get`: what was granted.

use std::time::Duration;

use oauth2_client_credentials::{Quirk, TokenResponse};
use serde_json::json;
use tower_oauth2_client_credentials::TokenSource;

use crate::setup::{
    failure::Failure,
    output::{self, one_line},
};

/// Fetches a token and prints it.
///
/// # Errors
///
/// There is none.
pub(crate) async fn run(source: &TokenSource, json: bool) -> Result<(), Failure> {
    let token = source
        .token()
        .await
        .map_err(|error| Failure::from(&error))?;
    let granted = token.response();
    let text = if json {
        as_json(granted)
    } else {
        as_text(granted)
    };
    output::write(text.as_bytes())
}

/// What the server did not say is null.
fn as_json(granted: &TokenResponse) -> String {
    json!({
        "access_token": granted.access_token().expose(),
        "token_type": granted.token_type().as_str(),
        "expires_in": granted.expires_in().as_ref().map(Duration::as_secs),
        "scope": granted.scope().map(|scope| scope.as_str()),
        "quirks": quirks(granted),
    })
    .to_string()
}

fn as_text(granted: &TokenResponse) -> String {
    let expires_in = granted.expires_in().map_or_else(
        || "the server did not say".to_owned(),
        |time| format!("{} s", time.as_secs()),
    );
    let scope = granted
        .scope()
        .map_or("as asked for, the server named none", |scope| {
            scope.as_str()
        });
    let quirks = match granted.quirks() {
        [] => "none".to_owned(),
        _ => quirks(granted).join(" "),
    };
    let rows = [
        ("access_token", granted.access_token().expose()),
        ("token_type", granted.token_type().as_str()),
        ("expires_in", &expires_in),
        ("scope", scope),
        ("quirks", &quirks),
    ];
    let lines = rows.map(|(name, value)| format!("{name}: {}", one_line(value)));
    lines.join("\n")
}

fn quirks(granted: &TokenResponse) -> Vec<&'static str> {
    granted
        .quirks()
        .iter()
        .copied()
        .map(Quirk::as_str)
        .collect()
}
