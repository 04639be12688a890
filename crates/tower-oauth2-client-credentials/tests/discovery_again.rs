//! Metadata that was right once: when the endpoint that it names is gone, it is read again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod discovery_support;
mod support;

use std::{error::Error, time::Duration};

use discovery_support::{OAUTH, OPENID, Server, client, issuer, metadata};
use serde_json::json;
use support::TokioClock;
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{EndpointError, Fetch, TokenEndpoint};

const A_MINUTE: Duration = Duration::from_secs(60);

async fn discovered(server: &Server) -> TokenEndpoint {
    let endpoint = TokenEndpoint::new(server.clone(), issuer(), client()).clock(TokioClock::new());
    fetch(&endpoint).await.unwrap();
    server.paths();
    endpoint
}

async fn fetch(endpoint: &TokenEndpoint) -> Result<(), EndpointError> {
    let answer = endpoint.clone().oneshot(Fetch::new(Default::default()));
    answer.await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_has_moved_is_found_within_the_same_order() {
    for status in [404, 410] {
        let server = Server::new();
        let endpoint = discovered(&server).await;
        server.answer("/token", status, &json!("gone"));
        server.answer(OAUTH, 200, &metadata("/new"));
        server.gives_tokens("/new");
        sleep(A_MINUTE).await;
        fetch(&endpoint).await.unwrap();
        assert_eq!(server.paths(), ["/token", OAUTH, "/new"]);
        fetch(&endpoint).await.unwrap();
        assert_eq!(server.paths(), ["/new"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_gone_for_good_costs_one_reading_a_minute() {
    let server = Server::new();
    let endpoint = discovered(&server).await;
    server.remove("/token");
    for second in 0..180 {
        let error = fetch(&endpoint).await.unwrap_err();
        assert!(
            error.to_string().contains("https://as.example.com/token"),
            "{second}: {error}"
        );
        sleep(Duration::from_secs(1)).await;
    }
    let read = server.paths().into_iter().filter(|path| path == OAUTH);
    assert_eq!(read.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_cannot_be_reached_is_looked_for_before_the_next_order() {
    let server = Server::new();
    let endpoint = discovered(&server).await;
    sleep(A_MINUTE).await;
    server.set_down(true);
    fetch(&endpoint).await.unwrap_err();
    assert_eq!(server.paths(), ["/token"]);
    // The metadata cannot be read either: what is there stays.
    fetch(&endpoint).await.unwrap_err();
    assert_eq!(server.paths(), [OAUTH, "/token"]);
    server.set_down(false);
    server.answer(OAUTH, 200, &metadata("/new"));
    server.gives_tokens("/new");
    sleep(A_MINUTE).await;
    fetch(&endpoint).await.unwrap();
    assert_eq!(server.paths(), [OAUTH, "/new"]);
}

/// Whoever waits for a silent endpoint gives up, and nothing is left to tell of it but that.
#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_silent_is_looked_for_too() {
    let server = Server::new();
    let endpoint = discovered(&server).await;
    sleep(A_MINUTE).await;
    server.set_silent(true);
    timeout(Duration::from_secs(6), fetch(&endpoint))
        .await
        .unwrap_err();
    server.set_silent(false);
    server.paths();
    fetch(&endpoint).await.unwrap();
    assert_eq!(server.paths(), [OAUTH, "/token"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_answers_is_none_that_is_gone() {
    for (status, body) in [
        (200, json!({"access_token": "t", "token_type": "Bearer"})),
        (400, json!({"error": "invalid_scope"})),
        (404, json!({"error": "invalid_client"})),
        (500, json!("down")),
        (503, json!("later")),
    ] {
        let server = Server::new();
        let endpoint = discovered(&server).await;
        server.answer("/token", status, &body);
        for _ in 0..3 {
            sleep(A_MINUTE).await;
            let _ = fetch(&endpoint).await;
        }
        let read = server.paths().into_iter().filter(|path| path != "/token");
        assert_eq!(read.count(), 0, "{status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_that_has_moved_between_the_places_is_found() {
    let server = Server::new();
    let endpoint = discovered(&server).await;
    server.remove(OAUTH);
    server.remove("/token");
    server.answer(OPENID, 200, &metadata("/new"));
    server.gives_tokens("/new");
    sleep(A_MINUTE).await;
    fetch(&endpoint).await.unwrap();
    assert_eq!(server.paths(), ["/token", OAUTH, OPENID, "/new"]);
}

/// Metadata that does not answer any more, and a token endpoint that was gone for a while: the next order looks for it.
async fn gone_beside_silent_metadata() -> (Server, TokenEndpoint) {
    let server = Server::new();
    let endpoint = discovered(&server).await;
    sleep(A_MINUTE).await;
    server.set_down(true);
    fetch(&endpoint).await.unwrap_err();
    server.set_down(false);
    server.set_silent_at(OAUTH);
    server.paths();
    (server, endpoint)
}

/// The metadata's server and the token endpoint may be two machines. When the token endpoint is back and the other one is
/// silent, the old metadata does.
#[tokio::test(start_paused = true)]
async fn metadata_that_is_silent_costs_no_token() {
    let (server, endpoint) = gone_beside_silent_metadata().await;
    let begun = Instant::now();
    fetch(&endpoint).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(2_100));
    assert_eq!(server.paths(), [OAUTH, "/token"]);
    fetch(&endpoint).await.unwrap();
    assert_eq!(server.paths(), ["/token"]);
}

/// Who gives up while it is read again leaves a note of that.
#[tokio::test(start_paused = true)]
async fn a_reading_that_was_given_up_is_one() {
    let (server, endpoint) = gone_beside_silent_metadata().await;
    let given_up = timeout(Duration::from_secs(1), fetch(&endpoint)).await;
    assert!(given_up.is_err());
    fetch(&endpoint).await.unwrap();
    assert_eq!(server.paths(), [OAUTH, "/token"]);
}

/// Whoever asks gives an attempt 6 s: the error is there before, and says what is silent.
#[tokio::test(start_paused = true)]
async fn a_first_reading_that_is_silent_says_so_in_time() {
    let server = Server::new();
    server.set_silent_at(OAUTH);
    let endpoint = TokenEndpoint::new(server, issuer(), client()).clock(TokioClock::new());
    let within = Duration::from_millis(5_100);
    let words = "https://as.example.com/.well-known/oauth-authorization-server";
    for error in [
        timeout(within, fetch(&endpoint))
            .await
            .unwrap()
            .unwrap_err(),
        timeout(within, endpoint.clone().discovered())
            .await
            .unwrap()
            .unwrap_err(),
        timeout(within, endpoint.metadata())
            .await
            .unwrap()
            .unwrap_err(),
    ] {
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains(words) && cause.contains("5s"), "{cause}");
    }
}
