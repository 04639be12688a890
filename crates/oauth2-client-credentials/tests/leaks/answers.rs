//! What a server says, and what is read of it.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use oauth2_client_credentials::{
    Challenge, Client, ClientSecretPost, Decoder, Issuer, Metadata, Quirk, ResponseError,
    TokenRequest, TokenResponse, TokenType, ZeroLifetime,
};

use crate::{SECRET, TOKEN, shown::Shown};

pub(crate) fn show(shown: &Shown) {
    shown.debug(&Decoder::lenient().zero_lifetime(ZeroLifetime::Never));
    shown.debug(&ZeroLifetime::Never);
    shown.debug(&Quirk::FormBody);
    shown.debug(&TokenType::Bearer);
    shown.debug(&TokenResponse::builder(TOKEN));
    shown.debug(&TokenResponse::new(TOKEN).unwrap());
    shown.error(&TokenResponse::new(format!("{TOKEN}\n")).unwrap_err());
    shown.debug(&metadata());
    let issuer = Issuer::new("https://as.example.com").unwrap();
    for wrong in ["{", "{\"issuer\":42}", "[]"] {
        let wrong = issuer.decode_metadata_parts(StatusCode::OK, wrong.as_bytes());
        shown.error(&wrong.unwrap_err());
    }
    shown.debug(&Challenge::parse(b"Bearer error=\"invalid_token\"")[0]);
    decoded(shown);
    repeated(shown);
}

pub(crate) fn metadata() -> Metadata {
    let document = "{\"issuer\":\"https://as.example.com\",\"token_endpoint\":\"https://as.example.com/token?api_key=canary\",\
        \"token_endpoint_auth_methods_supported\":[\"client_secret_basic\"]}";
    let issuer = Issuer::new("https://as.example.com").unwrap();
    issuer
        .decode_metadata_parts(StatusCode::OK, document.as_bytes())
        .unwrap()
}

/// Answers with a token in them that is none, or that is one.
fn decoded(shown: &Shown) {
    for body in [
        format!(
            "{{\"access_token\":\"{TOKEN}\",\"refresh_token\":\"{TOKEN}\",\"id_token\":\"{TOKEN}\"}}"
        ),
        format!("{{\"access_token\":\"{TOKEN}\\n\"}}"),
        format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":\"{TOKEN}\"}}"),
        format!("{{\"access_token\":\"{TOKEN}\",\"error\":\"invalid_client\"}}"),
        format!("{{\"access_token\":\"{TOKEN}\""),
        format!("access_token={TOKEN}"),
        format!("<p>{TOKEN}</p>"),
    ] {
        for status in [200, 400, 503] {
            match decode(status, &HeaderMap::new(), &body) {
                Ok(token) => shown.debug(&token),
                Err(error) => {
                    shown.debug(&error.kind());
                    shown.error(&error);
                }
            }
        }
    }
}

/// Answers that repeat the client's secret, once it has been taken out.
fn repeated(shown: &Shown) {
    let client = Client::new("svc", ClientSecretPost::new(SECRET)).unwrap();
    for name in ["www-authenticate", "dpop-nonce", "location"] {
        let value = match name {
            "www-authenticate" => format!("Basic realm=\"{SECRET}\""),
            _ => SECRET.to_owned(),
        };
        let headers =
            HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
        for member in ["error", "error_description", "error_uri"] {
            let body = format!("{{\"error\":\"x\",\"{member}_\":1,\"{member}\":\"{SECRET}\"}}");
            let body = if member == "error" {
                format!("{{\"error\":\"{SECRET}\"}}")
            } else {
                body
            };
            shown.error(&client.redact(decode(400, &headers, &body).unwrap_err()));
        }
    }
    let body = format!(
        "{{\"access_token\":\"{TOKEN}\",\"token_type\":\"{SECRET}\",\"scope\":\"{SECRET}\",\"{SECRET}\":1}}"
    );
    let token = decode(200, &HeaderMap::new(), &body).unwrap();
    shown.debug(&client.redact_response(token));
}

fn decode(status: u16, headers: &HeaderMap, body: &str) -> Result<TokenResponse, ResponseError> {
    let status = StatusCode::from_u16(status).unwrap();
    let (asked, now) = (TokenRequest::new(), SystemTime::UNIX_EPOCH);
    Decoder::lenient().decode_parts(&asked, status, headers, body.as_bytes(), now)
}
