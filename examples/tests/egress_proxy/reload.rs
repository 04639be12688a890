//! SIGHUP and SIGTERM, and requests that are under way.

use http::{Request, Version};
use http_body_util::Full;
use oauth2_client_credentials_testkit::Answer;
use tokio::task::JoinSet;

use crate::{
    proxy::Proxy,
    stack::{self, Stack, TOKEN, caller, folder, json, program, ready, seen},
    traffic::Traffic,
    upstream::Upstream,
};

#[tokio::test]
async fn a_thousand_requests_under_way_outlive_a_reload() {
    const REQUESTS: usize = 1000;
    let stack = Stack::start("").await;
    let mut all = JoinSet::new();
    for _ in 0..REQUESTS {
        let uri = stack.uri("/held");
        all.spawn(async move { stack::get(&uri).await.status() });
    }
    stack.upstream.has(REQUESTS as u64).await;
    // Elsewhere, with another client: nothing of the old configuration is left.
    let (tokens, other) = (stack::server().await, Upstream::start().await);
    stack
        .proxy
        .write(&stack::config(&tokens, &other.origin(), ""));
    stack.proxy.signal("HUP");
    stack.proxy.says("read again").await;
    assert_eq!(stack.get("/new").await.status(), 200);
    assert_eq!(
        (stack.upstream.requests(), other.requests()),
        (REQUESTS as u64, 1)
    );
    stack.upstream.answer(REQUESTS);
    let all = all.join_all().await;
    let served = all.iter().filter(|status| **status == 200).count();
    println!("{served} of {REQUESTS} requests under way at the reload were served");
    assert_eq!(served, REQUESTS);
}

#[tokio::test]
async fn reloads_under_load_lose_nothing_and_keep_a_token_that_stays_the_same() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let stack = Stack::start("").await;
        let traffic = Traffic::start(&stack.uri("/a"), 16, version);
        for _ in 0..5 {
            traffic.goes_on(50).await;
            stack.proxy.signal("HUP");
        }
        stack.proxy.says("read again").await;
        traffic.goes_on(50).await;
        let (served, cut) = traffic.end(&stack.upstream).await;
        println!(
            "{served} served over 5 reloads, {version:?}, {} lost",
            cut.len()
        );
        assert_eq!(cut, [""; 0]);
        assert_eq!(stack.token_requests(), 1);
    }
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_is_told_with_its_line() {
    let stack = Stack::start("").await;
    let config = stack::config(&stack.tokens, "http://127.0.0.1:1", "");
    for (good, bad, told) in [
        (
            "upstream =",
            "upstraem =",
            "line 5: unknown field `upstraem`",
        ),
        (
            "http://127.0.0.1:1",
            "http://a.example",
            "line 5: upstream: ",
        ),
        ("client_id = \"svc\"", "client_id = 5", "line 10: "),
    ] {
        stack.proxy.write(&config.replace(good, bad));
        stack.proxy.signal("HUP");
        stack.proxy.says(told).await;
        assert_eq!(stack.get("/a").await.status(), 200);
    }
    assert!(!stack.proxy.said().contains("read again"));
    assert_eq!(stack.token_requests(), 1);
    let metrics = stack::get(&format!("{}/metrics", stack.proxy.admin())).await;
    let metrics = String::from_utf8_lossy(metrics.body()).into_owned();
    assert!(
        metrics.contains("reloads_total{outcome=\"refused\"} 3\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn requests_go_by_the_old_configuration_until_a_new_token_is_there() {
    let stack = Stack::start("").await;
    let down = Answer::body(503, "").header("retry-after", "1");
    stack.tokens.get_ref().set_outage(Some(down));
    let config = stack::config(&stack.tokens, &stack.upstream.origin(), "");
    stack.proxy.write(&format!("{config}scope = [\"other\"]\n"));
    stack.proxy.signal("HUP");
    stack.proxy.says("could not fetch a token").await;
    let answer = stack.get("/a").await;
    let old = format!("Bearer {TOKEN}1");
    assert_eq!(seen(&json(&answer), "authorization"), [&*old]);
    assert!(!stack.proxy.said().contains("read again"));
    stack.tokens.get_ref().set_outage(None);
    stack.proxy.says("read again").await;
    let before = stack.token_requests();
    let answer = stack.get("/a").await;
    assert_eq!(answer.status(), 200);
    assert_ne!(seen(&json(&answer), "authorization"), [&*old]);
    assert_eq!(stack.token_requests(), before);
}

#[tokio::test]
async fn sigterm_under_load_cuts_nothing() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let mut stack = Stack::start("").await;
        let traffic = Traffic::start(&stack.uri("/a"), 32, version);
        traffic.goes_on(200).await;
        // One that is answered when all others have long ended.
        let uri = stack.uri("/held");
        let late = tokio::spawn(async move { stack::get(&uri).await.status() });
        let upstream = stack.upstream.clone();
        stack.proxy.signal("TERM");
        let (served, cut) = traffic.ended(&stack.upstream).await;
        println!(
            "{served} served until SIGTERM had its way, {version:?}, {} cut",
            cut.len()
        );
        assert_eq!(cut, [""; 0]);
        upstream.answer(1);
        assert_eq!(late.await.unwrap(), 200);
        assert!(stack.proxy.ends().await.success());
        assert!(
            stack.proxy.said().contains("drained"),
            "{}",
            stack.proxy.said()
        );
    }
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let tokens = stack::server().await;
    let upstream = Upstream::start().await;
    let config = stack::config(&tokens, &upstream.origin(), "");
    let config = format!("drain_delay_ms = 10\ndrain_timeout_ms = 200\n{config}");
    let mut proxy = Proxy::start(program(), folder(), &config);
    ready(&proxy).await;
    let uri = format!("{}/held", proxy.address());
    let held = tokio::spawn(async move {
        let request = Request::get(uri).body(Full::default()).unwrap();
        caller(Version::HTTP_11).request(request).await.is_ok()
    });
    upstream.has(1).await;
    proxy.signal("TERM");
    assert!(proxy.ends().await.success());
    assert!(!held.await.unwrap());
    let said = proxy.said();
    assert!(
        said.contains("not drained in time") && said.contains("left=1"),
        "{said}"
    );
}
