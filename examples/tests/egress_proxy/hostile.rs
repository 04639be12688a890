//! Callers that mean ill: what one server could read so and the next one otherwise, and what holds on to a connection.

use http::StatusCode;

use crate::{
    proxy::Proxy,
    raw::{RawUpstream, Socket, exchange},
    stack::{self, SECRET, Stack, TOKEN, folder, program, ready, seen},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A head without its end.
fn head(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}")
}

/// A proxy to an upstream that answers this.
async fn before(answer: &str) -> (Proxy, RawUpstream) {
    let tokens = stack::server().await;
    let upstream = RawUpstream::start(answer).await;
    let config = stack::config(&tokens, upstream.origin(), "");
    let proxy = Proxy::start(program(), folder(), &config);
    ready(&proxy).await;
    (proxy, upstream)
}

#[tokio::test]
async fn a_head_that_can_be_read_in_two_ways_is_refused() {
    let stack = Stack::start("").await;
    for headers in [
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "Content-Length: 3, 4\r\n\r\nabcd",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "X-Folded: a\r\n b\r\n\r\n",
        "X-Nul: a\0b\r\n\r\n",
        "X Y: a\r\n\r\n",
        ": a\r\n\r\n",
    ] {
        let answer = exchange(stack.proxy.address(), &head("POST /a", headers)).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 "),
            "{headers:?}: {answer:?}"
        );
    }
    for line in ["GET /a b", "GET", "G\0T /a"] {
        let answer = exchange(stack.proxy.address(), &head(line, "\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{line:?}: {answer:?}");
    }
    let old = "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = exchange(stack.proxy.address(), old).await;
    assert!(answer.contains(" 400 "), "{answer:?}");
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn chunks_count_and_a_length_beside_them_goes_no_further() {
    let (proxy, upstream) = before(OK).await;
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    for headers in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    ] {
        // Keep-alive, so that what is hidden behind it would be the next request.
        let request =
            format!("POST /a HTTP/1.1\r\nHost: a\r\n{headers}1\r\nZ\r\n0\r\n\r\n{hidden}");
        let answer = exchange(proxy.address(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer:?}");
    }
    let heads = upstream.heads();
    assert_eq!(heads.len(), 2, "{heads:?}");
    for head in heads {
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        assert!(!head.contains("content-length"), "{head}");
    }
}

#[tokio::test]
async fn a_coding_that_would_be_lost_on_the_way_is_refused() {
    let stack = Stack::start("").await;
    let coded = head(
        "POST /a",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    );
    let answer = exchange(stack.proxy.address(), &coded).await;
    assert!(
        answer.starts_with("HTTP/1.1 501 ") && answer.contains(r#""kind":"TransferCoding""#),
        "{answer}"
    );
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn what_a_caller_says_of_its_connection_takes_nothing_from_the_proxy() {
    let stack = Stack::start("").await;
    let request = format!(
        "POST /a HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {SECRET}\r\nContent-Length: 3\r\n\
         Connection: close, authorization, host, content-length, via, \"\r\n\r\nabc"
    );
    let answer = exchange(stack.proxy.address(), &request).await;
    let (_, told) = answer.split_once("\r\n\r\n").unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    assert_eq!(
        seen(&told, "authorization"),
        [format!("Bearer {TOKEN}1").as_str()]
    );
    assert_eq!(seen(&told, "host"), [stack.upstream.authority()]);
    assert_eq!(seen(&told, "via"), ["1.1 egress-proxy"]);
    assert_eq!(told["body"], "abc");
}

#[tokio::test]
async fn no_target_leads_to_another_host() {
    let stack = Stack::start("").await;
    for (target, at) in [
        ("http://evil.example/a", "/a"),
        ("http://evil.example", "/"),
        ("https://evil.example:1/a?b", "/a?b"),
        ("//evil.example/a", "//evil.example/a"),
        ("/@evil.example/", "/@evil.example/"),
        ("/../../a", "/../../a"),
        ("/%2e%2e/%00a", "/%2e%2e/%00a"),
    ] {
        let request = head(&format!("GET {target}"), "\r\n");
        let answer = exchange(stack.proxy.address(), &request).await;
        let (_, told) = answer.split_once("\r\n\r\n").unwrap();
        let told: serde_json::Value = serde_json::from_str(told).unwrap();
        assert_eq!(told["uri"], at, "{target}");
        assert_eq!(seen(&told, "host"), [stack.upstream.authority()]);
    }
    let answer = exchange(stack.proxy.address(), &head("OPTIONS *", "\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn nothing_is_stripped_but_a_whole_prefix_once() {
    let tokens = stack::server().await;
    let upstream = RawUpstream::start(OK).await;
    let config = stack::config(&tokens, upstream.origin(), "strip_prefix = true");
    let config = config.replace("prefix = \"/\"", "prefix = \"/api\"");
    let proxy = Proxy::start(program(), folder(), &config);
    ready(&proxy).await;
    for (target, at) in [
        ("/api", Some("/")),
        ("/api?a", Some("/?a")),
        ("/api/api/a", Some("/api/a")),
        ("/api//evil.example/a", Some("//evil.example/a")),
        ("/api/../a", Some("/../a")),
        ("/apix", None),
        ("/api;a", None),
        ("/%61pi/a", None),
        ("//api/a", None),
        ("/API/a", None),
    ] {
        let before = upstream.heads().len();
        let request = head(&format!("GET {target}"), "\r\n");
        let answer = exchange(proxy.address(), &request).await;
        let heads = upstream.heads();
        match at {
            Some(at) => assert_eq!(
                heads.last().and_then(|head| head.split(' ').nth(1)),
                Some(at),
                "{target}"
            ),
            None => assert!(answer.starts_with("HTTP/1.1 404 "), "{target}: {answer}"),
        }
        assert_eq!(heads.len() - before, usize::from(at.is_some()), "{target}");
    }
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_closed() {
    let tokens = stack::server().await;
    let config = stack::config(&tokens, "http://127.0.0.1:1", "");
    let config = format!("idle_timeout_ms = 100\n{config}");
    let proxy = Proxy::start(program(), folder(), &config);
    // Nothing, what may become HTTP/2, an empty line, and a head that goes on for ever.
    for begun in ["", "PRI * HTTP/2.0\r\n", "\r\n", "GET / HTTP/1.1\r\nX:"] {
        let mut socket = Socket::open(proxy.address()).await;
        socket.send(begun).await;
        socket.rest().await;
    }
    // One that asks goes on: a second request comes after the time of the first.
    let mut socket = Socket::open(proxy.address()).await;
    for _ in 0..3 {
        socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        socket.until("UpstreamConnect").await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let stack = Stack::start("").await;
    let many: String = (0..200)
        .map(|number| format!("X-{number}: a\r\n"))
        .collect();
    let request = head("GET /a", &format!("{many}\r\n"));
    let answer = exchange(stack.proxy.address(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(stack.upstream.requests(), 0);
}

#[tokio::test]
async fn callers_do_not_add_series_to_the_metrics() {
    let stack = Stack::start("").await;
    let series = async || {
        let answer = stack::get(&format!("{}/metrics", stack.proxy.admin())).await;
        String::from_utf8_lossy(answer.body()).lines().count()
    };
    stack.get("/a").await;
    let before = series().await;
    for number in 0..20 {
        let request = head(&format!("M{number} /{number}?x={number}"), "X-Y: z\r\n\r\n");
        let answer = exchange(stack.proxy.address(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(series().await, before);
}

#[tokio::test]
async fn what_the_admin_listener_says_is_not_said_by_the_proxy() {
    let stack = Stack::start("").await;
    for path in ["/metrics", "/ready", "/live"] {
        let answer = stack.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(stack::json(&answer)["uri"], path);
    }
    let admin = stack.proxy.admin();
    let answer = exchange(
        stack.proxy.address(),
        &head(&format!("GET {admin}/metrics"), "\r\n"),
    )
    .await;
    assert!(answer.contains(r#""uri":"/metrics""#), "{answer}");
}
