//! Any text as a token to be revoked, with a parameter; and any bytes as the answer: the lines of the input are the token, the
//! parameter's name and its value, the next two bytes are the status and the method, and the rest is the body.
#![no_main]

use std::time::{Duration, SystemTime};

use http::{Response, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{
    Client, ClientSecretBasic, ClientSecretPost, EndpointUri, Revocation, TokenTypeHint,
};

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(4, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let (token, name, value, rest) = (next(), next(), next(), next());
    let [status, method, body @ ..] = rest else {
        return;
    };
    let texts = [token, name, value].map(std::str::from_utf8);
    let [Ok(token), Ok(name), Ok(value)] = texts else {
        return;
    };
    let client = match method & 1 {
        0 => Client::new("svc", ClientSecretPost::new("s3cr3t")),
        _ => Client::new("svc", ClientSecretBasic::new("s3cr3t")),
    };
    let client = client.expect("a client");
    ask(&client, token, name, value);

    let statuses = [200, 204, 302, 400, 401, 429, 500, 503];
    let status = StatusCode::from_u16(statuses[usize::from(*status) % statuses.len()]);
    let status = status.expect("a status");
    let mut answer = Response::new(body.to_vec().into());
    *answer.status_mut() = status;
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Ok(value) = header::HeaderValue::from_bytes(line) {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    match Revocation::decode(&answer, now) {
        // What reads as an error to anybody is no success.
        Ok(()) => assert!(status.is_success() && !says_error(body)),
        Err(error) => {
            assert!(!status.is_success() || error.code().is_some());
            let error = client.redact_also(error, &token.into());
            let shown = format!("{error} {error:?}");
            assert!(!error.to_string().contains(char::is_control), "{shown:?}");
            assert!(shown.len() < 20_000);
            // Long enough, and strange enough, to stand there for no other reason.
            let is_its_own = |token: &str| token.len() > 8 && token.bytes().all(|byte| b"!#0".contains(&byte));
            assert!(!is_its_own(token) || !shown.contains(token), "{shown:?}");
        }
    }
});

/// What can be sent is read back by another library as it was meant.
fn ask(client: &Client, token: &str, name: &str, value: &str) {
    let endpoint = EndpointUri::new("https://as.example.com/revoke").expect("an endpoint");
    let mut revocation = Revocation::new(token).token_type_hint(TokenTypeHint::AccessToken);
    if !name.is_empty() {
        revocation = revocation.parameter(name, value);
    }
    assert!(token.len() < 16 || !format!("{revocation:?}").contains(token));
    let sent = match client.revocation_request(&endpoint, &revocation) {
        Ok(sent) => sent,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control));
            return;
        }
    };
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(sent.body())
        .into_owned()
        .collect();
    let values = |wanted: &str| -> Vec<&str> {
        let pairs = pairs.iter().filter(|(name, _)| name == wanted);
        pairs.map(|(_, value)| &**value).collect()
    };
    assert_eq!(values("token"), [token]);
    assert_eq!(values("token_type_hint"), ["access_token"]);
    let in_body = !sent.headers().contains_key(header::AUTHORIZATION);
    assert_eq!(values("client_secret").len(), usize::from(in_body));
    if !name.is_empty() && !value.is_empty() {
        assert_eq!(values(name), [value]);
    }
}

/// A JSON object with one member `error` that is a text.
fn says_error(body: &[u8]) -> bool {
    let json: Result<serde_json::Value, _> = serde_json::from_slice(body);
    let error = json.as_ref().ok().and_then(|json| json["error"].as_str());
    error.is_some_and(|error| !error.is_empty())
}
