//! What the upstream sees of a request, and the caller of an answer.

use bytes::Bytes;
use http::{Request, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time,
};

use crate::{
    frames::Frames,
    proxy::{LIMIT, Proxy},
    stack::{self, SECRET, Stack, TOKEN, caller, folder, json, program, seen, send, send_with},
    upstream::Upstream,
};

#[tokio::test]
async fn a_token_takes_the_place_of_what_the_caller_had() {
    let stack = Stack::start("").await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let request = Request::get(stack.uri("/a"))
            .header("authorization", "Basic eA==")
            .header("authorization", "Bearer other");
        let request = request.body(Full::default()).unwrap();
        let answer = send_with(&caller(version), request).await;
        assert_eq!(answer.status(), 200);
        let shown = json(&answer);
        let shown = seen(&shown, "authorization");
        assert!(
            matches!(shown[..], [one] if one.starts_with(&format!("Bearer {TOKEN}"))),
            "{shown:?}"
        );
    }
    assert_eq!(stack.token_requests(), 1);
}

#[tokio::test]
async fn what_is_about_one_connection_ends_with_it() {
    let stack = Stack::start("").await;
    let request = Request::get(stack.uri("/a"))
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("keep-alive", "timeout=5")
        .header("te", "trailers")
        .header("proxy-authorization", format!("Basic {SECRET}"))
        .header("x-stays", "1");
    let answer = send(request.body(Full::default()).unwrap()).await;
    let told = json(&answer);
    for gone in [
        "connection",
        "x-hop",
        "keep-alive",
        "te",
        "proxy-authorization",
    ] {
        assert_eq!(seen(&told, gone), [""; 0], "{gone}");
    }
    assert_eq!(seen(&told, "x-stays"), ["1"]);
    assert_eq!(seen(&told, "via"), ["1.1 egress-proxy"]);
    for gone in ["connection", "x-hop", "keep-alive"] {
        assert!(!answer.headers().contains_key(gone), "{gone}");
    }
    assert_eq!(answer.headers()["x-stays"], "1");
}

#[tokio::test]
async fn the_host_is_the_upstream_s_and_the_rest_of_the_target_stays() {
    let stack = Stack::start("").await;
    let target = "/a%2Fb/../c;d?x=%20&y";
    let mut socket = TcpStream::connect(&stack.proxy.address()[7..])
        .await
        .unwrap();
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (_, told) = answer.split_once("\r\n\r\n").unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["uri"], target);
    assert_eq!(seen(&told, "host"), [stack.upstream.authority()]);
}

#[tokio::test]
async fn the_longest_prefix_wins_and_may_be_stripped() {
    let tokens = stack::server().await;
    let (one, other) = (Upstream::start().await, Upstream::start().await);
    let config = stack::config(&tokens, &one.origin(), "");
    let more = format!(
        "[[route]]\nprefix = \"/v1/stock\"\nstrip_prefix = true\nupstream = \"{}\"\ntoken = \"main\"\n{config}",
        other.origin()
    );
    let proxy = Proxy::start(program(), folder(), &more);
    for (path, at, seen) in [
        ("/v1/stock/items?x=1", &other, "/items?x=1"),
        ("/v1/stock", &other, "/"),
        ("/v1/stocks", &one, "/v1/stocks"),
        ("/v1", &one, "/v1"),
    ] {
        let before = at.requests();
        let answer = stack::get(&format!("{}{path}", proxy.address())).await;
        assert_eq!(json(&answer)["uri"], seen);
        assert_eq!(at.requests(), before + 1, "{path}");
    }
}

#[tokio::test]
async fn a_path_without_a_route_is_not_found() {
    let stack = Stack::start("").await;
    let config = stack::config(&stack.tokens, &stack.upstream.origin(), "");
    stack
        .proxy
        .write(&config.replace("prefix = \"/\"", "prefix = \"/v1\""));
    stack.proxy.signal("HUP");
    stack.proxy.says("read again").await;
    let answer = stack.get("/v2").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(json(&answer)["kind"], "NoRoute");
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn bodies_are_streamed_both_ways() {
    let stack = Stack::start("").await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let (chunks, left) = mpsc::channel(1);
        let body = Frames::new(left);
        let caller = Client::builder(TokioExecutor::new())
            .http2_only(version == Version::HTTP_2)
            .build_http();
        let chunk = |text: &'static str| Frame::data(Bytes::from_static(text.as_bytes()));
        chunks.send(chunk("first")).await.unwrap();
        let request = Request::post(stack.uri("/echo")).body(body).unwrap();
        let answer = time::timeout(LIMIT, caller.request(request)).await.unwrap();
        let mut body = answer.unwrap().into_body();
        // The second is not sent before the first is back.
        for text in ["first", "second"] {
            let frame = time::timeout(LIMIT, body.frame()).await.unwrap().unwrap();
            assert_eq!(frame.unwrap().into_data().unwrap(), text);
            if text == "first" {
                chunks.send(chunk("second")).await.unwrap();
            }
        }
        drop(chunks);
        let rest = time::timeout(LIMIT, body.collect()).await.unwrap();
        assert!(rest.unwrap().to_bytes().is_empty());
    }
}
