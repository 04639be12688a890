//! How long it waits.

use std::{
    future::Future,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use oauth2_client_credentials_testkit::Answer;
use tokio::net::TcpListener;
use tower_oauth2_client_credentials::{
    HttpClient, HttpClientBuilder, Schedule, TokenError, TokenErrorKind, TokenSource,
};

use crate::{authorization_server, builder, endpoint, fetch, servers::Authority, told};

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

/// What it says of a token request that it gives up.
async fn given_up(http: HttpClientBuilder, uri: &str) -> String {
    let http = http.build().unwrap();
    let error = soon(fetch(http, uri)).await.unwrap_err();
    let (kind, text) = told(&error);
    assert_eq!(kind, TokenErrorKind::Transient, "{text}");
    text
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = authorization_server();
    server.set_outage(Some(Answer::hang()));
    let served = server.serve().await.unwrap();
    let text = given_up(builder().timeout(LIMIT), &served.token_endpoint()).await;
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
    let text = given_up(builder().timeout(LIMIT), &served.token_endpoint()).await;
    assert!(text.contains("no whole answer"), "{text}");
}

#[tokio::test]
async fn a_handshake_that_stands_still_is_no_connection() {
    // Connections are made, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let http = builder().connect_timeout(LIMIT);
    let text = given_up(http, &format!("https://{address}/token")).await;
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

/// A load balancer that forgot it, a machine that lost its power: nobody says that the connection is gone.
#[tokio::test]
async fn a_connection_whose_other_end_is_gone_is_not_used_for_long() {
    let authority = Authority::new();
    let server = authorization_server().serve().await.unwrap();
    let both: &[&[u8]] = &[b"h2", b"http/1.1"];
    let tls = authority
        .serve("localhost", both, server.addr(), false)
        .await;
    let http = HttpClient::builder()
        .root_certificates_pem(authority.pem())
        .timeout(SOON)
        .build()
        .unwrap();
    fetch(http.clone(), &tls.token_endpoint()).await.unwrap();
    tls.dark.notify_waiters();
    let error = soon(fetch(http.clone(), &tls.token_endpoint()))
        .await
        .unwrap_err();
    assert!(TokenError::find(&error).is_none(), "{error:?}");
    fetch(http, &tls.token_endpoint()).await.unwrap();
    assert_eq!(tls.connections.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn no_limit_is_too_long_or_too_short() {
    let authority = Authority::new();
    let server = authorization_server().serve().await.unwrap();
    let tls = authority
        .serve("localhost", &[b"h2"], server.addr(), false)
        .await;
    for (limit, served) in [(Duration::MAX, true), (Duration::ZERO, false)] {
        let http = HttpClient::builder()
            .root_certificates_pem(authority.pem())
            .connect_timeout(limit)
            .timeout(limit)
            .build()
            .unwrap();
        let outcome = fetch(http, &tls.token_endpoint()).await;
        assert_eq!(outcome.is_ok(), served, "{outcome:?}");
    }
}

/// The server took the connection, and says nothing.
#[tokio::test]
async fn who_waits_in_vain_hears_whom_it_waited_for() {
    let server = authorization_server();
    server.set_outage(Some(Answer::hang()));
    let served = server.serve().await.unwrap();
    let http = builder().timeout(LIMIT).build().unwrap();
    let schedule = Schedule::builder().wait_budget(LIMIT * 5 / 2);
    let source = TokenSource::builder(endpoint(http, &served.token_endpoint()))
        .schedule(schedule.build().unwrap())
        .draws(|| 0.0)
        .build();
    let error = source.token().await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), TokenErrorKind::Timeout, "{text}");
    let said = format!("no whole answer from {} within 100ms", served.addr());
    assert!(text.contains(&said), "{text}");
}
