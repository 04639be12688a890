//! How long it waits.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use oauth2_client_credentials_testkit::Answer;
use tokio::net::TcpListener;
use tower_oauth2_client_credentials::{HttpClient, TokenErrorKind};

use crate::{authorization_server, builder, fetch, servers::Authority, told};

const LIMIT: Duration = Duration::from_millis(100);

/// Far more than [`LIMIT`], and less than any default.
const SOON: Duration = Duration::from_secs(4);

async fn soon<T>(waiting: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let outcome = waiting.await;
    assert!(begun.elapsed() >= LIMIT, "{:?}", begun.elapsed());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    outcome
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = authorization_server();
    server.set_outage(Some(Answer::hang()));
    let served = server.serve().await.unwrap();
    let http = builder().timeout(LIMIT).build().unwrap();
    let error = soon(fetch(http, &served.token_endpoint()))
        .await
        .unwrap_err();
    let (kind, text) = told(&error);
    assert_eq!(kind, TokenErrorKind::Transient);
    let said = format!("no whole answer from {} within 100ms", served.addr());
    assert!(text.contains(&said), "{text}");
    assert_eq!(server.requests().len(), 1);
}

/// Each byte comes in time, and the last one does not.
#[tokio::test]
async fn a_body_that_drips_is_given_up_too() {
    let server = authorization_server();
    server.set_outage(Some(
        Answer::token("t1")
            .slowly(Duration::from_millis(20))
            .after(LIMIT / 4),
    ));
    let served = server.serve().await.unwrap();
    let http = builder().timeout(LIMIT).build().unwrap();
    let error = soon(fetch(http, &served.token_endpoint()))
        .await
        .unwrap_err();
    let (kind, text) = told(&error);
    assert_eq!(kind, TokenErrorKind::Transient);
    assert!(text.contains("no whole answer"), "{text}");
}

#[tokio::test]
async fn a_handshake_that_stands_still_is_no_connection() {
    let authority = Authority::new();
    // Connections are made, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let http = HttpClient::builder()
        .root_certificates_pem(authority.pem())
        .connect_timeout(LIMIT)
        .build()
        .unwrap();
    let error = soon(fetch(http, &format!("https://{address}/token")))
        .await
        .unwrap_err();
    let (kind, text) = told(&error);
    assert_eq!(kind, TokenErrorKind::Transient);
    let said = format!("no connection to {address} (none within 100ms)");
    assert!(text.contains(&said), "{text}");
}

#[tokio::test]
async fn an_answer_that_comes_in_time_is_not_hurried() {
    let server = authorization_server();
    server.set_latency(LIMIT);
    let served = server.serve().await.unwrap();
    let http = builder().timeout(SOON).connect_timeout(LIMIT);
    let http = http.build().unwrap();
    soon(fetch(http, &served.token_endpoint())).await.unwrap();
}
