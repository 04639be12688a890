//! What a token endpoint may answer, and what becomes of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use http::StatusCode;
use oauth2_client_credentials::{Client, ClientSecretPost, Decoder, EndpointUri};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, Body};
use serde_json::json;
use support::{TokioClock, credential, endpoint, send, source, stack, token_error};
use tokio::time::Instant;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{Fetch, State, TokenEndpoint, TokenErrorKind, TokenSource};

/// Whatever a server sends: an error with its kind and status that says what was wrong; no panic, no hang.
#[tokio::test(start_paused = true)]
async fn bad_answers_are_errors_that_say_what_was_wrong() {
    use TokenErrorKind::{
        ClientAuthentication, Configuration, Protocol, Scope, TooLarge, Transient,
    };
    let token =
        |expires_in| json!({"access_token": "t", "token_type": "Bearer", "expires_in": expires_in});
    for (name, answer, kind, status, words) in [
        (
            "HTML",
            Answer::body(200, "<html><body>Sign in</body></html>"),
            Protocol,
            200,
            "",
        ),
        ("nothing", Answer::body(200, ""), Protocol, 200, ""),
        (
            "an endless body",
            Answer::endless_body(),
            TooLarge,
            200,
            "65536",
        ),
        (
            "a redirect",
            Answer::body(302, "").header("location", "https://evil.test/"),
            Protocol,
            302,
            "",
        ),
        (
            "CR LF in a token",
            Answer::json(
                200,
                json!({"access_token": "a\r\nb", "token_type": "Bearer"}),
            ),
            Protocol,
            200,
            "access_token",
        ),
        (
            "a lifetime in words",
            Answer::json(200, token(json!("never"))),
            Protocol,
            200,
            "expires_in",
        ),
        (
            "invalid_client",
            Answer::oauth_error(401, "invalid_client"),
            ClientAuthentication,
            401,
            "invalid_client",
        ),
        (
            "an unknown scope",
            Answer::oauth_error(400, "invalid_scope"),
            Scope,
            400,
            "invalid_scope",
        ),
        (
            "an error in a 200",
            Answer::oauth_error(200, "unauthorized_client"),
            Configuration,
            200,
            "unauthorized_client",
        ),
        (
            "an outage",
            Answer::body(503, "later"),
            Transient,
            503,
            "503",
        ),
    ] {
        let server = AuthorizationServer::new();
        server.set_outage(Some(answer));
        let error = source(&server).build().token().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        let answer = error
            .response_error()
            .unwrap_or_else(|| panic!("{name}: {error:?}"));
        assert_eq!(
            answer.status(),
            StatusCode::from_u16(status).unwrap(),
            "{name}"
        );
        let shown = error.to_string();
        assert!(
            shown.contains(words) && shown.contains(&status.to_string()),
            "{name}: {shown}"
        );
        assert!(shown.contains("as.example.com"), "{name}: {shown}");
        let requests = server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.uri().path() == "/token"),
            "{name}: no redirect is followed"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn transport_failures_are_worth_another_attempt() {
    for (name, answer) in [
        ("refused", Answer::connect_error()),
        ("reset", Answer::reset()),
        ("torn", Answer::torn_body()),
        ("silent", Answer::hang()),
    ] {
        let server = AuthorizationServer::builder().script([answer]).build();
        let start = Instant::now();
        let token = source(&server).build().token().await.unwrap();
        assert_eq!(token.access_token().expose(), "t2", "{name}");
        assert!(start.elapsed() < Duration::from_secs(7), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_endpoint_is_named_with_what_to_check_and_without_its_query() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::connect_error()));
    let uri = EndpointUri::new("https://as.example.com/token?key=canary").unwrap();
    let endpoint = TokenEndpoint::new(server, uri, credential());
    let source = TokenSource::builder(endpoint)
        .clock(TokioClock::new())
        .build();
    let error = source.token().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    for words in [
        "https://as.example.com/token failed",
        "certificate",
        "Connect",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(error.is_transient() && error.response_error().is_none());
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_answer_is_not_tried_again() {
    let server = AuthorizationServer::builder()
        .client("svc", "another")
        .build();
    let (_, service) = stack(&server);
    let error = token_error(send(&service).await.unwrap_err());
    assert_eq!(
        (error.kind(), error.code()),
        (TokenErrorKind::ClientAuthentication, Some("invalid_client"))
    );
    assert_eq!(error.retry_in(), Some(Duration::from_secs(5)));
    assert!(!error.is_transient());
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_credential_opens_the_gate_and_one_that_came_meanwhile_is_tried_at_once() {
    let server = AuthorizationServer::builder()
        .client("svc", "new")
        .latency(Duration::from_millis(100))
        .build();
    let client = |secret: &str| Client::new("svc", ClientSecretPost::new(secret)).unwrap();
    let credential = tower_oauth2_client_credentials::Credential::new(client("old"));
    let build = || {
        let builder =
            tower_oauth2_client_credentials::TokenSource::builder(endpoint(&server, &credential));
        builder
            .credential(&credential)
            .clock(TokioClock::new())
            .build()
    };
    let gated = build();
    gated.token().await.unwrap_err();
    gated.token().await.unwrap_err();
    assert_eq!(server.token_requests(), 1, "the gate is closed");
    credential.replace(client("new"));
    gated.token().await.unwrap();
    assert_eq!(server.token_requests(), 2);

    // While the server looks at the old one.
    credential.replace(client("old"));
    let source = build();
    let waiting = tokio::spawn(async move { source.token().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    credential.replace(client("new"));
    waiting.await.unwrap().unwrap();
    assert_eq!(server.token_requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_server_asked_for_is_shortened_by_nobody() {
    let server = AuthorizationServer::new();
    server.push_answer(Answer::body(429, "").header("retry-after", "90"));
    let credential = credential();
    let source = TokenSource::builder(endpoint(&server, &credential))
        .credential(&credential)
        .clock(TokioClock::new())
        .build();
    source.token().await.unwrap_err();
    credential.replace(Client::new("svc", ClientSecretPost::new("new")).unwrap());
    source.retry_now();
    tokio::time::sleep(Duration::from_secs(89)).await;
    let error = source.token().await.unwrap_err();
    assert_eq!(error.retry_in(), Some(Duration::from_secs(1)));
    assert_eq!(server.token_requests(), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    source.token().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_our_own_ends_when_somebody_says_so() {
    let server = AuthorizationServer::new();
    server.push_answer(Answer::oauth_error(400, "invalid_scope"));
    let source = source(&server).build();
    source.token().await.unwrap_err();
    source.token().await.unwrap_err();
    assert_eq!(
        (server.token_requests(), source.health().state()),
        (1, State::Gated)
    );
    source.retry_now();
    source.token().await.unwrap();
    assert_eq!(source.health().last_error(), None);
}

#[tokio::test(start_paused = true)]
async fn a_strict_decoder_refuses_what_a_lenient_one_notes() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::json(
        200,
        json!({"access_token": "t", "expires_in": "60"}),
    )));
    let lenient = endpoint(&server, &credential());
    let token = lenient
        .clone()
        .oneshot(Fetch::new(Default::default()))
        .await
        .unwrap();
    assert_eq!(token.quirks().len(), 2, "{:?}", token.quirks());
    lenient
        .decoder(Decoder::strict())
        .oneshot(Fetch::new(Default::default()))
        .await
        .unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn any_body_type_will_do() {
    /// A body that is not made of bytes by `From`.
    struct Boxed(Body);
    let server = AuthorizationServer::new();
    let http = server
        .clone()
        .map_request(|request: http::Request<Boxed>| request.map(|body| body.0));
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::with_body(http, |bytes| Boxed(bytes.into()), uri, credential());
    endpoint
        .oneshot(Fetch::new(Default::default()))
        .await
        .unwrap();
    let service_fn =
        tower::service_fn(move |request: http::Request<Body>| server.clone().oneshot(request));
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    TokenEndpoint::new(service_fn, uri, credential())
        .oneshot(Fetch::new(Default::default()))
        .await
        .unwrap();
}

#[test]
fn identities_tell_clients_apart_and_have_no_secret() {
    let of = |uri: &str, id: &str, secret: &str| {
        let client = Client::new(id, ClientSecretPost::new(secret)).unwrap();
        TokenEndpoint::new(
            AuthorizationServer::new(),
            EndpointUri::new(uri).unwrap(),
            client,
        )
        .identity()
    };
    let one = of("https://as.example.com/token", "a", "canary");
    assert_eq!(one, of("https://as.example.com/token", "a", "rotated"));
    assert_ne!(one, of("https://as.example.com/token", "b", "canary"));
    assert_ne!(one, of("https://as.example.com/other", "a", "canary"));
    assert_ne!(
        one,
        of("https://as.example.com/token?tenant=2", "a", "canary")
    );
    assert!(!one.contains("canary"));

    let bound = |id: &str| {
        let client = Client::new(id, ClientSecretPost::new("s")).unwrap();
        let uri = EndpointUri::new("https://as.example.com/token").unwrap();
        TokenEndpoint::new(AuthorizationServer::new(), uri, client)
    };
    assert_ne!(
        bound("a\nx5t#S256 b").identity(),
        bound("a").certificate_thumbprint("b").identity(),
        "an id is not taken for a binding"
    );
}

/// As the README sets it up: the endpoint alone knows the credential.
#[tokio::test(start_paused = true)]
async fn the_gate_needs_no_credential_to_close_and_the_endpoints_to_open() {
    let server = AuthorizationServer::builder().client("svc", "new").build();
    let credential = credential();
    let source = TokenSource::builder(endpoint(&server, &credential))
        .clock(TokioClock::new())
        .build();
    for _ in 0..50 {
        source.token().await.unwrap_err();
    }
    assert_eq!(server.token_requests(), 1);
    assert_eq!(source.health().state(), State::Gated);
    credential.replace(Client::new("svc", ClientSecretPost::new("new")).unwrap());
    source.token().await.unwrap();
}

/// A credential that has nothing to do with the endpoint's does no harm.
#[tokio::test(start_paused = true)]
async fn a_source_with_another_credential_closes_its_gate_all_the_same() {
    let server = AuthorizationServer::builder()
        .client("svc", "another")
        .build();
    let other = credential();
    other.replace(Client::new("svc", ClientSecretPost::new("x")).unwrap());
    let source = TokenSource::builder(endpoint(&server, &credential()))
        .credential(&other)
        .clock(TokioClock::new())
        .build();
    for _ in 0..5 {
        source.token().await.unwrap_err();
    }
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_what_the_server_asked_for_is_firm_and_the_rest_of_the_pause_opens_early() {
    for by_credential in [true, false] {
        let server = AuthorizationServer::new();
        server.push_answer(Answer::oauth_error(401, "invalid_client").header("retry-after", "1"));
        let credential = credential();
        let source = TokenSource::builder(endpoint(&server, &credential))
            .clock(TokioClock::new())
            .build();
        source.token().await.unwrap_err();
        if by_credential {
            credential.replace(Client::new("svc", ClientSecretPost::new("new")).unwrap());
        } else {
            source.retry_now();
        }
        tokio::time::sleep(Duration::from_millis(900)).await;
        source.token().await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(100)).await;
        source.token().await.unwrap();
        assert_eq!(server.token_requests(), 2);
    }
}
