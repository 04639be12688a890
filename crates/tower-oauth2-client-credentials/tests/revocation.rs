//! Tokens that are given back before their life is over.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod discovery_support;
mod support;

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use discovery_support::{OAUTH, Server, client, issuer, metadata};
use oauth2_client_credentials::{ClientSecretPost, EndpointUri, ResponseError};
use serde_json::json;
use tower_oauth2_client_credentials::{
    BoxError, Credential, EndpointError, Token, TokenEndpoint, TokenError, TokenErrorKind,
    TokenSource,
};

fn discovered(server: &Server) -> TokenEndpoint {
    TokenEndpoint::new(server.clone(), issuer(), client())
}

fn with_revocation() -> Server {
    let server = Server::new();
    let mut document = metadata("/token");
    document["revocation_endpoint"] = json!("https://as.example.com/revoke");
    server.answer(OAUTH, 200, &document);
    server.answer_text("/revoke", 200, "");
    server
}

/// What closing a source hands out.
async fn closed(endpoint: &TokenEndpoint) -> Token {
    let source = TokenSource::new(endpoint.clone());
    source.token().await.unwrap();
    source.close().into_iter().next().unwrap()
}

fn cause<E: Error + 'static>(error: &EndpointError) -> &E {
    error.source().unwrap().downcast_ref().unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_close_hands_out_is_revoked_where_the_metadata_says() {
    let server = with_revocation();
    let endpoint = discovered(&server);
    let token = closed(&endpoint).await;
    endpoint.revoke(&token).await.unwrap();
    let received = server.received();
    let last = received.last().unwrap();
    assert_eq!(last.path, "/revoke");
    assert_eq!(
        last.body,
        "token=t&token_type_hint=access_token&client_id=svc&client_secret=s3cret"
    );
    assert_eq!(server.paths(), [OAUTH, "/token", "/revoke"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_was_given_is_the_one() {
    let known = EndpointUri::new("https://as.example.com/token").unwrap();
    for (server, location) in [
        (Server::new(), known.into()),
        (with_revocation(), issuer().into()),
    ] {
        let location: tower_oauth2_client_credentials::EndpointLocation = location;
        server.answer_text("/given", 204, "");
        let given = EndpointUri::new("https://as.example.com/given").unwrap();
        let endpoint =
            TokenEndpoint::new(server.clone(), location, client()).revocation_endpoint(given);
        let token = closed(&endpoint).await;
        endpoint.revoke(&token).await.unwrap();
        assert_eq!(server.paths().last().unwrap(), "/given");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_endpoint_the_error_says_how_to_give_it() {
    let server = Server::new();
    let known = EndpointUri::new("https://as.example.com/token").unwrap();
    let known = TokenEndpoint::new(server.clone(), known, client());
    for (endpoint, words) in [
        (known, "no revocation endpoint is known"),
        (
            discovered(&server),
            "issuer https://as.example.com names no revocation endpoint",
        ),
    ] {
        let token = closed(&endpoint).await;
        let error = endpoint.revoke(&token).await.unwrap_err();
        let cause = cause::<TokenError>(&error);
        assert_eq!(cause.kind(), TokenErrorKind::Configuration);
        for words in [words, "TokenEndpoint::revocation_endpoint"] {
            assert!(cause.to_string().contains(words), "{words}: {cause}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_is_the_error_and_shows_no_secret() {
    let server = with_revocation();
    let issued = json!({"access_token": "tok-canary-1", "token_type": "Bearer"});
    server.answer("/token", 200, &issued);
    let endpoint = discovered(&server);
    let token = closed(&endpoint).await;
    let description = "s3cret may not revoke TOK-canary-1, this";
    let refused = json!({"error": "unauthorized_client", "error_description": description});
    server.answer("/revoke", 400, &refused);
    let error = endpoint.revoke(&token).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("revocation request to https://as.example.com/revoke")
    );
    let cause = cause::<ResponseError>(&error);
    assert_eq!(cause.code(), Some("unauthorized_client"));
    assert_eq!(
        cause.description(),
        Some("[secret] may not revoke [secret], this")
    );
    let shown = format!("{error:?} {cause}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("canary"),
        "{shown}"
    );
    server.set_down(true);
    let error = endpoint.revoke(&token).await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "connection refused");
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_is_read_again() {
    let secrets = Arc::new(Mutex::new(vec!["second", "first"]));
    let vault = tower::service_fn(move |()| {
        let secret = secrets.lock().unwrap().pop().unwrap();
        std::future::ready(Ok::<_, BoxError>(ClientSecretPost::new(secret)))
    });
    let server = with_revocation();
    let credential = Credential::from_service("svc", vault, Duration::MAX);
    let endpoint = TokenEndpoint::new(server.clone(), issuer(), credential);
    let token = closed(&endpoint).await;
    server.paths();
    server.answer("/revoke", 401, &json!({"error": "invalid_client"}));
    endpoint.revoke(&token).await.unwrap_err();
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert!(received[0].body.ends_with("client_secret=first"));
    assert!(received[1].body.ends_with("client_secret=second"));
}
