//! What is not passed on, and what the caller is told.

use crate::{
    proxy::Proxy,
    raw::exchange,
    stack::{self, Stack, caller, folder, json, program, ready, send, send_with},
    upstream::Upstream,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;

#[track_caller]
fn is_problem(answer: &Response<Bytes>, status: StatusCode, kind: &str) {
    assert_eq!(answer.status(), status, "{answer:?}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let told = json(answer);
    assert_eq!(
        (&told["kind"], &told["status"]),
        (&kind.into(), &status.as_u16().into())
    );
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let stack = Stack::start("").await;
    let request = Request::get(stack.uri("/chat"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let answer = send(request.body(Full::default()).unwrap()).await;
    is_problem(&answer, StatusCode::NOT_IMPLEMENTED, "Upgrade");
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let stack = Stack::start("").await;
    let answer = exchange(
        stack.proxy.address(),
        "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(
        answer.contains("\r\nallow: GET") && answer.contains(r#""kind":"Connect""#),
        "{answer}"
    );
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_however_it_comes() {
    let stack = Stack::start("max_body_bytes = 10").await;
    let post = |length| {
        let request = Request::post(stack.uri("/a"));
        request.body(Full::from(vec![b'x'; length])).unwrap()
    };
    assert_eq!(json(&send(post(10)).await)["body"], "xxxxxxxxxx");
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let answer = send_with(&caller(version), post(11)).await;
        is_problem(&answer, StatusCode::PAYLOAD_TOO_LARGE, "TooLong");
    }
    let chunked = "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
                   8\r\nxxxxxxxx\r\n3\r\nxxx\r\n0\r\n\r\n";
    let answer = exchange(stack.proxy.address(), chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let tokens = stack::server().await;
    let upstream = Upstream::start().await;
    let config = stack::config(&tokens, &upstream.origin(), "");
    let config = format!("max_header_bytes = 10000\n{config}");
    let proxy = Proxy::start(program(), folder(), &config);
    ready(&proxy).await;
    for (length, status) in [(9_000, 200), (10_000, 431), (100_000, 431)] {
        let long = "x".repeat(length);
        let head =
            format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: {long}\r\n\r\n");
        let answer = exchange(proxy.address(), &head).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{length}: {answer}"
        );
        let request = Request::get(proxy.address()).header("x-long", &long);
        let answer = caller(Version::HTTP_2)
            .request(request.body(Full::<Bytes>::default()).unwrap())
            .await;
        // Over HTTP/2 hyper says 431 too, or breaks the stream off when there is much more.
        let told = answer.map_or(431, |answer| answer.status().as_u16());
        assert_eq!(told, status, "{length}");
    }
    assert_eq!(upstream.requests(), 2);
}

#[tokio::test]
async fn a_silent_upstream_is_given_up() {
    let stack = Stack::start("timeout_ms = 100").await;
    let answer = stack.get("/silent").await;
    is_problem(&answer, StatusCode::GATEWAY_TIMEOUT, "UpstreamTimeout");
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_bad_gateway() {
    let tokens = stack::server().await;
    let config = stack::config(&tokens, "http://127.0.0.1:1", "");
    let proxy = Proxy::start(program(), folder(), &config);
    ready(&proxy).await;
    let answer = stack::get(proxy.address()).await;
    is_problem(&answer, StatusCode::BAD_GATEWAY, "UpstreamConnect");
    // The caller is not told what the operator is.
    assert!(!String::from_utf8_lossy(answer.body()).contains("refused"));
    proxy.says("Connection refused").await;
}
