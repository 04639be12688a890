//! What is not passed on, and what the caller is told.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::{
    proxy::{LIMIT, Proxy},
    stack::{self, Stack, caller, folder, json, program, ready, send, send_with},
};

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

/// Writes this, and reads what comes until the connection is closed.
async fn raw(stack: &Stack, request: &str) -> String {
    let mut socket = TcpStream::connect(&stack.proxy.address()[7..])
        .await
        .unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = time::timeout(LIMIT, socket.read_to_end(&mut answer)).await;
    // It may be reset when there was more to read.
    let _ = read.expect("it is closed");
    String::from_utf8(answer).unwrap()
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
    let answer = raw(
        &stack,
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
    let answer = raw(&stack, chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let stack = Stack::start("").await;
    let long = "x".repeat(70_000);
    let answer = raw(
        &stack,
        &format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n"),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let tokens = stack::server().await;
    let config = stack::config(&tokens, "http://127.0.0.1:1", "");
    let proxy = Proxy::start(
        program(),
        folder(),
        &format!("idle_timeout_ms = 100\n{config}"),
    );
    let mut socket = TcpStream::connect(&proxy.address()[7..]).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let mut answer = Vec::new();
    let end = time::timeout(LIMIT, socket.read_to_end(&mut answer)).await;
    end.expect("it is closed").unwrap();
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
}
