//! Where tokens come from, and what happens without one.

use http::{Request, StatusCode};
use http_body_util::Full;
use oauth2_client_credentials_testkit::Answer;
use tokio::task::JoinSet;

use crate::{
    proxy::{Proxy, file},
    stack::{self, SECRET, Stack, TOKEN, folder, json, program, ready, seen, send},
};

#[tokio::test]
async fn two_hundred_at_once_make_one_token_request() {
    let stack = Stack::cold("").await;
    let mut all = JoinSet::new();
    for _ in 0..200 {
        let uri = stack.uri("/a");
        all.spawn(async move { stack::get(&uri).await.status() });
    }
    let all = all.join_all().await;
    let served = all.iter().filter(|status| **status == 200).count();
    println!(
        "{served} of {} served, {} token requests",
        all.len(),
        stack.token_requests()
    );
    assert_eq!((served, stack.token_requests()), (200, 1));
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_and_the_request_sent_once_more() {
    let stack = Stack::start("").await;
    stack.upstream.revoke(&format!("{TOKEN}1"));
    let answer = stack.get("/a").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        seen(&json(&answer), "authorization"),
        [format!("Bearer {TOKEN}2")]
    );
    assert_eq!((stack.upstream.requests(), stack.token_requests()), (2, 2));
}

#[tokio::test]
async fn a_request_with_a_body_is_not_sent_twice() {
    let stack = Stack::start("").await;
    stack.upstream.revoke(&format!("{TOKEN}1"));
    let post = || {
        Request::post(stack.uri("/a"))
            .body(Full::from("x"))
            .unwrap()
    };
    assert_eq!(send(post()).await.status(), StatusCode::UNAUTHORIZED);
    let healed = send(post()).await;
    assert_eq!(
        (healed.status(), stack.upstream.requests()),
        (StatusCode::OK, 2)
    );
}

#[tokio::test]
async fn without_a_token_the_caller_is_told_why_and_when_to_come_back() {
    let stack = Stack::start("").await;
    let down = Answer::body(503, "canary").header("retry-after", "7");
    stack.tokens.get_ref().set_outage(Some(down));
    stack.upstream.revoke(&format!("{TOKEN}1"));
    // It gets the refusal, for there is no other token to send it with.
    assert_eq!(stack.get("/a").await.status(), StatusCode::UNAUTHORIZED);
    let answer = stack.get("/a").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let seconds: u64 = answer.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=8).contains(&seconds), "{seconds}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(json(&answer)["kind"], "Transient");
    assert!(!String::from_utf8_lossy(answer.body()).contains("canary"));
}

#[tokio::test]
async fn a_client_that_is_not_accepted_is_told_too() {
    let stack = Stack::cold("").await;
    let config = stack::config(&stack.tokens, &stack.upstream.origin(), "");
    let wrong = file(folder(), "secret", "canary-wrong");
    let (start, _) = config.split_once("client_secret_file").unwrap();
    let config = format!("{start}client_secret_file = \"{}\"\n", wrong.display());
    let proxy = Proxy::start(program(), folder(), &config);
    let answer = stack::get(proxy.address()).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json(&answer)["kind"], "ClientAuthentication");
    assert!(answer.headers().contains_key("retry-after"));
    // A secret that is replaced is read without being told.
    std::fs::write(wrong, SECRET).unwrap();
    ready(&proxy).await;
    assert_eq!(stack::get(proxy.address()).await.status(), 200);
}
