//! Every kind of failure, in-process.

use std::{error::Error, io, time::Duration};

use http::{StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, Body, Fault};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

use crate::support::{FORM, document, fetch_token, send, token_request};

const DELAY: Duration = Duration::from_millis(250);

fn failing_with(answer: Answer) -> AuthorizationServer {
    AuthorizationServer::builder().script([answer]).build()
}

/// The fault, which came after the delay; the next request is answered as usual.
async fn fault(answer: Answer) -> Fault {
    let server = failing_with(answer.after(DELAY));
    let sent = Instant::now();
    let fault = send(&server, token_request()).await.unwrap_err();
    assert_eq!(sent.elapsed(), DELAY);
    assert_eq!(fetch_token(&server).await, "t2");
    fault
}

fn kind_of_cause(fault: &Fault) -> io::ErrorKind {
    let cause = fault
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.expect("an I/O error").kind()
}

#[tokio::test(start_paused = true)]
async fn connect_error() {
    let fault = fault(Answer::connect_error()).await;
    assert!(fault.is_connect());
    assert_eq!(kind_of_cause(&fault), io::ErrorKind::ConnectionRefused);
}

#[tokio::test(start_paused = true)]
async fn reset() {
    let fault = fault(Answer::reset()).await;
    assert!(fault.is_reset());
    assert_eq!(kind_of_cause(&fault), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn hang() {
    let server = failing_with(Answer::hang());
    let waited = timeout(Duration::from_secs(86_400), send(&server, token_request())).await;
    assert!(waited.is_err());
    assert_eq!(server.token_requests(), 1);
    assert_eq!(fetch_token(&server).await, "t2");
}

#[tokio::test(start_paused = true)]
async fn panic_comes_from_the_future_after_the_delay_and_poisons_nothing() {
    let server = failing_with(Answer::panic().after(DELAY));
    let mut answer = tokio::spawn(server.clone().oneshot(token_request()));
    assert!(timeout(DELAY / 2, &mut answer).await.is_err());
    assert!(answer.await.unwrap_err().is_panic());
    assert_eq!(fetch_token(&server).await, "t2");
    assert_eq!((server.token_requests(), server.max_concurrency()), (2, 1));
}

#[tokio::test]
async fn status_headers_and_body_are_as_scripted() {
    let answer = Answer::body(429, "{n}: too many {n} {m")
        .header("retry-after", "7")
        .header(header::SET_COOKIE, "a")
        .header(header::SET_COOKIE, "b");
    let response = send(&failing_with(answer), token_request()).await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()[header::RETRY_AFTER], "7");
    assert_eq!(
        response
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .count(),
        2
    );
    assert!(!response.headers().contains_key(header::CONTENT_TYPE));
    assert_eq!(
        response.into_body().into_bytes().await.unwrap(),
        "1: too many 1 {m"
    );
}

#[tokio::test]
async fn a_scripted_document_is_json_unless_a_header_says_otherwise() {
    let body = json!({"error": "slow_down", "error_description": "request {n}", "nested": ["{n}"]});
    let response = send(
        &failing_with(Answer::json(400, body.clone())),
        token_request(),
    )
    .await
    .unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let expected = json!({"error": "slow_down", "error_description": "request 1", "nested": ["1"]});
    assert_eq!(document(response).await, expected);

    let answer = Answer::json(400, body).header(header::CONTENT_TYPE, FORM);
    let response = send(&failing_with(answer), token_request()).await.unwrap();
    assert_eq!(
        response
            .headers()
            .get_all(header::CONTENT_TYPE)
            .iter()
            .collect::<Vec<_>>(),
        [FORM]
    );
}

#[tokio::test]
async fn the_usual_answer_takes_headers_too() {
    let answer = Answer::usual()
        .header(header::CACHE_CONTROL, "private")
        .header("age", "1")
        .header(header::WWW_AUTHENTICATE, "Custom");
    let server = AuthorizationServer::builder()
        .client("a", "b")
        .script([answer.clone(), answer])
        .build();
    let response = send(&server, token_request()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenges = response.headers().get_all(header::WWW_AUTHENTICATE);
    assert_eq!(challenges.iter().collect::<Vec<_>>(), ["Custom"]);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "private");
    server.replace_secret("billing", "s3cret");
    let response = send(&server, token_request()).await.unwrap();
    assert_eq!(response.headers()[header::AGE], "1");
    assert_eq!(document(response).await["access_token"], "t2");
}

#[tokio::test]
async fn a_torn_body_breaks_off_after_its_bytes() {
    let response = send(&failing_with(Answer::torn_body()), token_request())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    assert_eq!(body.size_hint().exact(), None);
    let begun = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(begun.starts_with(b"{"));
    assert!(serde_json::from_slice::<serde_json::Value>(&begun).is_err());
    assert!(body.frame().await.unwrap().unwrap_err().is_torn());
    assert!(body.is_end_stream() && body.frame().await.is_none());
}

#[tokio::test]
async fn an_endless_body_goes_on_and_lets_timers_run() {
    let answer = || async { send(&failing_with(Answer::endless_body()), token_request()).await };
    let limited = Limited::new(answer().await.unwrap().into_body(), 10_000_000);
    assert!(limited.collect().await.is_err());

    let mut body = answer().await.unwrap().into_body();
    let read = async { while body.frame().await.is_some() {} };
    assert!(timeout(Duration::from_millis(20), read).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_pauses_before_every_byte() {
    let answer = Answer::body(200, "four").slowly(Duration::from_secs(1));
    let mut body = send(&failing_with(answer), token_request())
        .await
        .unwrap()
        .into_body();
    assert_eq!(body.size_hint().exact(), Some(4));
    let begun = Instant::now();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "f"
    );
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    assert_eq!(body.into_bytes().await.unwrap(), "our");
    assert_eq!(begun.elapsed(), Duration::from_secs(4));
}

#[tokio::test]
async fn a_body_made_from_bytes_is_whole() {
    for body in [
        Body::from("ab"),
        Body::from(b"ab".to_vec()),
        Body::from("ab".to_owned()),
    ] {
        assert_eq!(
            (body.size_hint().exact(), body.is_end_stream()),
            (Some(2), false)
        );
        assert_eq!(body.into_bytes().await.unwrap(), "ab");
    }
    assert!(Body::empty().is_end_stream() && Body::default().is_end_stream());
}

#[test]
#[should_panic(expected = "42 is not an HTTP status")]
fn a_status_that_is_none_is_named() {
    let _ = Answer::body(42, "");
}

#[test]
#[should_panic(expected = "not a header that HTTP allows")]
fn a_header_that_is_none_is_refused() {
    let _ = Answer::hang().header("retry-after", "\r\n");
}
