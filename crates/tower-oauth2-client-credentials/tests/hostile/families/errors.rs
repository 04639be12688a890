//! Errors that say too much, too loudly or something else.

use tower_oauth2_client_credentials::TokenErrorKind;

use crate::answer::{
    Answer, BASIC, Expected, JSON, PROTOCOL, SECRET, TOKEN, TOO_LARGE, TRANSIENT, both,
};

const CLIENT: Expected = Expected::Error(TokenErrorKind::ClientAuthentication);
const CONFIGURATION: Expected = Expected::Error(TokenErrorKind::Configuration);
const SCOPE: Expected = Expected::Error(TokenErrorKind::Scope);

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for status in [200, 201, 299, 400, 403, 404, 418, 422, 500, 503, 599] {
        for (code, expected) in [
            ("invalid_client", CLIENT),
            ("unauthorized_client", CONFIGURATION),
            ("invalid_scope", SCOPE),
            ("temporarily_unavailable", TRANSIENT),
        ] {
            let body = format!("{{\"error\":\"{code}\",\"access_token\":\"{TOKEN}\"}}");
            answers.extend(both(
                format!("{code} with {status}"),
                status,
                &[JSON],
                body,
                expected,
            ));
        }
    }
    for (status, expected) in [
        (400, PROTOCOL),
        (401, CLIENT),
        (403, PROTOCOL),
        (407, PROTOCOL),
        (421, PROTOCOL),
        (431, PROTOCOL),
        (451, PROTOCOL),
        (499, PROTOCOL),
        (600, PROTOCOL),
        (999, PROTOCOL),
        (429, TRANSIENT),
        (500, TRANSIENT),
        (511, TRANSIENT),
        (526, TRANSIENT),
    ] {
        let page = format!("<h1>{status}</h1> {TOKEN}");
        let html = [("content-type", "text/html")];
        answers.extend(both(
            format!("a page with {status}"),
            status,
            &html,
            page,
            expected,
        ));
    }
    for (name, body, expected) in bodies() {
        answers.extend(both(name, 400, &[JSON], body, expected));
    }
    for (name, value) in [
        ("www-authenticate", format!("Basic realm=\"{SECRET}\"")),
        (
            "www-authenticate",
            format!("Bearer error_description=\"{BASIC}\""),
        ),
        ("location", format!("https://as.example.com/?{SECRET}")),
        ("dpop-nonce", SECRET.to_owned()),
        ("retry-after", SECRET.to_owned()),
        ("x-canary", SECRET.to_owned()),
    ] {
        let headers = [JSON, (name, &*value)];
        let body = "{\"error\":\"invalid_request\"}";
        answers.extend(both(
            format!("the secret in {name}"),
            400,
            &headers,
            body,
            CONFIGURATION,
        ));
    }
    answers
}

fn bodies() -> Vec<(String, String, Expected)> {
    let error = |code: &str, rest: &str| format!("{{\"error\":\"{code}\"{rest}}}");
    let described = |text: &str| {
        error(
            "invalid_request",
            &format!(",\"error_description\":\"{text}\""),
        )
    };
    let uri = |text: &str| error("invalid_request", &format!(",\"error_uri\":\"{text}\""));
    [
        (
            "a description that repeats the secret",
            described(SECRET),
            CONFIGURATION,
        ),
        (
            "a description that repeats the header",
            described(BASIC),
            CONFIGURATION,
        ),
        (
            "a URI that repeats the secret",
            uri(&format!("https://as.example.com/{SECRET}")),
            CONFIGURATION,
        ),
        (
            "a code that repeats the secret",
            error(SECRET, ""),
            PROTOCOL,
        ),
        (
            "a description with lines",
            described("a\\r\\n2026-01-01 INFO all is well\\u001b[2J"),
            CONFIGURATION,
        ),
        (
            "a description of 60 KB",
            described(&"\u{e9}".repeat(30_000)),
            CONFIGURATION,
        ),
        (
            "a description of 70 KB",
            described(&"e".repeat(70_000)),
            TOO_LARGE,
        ),
        ("a code of 60 KB", error(&"e".repeat(60_000), ""), PROTOCOL),
        ("a URI of 60 KB", uri(&"e".repeat(60_000)), CONFIGURATION),
        (
            "a code with lines",
            error("invalid_client\\r\\nx", ""),
            PROTOCOL,
        ),
        (
            "a code with a zero",
            error("invalid_client\\u0000", ""),
            CLIENT,
        ),
        ("a code in capitals", error("INVALID_CLIENT", ""), PROTOCOL),
        (
            "a code that is a number",
            "{\"error\":42}".to_owned(),
            PROTOCOL,
        ),
        (
            "a code that is an object",
            "{\"error\":{\"code\":\"invalid_client\"}}".to_owned(),
            PROTOCOL,
        ),
        (
            "two codes",
            error("invalid_client", ",\"error\":\"server_error\""),
            PROTOCOL,
        ),
        (
            "a nonce is wanted, and none given",
            error("use_dpop_nonce", ""),
            PROTOCOL,
        ),
        (
            "a description that is a number",
            error("invalid_scope", ",\"error_description\":1e400"),
            SCOPE,
        ),
    ]
    .into_iter()
    .map(|(name, body, expected)| (name.to_owned(), body, expected))
    .collect()
}
