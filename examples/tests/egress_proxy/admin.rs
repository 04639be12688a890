//! What an operator sees.

use oauth2_client_credentials_testkit::Answer;
use serde_json::Value;

use crate::{
    proxy::Proxy,
    stack::{self, Stack, folder, get, json, program},
    upstream::Upstream,
};

async fn ready(proxy: &Proxy) -> (u16, Value) {
    let answer = get(&format!("{}/ready", proxy.admin())).await;
    (answer.status().as_u16(), json(&answer))
}

#[tokio::test]
async fn it_waits_for_nothing_and_is_ready_when_its_tokens_are_there() {
    let tokens = stack::server().await;
    let answer = Answer::body(503, "").header("retry-after", "1");
    tokens.get_ref().set_outage(Some(answer));
    let upstream = Upstream::start().await;
    let config = stack::config(&tokens, &upstream.origin(), "");
    let proxy = Proxy::start(program(), folder(), &config);
    let live = get(&format!("{}/live", proxy.admin())).await;
    assert_eq!(live.status(), 200);
    let (status, told) = ready(&proxy).await;
    assert_eq!(status, 503);
    assert_eq!(told["tokens"]["main"]["usable"], false);
    tokens.get_ref().set_outage(None);
    // Without any request.
    stack::ready(&proxy).await;
    let (_, told) = ready(&proxy).await;
    assert_eq!(told["tokens"]["main"]["state"], "fresh");
    assert_eq!(upstream.requests(), 0);
}

#[tokio::test]
async fn it_is_not_ready_while_it_drains() {
    let stack = Stack::start("").await;
    stack.proxy.signal("TERM");
    stack.proxy.says("draining").await;
    let (status, told) = ready(&stack.proxy).await;
    assert_eq!((status, &told["draining"]), (503, &Value::Bool(true)));
}

#[tokio::test]
async fn requests_and_token_requests_are_counted_and_logged_without_a_query() {
    let stack = Stack::start("").await;
    stack.get("/a?key=canary").await;
    stack.proxy.says("path=\"/a\"").await;
    let answer = get(&format!("{}/metrics", stack.proxy.admin())).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    for line in [
        "egress_proxy_requests_total{route=\"/\",code=\"200\"} 1",
        "egress_proxy_request_duration_seconds_count{route=\"/\"} 1",
        "egress_proxy_token_usable{token=\"main\"} 1",
        "egress_proxy_token_fetches_total{token=\"main\",outcome=\"ok\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "no {line} in\n{text}");
    }
    assert!(!text.contains("canary"));
}

#[tokio::test]
async fn a_caller_who_leaves_is_counted_and_logged_too() {
    let stack = Stack::start("").await;
    let patience = std::time::Duration::from_millis(100);
    let left = tokio::time::timeout(patience, stack.get("/silent")).await;
    assert!(left.is_err());
    stack
        .proxy
        .says("path=\"/silent\" route=\"/\" status=499")
        .await;
    let answer = get(&format!("{}/metrics", stack.proxy.admin())).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let line = "egress_proxy_requests_total{route=\"/\",code=\"499\"} 1";
    assert!(text.lines().any(|one| one == line), "no {line} in\n{text}");
}

#[tokio::test]
async fn requests_are_not_logged_unless_that_is_wanted() {
    let tokens = stack::server().await;
    let upstream = Upstream::start().await;
    let config = stack::config(&tokens, &upstream.origin(), "");
    let proxy = Proxy::start(
        program(),
        folder(),
        &format!("access_log = false\n{config}"),
    );
    assert_eq!(stack::get(proxy.address()).await.status(), 200);
    proxy.signal("TERM");
    proxy.says("draining").await;
    assert!(
        !proxy.said().contains("egress_proxy::access"),
        "{}",
        proxy.said()
    );
}
