//! The shapes of what providers answer, as their documentation has them: one
//! file for each page of `docs::providers`.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::path::Path;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_TYPE;
use oauth2_client_credentials::{
    Bearer, Decoder, Quirk, ResponseError, TokenRequest, TokenResponse, TokenType,
};
use serde::Deserialize;

const PROVIDERS: [&str; 9] = [
    "auth0",
    "cognito",
    "ebay",
    "entra-v1",
    "entra-v2",
    "github-style-errors",
    "keycloak",
    "okta",
    "salesforce",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    shape_from: String,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    content_type: String,
    asked_scope: Option<String>,
    body: String,
    token: Option<Token>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    token_type: String,
    expires_in: Option<u64>,
    refresh_in: Option<u64>,
    #[serde(default)]
    missing_scopes: Vec<String>,
    #[serde(default)]
    additional_scopes: Vec<String>,
    quirks: Vec<String>,
    extra: Vec<String>,
    #[serde(default)]
    is_refused_by_strict: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    kind: String,
    code: String,
    is_transient: bool,
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(name: &str) -> Fixture {
    let path = folder()
        .join("tests/providers")
        .join(format!("{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn decode(decoder: &Decoder, answer: &Answer) -> Result<TokenResponse, ResponseError> {
    let scope = answer.asked_scope.as_deref().unwrap_or_default();
    let asked = TokenRequest::builder().scope(scope).build().unwrap();
    let response = Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, &answer.content_type)
        .body(Bytes::from(answer.body.clone()))
        .unwrap();
    decoder.decode(&asked, &response, SystemTime::UNIX_EPOCH)
}

fn check(name: &str, answer: &Answer) {
    match (
        decode(&Decoder::lenient(), answer),
        &answer.token,
        &answer.error,
    ) {
        (Ok(token), Some(expected), None) => {
            check_token(name, &token, expected);
            let strict = decode(&Decoder::strict(), answer);
            assert_eq!(strict.is_err(), expected.is_refused_by_strict, "{name}");
        }
        (Err(error), None, Some(expected)) => {
            assert_eq!(error.kind().as_str(), expected.kind, "{name}: {error}");
            assert_eq!(error.code(), Some(&*expected.code), "{name}");
            assert_eq!(error.is_transient(), expected.is_transient, "{name}");
        }
        (outcome, ..) => panic!("{name}: {outcome:?}"),
    }
}

fn check_token(name: &str, token: &TokenResponse, expected: &Token) {
    assert_eq!(token.token_type().as_str(), expected.token_type, "{name}");
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
    assert_eq!(seconds(token.expires_in()), expected.expires_in, "{name}");
    assert_eq!(seconds(token.refresh_in()), expected.refresh_in, "{name}");
    let missing: Vec<_> = token.missing_scopes().collect();
    assert_eq!(missing, expected.missing_scopes, "{name}");
    let additional: Vec<_> = token.additional_scopes().collect();
    assert_eq!(additional, expected.additional_scopes, "{name}");
    let quirks: Vec<_> = token.quirks().iter().copied().map(Quirk::as_str).collect();
    assert_eq!(quirks, expected.quirks, "{name}");
    let mut extra: Vec<_> = token.extra().keys().collect();
    extra.sort();
    assert_eq!(extra, expected.extra.iter().collect::<Vec<_>>(), "{name}");
    let bearer = Bearer::new().treat_as_bearer("Application Access Token");
    let is_bearer = *token.token_type() != TokenType::DPoP;
    assert_eq!(bearer.header_value(token).is_ok(), is_bearer, "{name}");
}

#[test]
fn every_shape_is_read_as_its_page_says() {
    for name in PROVIDERS {
        let fixture = fixture(name);
        assert!(fixture.shape_from.starts_with("documentation: "), "{name}");
        assert!(!fixture.answers.is_empty(), "{name}");
        for answer in &fixture.answers {
            check(name, answer);
        }
    }
}

#[test]
fn every_page_has_its_fixture_and_says_so() {
    let names = |path: &str, suffix: &str| {
        let mut names: Vec<String> = fs::read_dir(folder().join(path))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.strip_suffix(suffix).unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("tests/providers", ".json"), PROVIDERS);
    assert_eq!(names("docs/providers", ".md"), PROVIDERS);
    for name in PROVIDERS {
        let path = folder().join("docs/providers").join(format!("{name}.md"));
        let page = fs::read_to_string(path).unwrap();
        assert!(
            page.contains(&format!("`tests/providers/{name}.json`")),
            "{name}"
        );
        assert!(page.contains("from the documentation"), "{name}");
    }
}

#[cfg(feature = "rsa")]
#[test]
fn entra_gets_an_assertion_of_its_kind() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use oauth2_client_credentials::{
        AssertionTemplate, Certificate, Client, EndpointUri, Fresh, JwsAlgorithm, PrivateKeyJwt,
        SigningKey,
    };

    let pem = fs::read_to_string(folder().join("tests/keys/rsa-pkcs8.pem")).unwrap();
    let key = SigningKey::from_pem(&pem).unwrap();
    let key = key.with_algorithm(JwsAlgorithm::PS256).unwrap();
    let uri = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token";
    let pem = fs::read_to_string(folder().join("tests/keys/p256-certificate.pem")).unwrap();
    let certificate = Certificate::from_pem(&pem).unwrap();
    let template = AssertionTemplate::new()
        .audience(uri)
        .typ("JWT")
        .x5t(certificate.thumbprint_sha1())
        .x5t_s256(certificate.thumbprint_s256());
    let client = Client::new("app", PrivateKeyJwt::new(key).template(template)).unwrap();
    let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [1; 16]);
    let request = client
        .with_fresh(fresh)
        .token_request(&EndpointUri::new(uri).unwrap(), &TokenRequest::new())
        .unwrap();
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let (_, assertion) = body.split_once("client_assertion=").unwrap();
    let part = |place: usize| -> serde_json::Value {
        let part = assertion.split('.').nth(place).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(part(0)["alg"], "PS256");
    assert_eq!(part(0)["typ"], "JWT");
    // As OpenSSL computes them.
    assert_eq!(part(0)["x5t"], "0Sx71m9i3qWkHOJhUJahL_XA_tc");
    let sha256 = "CVgHadzcm0D2nFvVYLYMd3uI_n5u-_8ULZ2Xbnb7BSA";
    assert_eq!(part(0)["x5t#S256"], sha256);
    assert_eq!(part(1)["aud"], uri);
    assert_eq!(part(1)["iss"], "app");
}
