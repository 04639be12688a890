//! Upstreams that answer early, badly, or not to the end.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::{sync::mpsc, time};

use crate::{
    frames::Frames,
    proxy::{LIMIT, Proxy},
    raw::{RawUpstream, Socket, exchange},
    stack::{self, Stack, folder, program, ready, send},
};

const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async fn before(answer: impl Into<Vec<u8>>, more: &str) -> Proxy {
    let tokens = stack::server().await;
    let upstream = RawUpstream::start(answer).await;
    let proxy = Proxy::start(
        program(),
        folder(),
        &stack::config(&tokens, upstream.origin(), more),
    );
    ready(&proxy).await;
    proxy
}

#[tokio::test]
async fn what_is_no_answer_for_the_caller_is_a_bad_gateway() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(2_000_000));
    for answer in [
        "",
        "hello\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        &long,
    ] {
        let proxy = before(answer, "").await;
        let told = exchange(proxy.address(), GET).await;
        assert!(
            told.starts_with("HTTP/1.1 502 ") && told.contains(r#""kind":"Upstream""#),
            "{:?}: {told}",
            &answer[..answer.len().min(100)]
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_is_not_handed_on_as_whole() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let proxy = before(answer, "").await;
        let told = exchange(proxy.address(), GET).await;
        // Nothing at all, or what shows that there is more to come.
        let is_cut = match told.split_once("\r\n\r\n") {
            Some((head, body)) if head.contains("chunked") => !body.ends_with("0\r\n\r\n"),
            Some((head, body)) => head.contains("content-length: 10") && body.len() < 10,
            None => true,
        };
        assert!(is_cut, "{told}");
        let http2 = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http::<Full<Bytes>>();
        let request = Request::get(proxy.address()).body(Full::default()).unwrap();
        if let Ok(answer) = http2.request(request).await {
            assert_eq!(answer.status(), StatusCode::OK);
            let read = answer.collect().await;
            assert!(read.is_err(), "{read:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_reaches_the_caller() {
    let proxy = before("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "").await;
    let mut socket = Socket::open(proxy.address()).await;
    let request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin";
    socket.send(request).await;
    let told = socket.until("no").await;
    assert!(told.starts_with("HTTP/1.1 403 "), "{told}");
}

#[tokio::test]
async fn a_caller_that_asks_first_is_told_to_go_on_or_not() {
    let stack = Stack::start("max_body_bytes = 10").await;
    let post = |length| {
        format!(
            "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut socket = Socket::open(stack.proxy.address()).await;
    socket.send(post(3)).await;
    let told = socket.until("\r\n\r\n").await;
    assert_eq!(told, "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("abc").await;
    let told = socket.rest().await;
    assert!(
        told.starts_with("HTTP/1.1 200 ") && told.contains(r#""body":"abc""#),
        "{told}"
    );
    // It was answered here, and is not asked for a second time.
    assert!(!told.contains("expect"), "{told}");

    let told = exchange(stack.proxy.address(), &post(11)).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
}

#[tokio::test]
async fn an_offer_of_http_in_another_form_is_passed_over() {
    let stack = Stack::start("").await;
    for offer in [
        "Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Upgrade: TLS/1.2\r\nConnection: upgrade",
    ] {
        let mut socket = Socket::open(stack.proxy.address()).await;
        let request = format!("GET /a HTTP/1.1\r\nHost: a\r\n{offer}\r\n\r\n");
        socket.send(request).await;
        let told = socket.until("}").await;
        assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
        assert!(
            !told.contains("pgrade") && !told.contains("http2-settings"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn trailers_pass_both_ways_over_http_2() {
    let stack = Stack::start("http2 = true").await;
    let caller = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("1"));
    let (frames, body) = mpsc::channel(2);
    let data = Frame::data(Bytes::from_static(b"data"));
    for frame in [data, Frame::trailers(trailers)] {
        frames.send(frame).await.unwrap();
    }
    drop(frames);
    let request = Request::post(stack.uri("/echo"))
        .version(Version::HTTP_2)
        .body(Frames::new(body))
        .unwrap();
    let answer = time::timeout(LIMIT, caller.request(request)).await.unwrap();
    let body = answer.unwrap().into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-sum"], "1");
    assert_eq!(body.to_bytes(), "data");
}

#[tokio::test]
async fn an_answer_to_head_keeps_its_length() {
    let proxy = before("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "").await;
    let answer = send(
        Request::head(proxy.address())
            .body(Full::default())
            .unwrap(),
    )
    .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-length"], "10");
}
