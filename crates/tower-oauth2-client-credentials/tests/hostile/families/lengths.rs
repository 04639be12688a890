//! Lengths that are not the body's.

use crate::answer::{Answer, Expected, PROTOCOL, TAKEN, TRANSIENT, good_body, head_and};

pub(crate) fn answers() -> Vec<Answer> {
    let body = good_body();
    let length = body.len();
    let mut answers: Vec<_> = [
        // A part of a JSON document is none.
        (format!("content-length: {}", length - 1), PROTOCOL),
        ("content-length: 1".to_owned(), PROTOCOL),
        ("content-length: 0".to_owned(), PROTOCOL),
        (format!("content-length: {}", length + 1), TRANSIENT),
        ("content-length: 65537".to_owned(), TRANSIENT),
        ("content-length: 1000000000000".to_owned(), TRANSIENT),
        ("content-length: 9223372036854775807".to_owned(), TRANSIENT),
        ("content-length: 18446744073709551615".to_owned(), TRANSIENT),
        ("content-length: 18446744073709551616".to_owned(), TRANSIENT),
        (format!("content-length: {}", "9".repeat(400)), TRANSIENT),
        (format!("content-length: -{length}"), TRANSIENT),
        (format!("content-length: +{length}"), TRANSIENT),
        (format!("content-length: {length}.0"), TRANSIENT),
        (format!("content-length: 0x{length:x}"), TRANSIENT),
        (format!("content-length: {length};"), TRANSIENT),
        (format!("content-length: {length} {length}"), TRANSIENT),
        ("content-length: ".to_owned(), TRANSIENT),
        ("content-length: x".to_owned(), TRANSIENT),
        (format!("content-length: 000{length}"), TAKEN),
        (
            format!("content-length: {length}\r\ncontent-length: {length}"),
            TAKEN,
        ),
        (
            format!("content-length: {length}\r\ncontent-length: 1"),
            TRANSIENT,
        ),
        (
            format!("content-length: 1\r\ncontent-length: {length}"),
            TRANSIENT,
        ),
        // RFC 9110 §8.6 lets a recipient take it for one.
        (format!("content-length: {length}, {length}"), TAKEN),
        (format!("content-length: {length}, 1"), TRANSIENT),
        ("x: no length, to the connection's end".to_owned(), TAKEN),
    ]
    .into_iter()
    .map(|(line, expected)| answer(&line, &body, expected))
    .collect();
    answers.extend(with_an_encoding(&body));
    answers.extend(without_a_body(&body));
    answers
}

/// Both a length and `Transfer-Encoding`, or one that is not known (RFC 9112 §6.3).
fn with_an_encoding(body: &str) -> Vec<Answer> {
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let length = chunked.len();
    [
        // The encoding wins, and the connection is not used again.
        (
            format!("content-length: {length}\r\ntransfer-encoding: chunked"),
            TAKEN,
        ),
        (
            "content-length: 5\r\ntransfer-encoding: chunked".to_owned(),
            TAKEN,
        ),
        (
            "transfer-encoding: chunked\r\ncontent-length: 0".to_owned(),
            TAKEN,
        ),
        ("transfer-encoding: Chunked".to_owned(), TAKEN),
        ("transfer-encoding: gzip, chunked".to_owned(), TAKEN),
        (
            "transfer-encoding: gzip\r\ntransfer-encoding: chunked".to_owned(),
            TAKEN,
        ),
        // To the connection's end, chunk sizes and all.
        ("transfer-encoding: identity".to_owned(), PROTOCOL),
        ("transfer-encoding: chunked, gzip".to_owned(), PROTOCOL),
        ("transfer-encoding: xchunked".to_owned(), PROTOCOL),
        ("transfer-encoding: ".to_owned(), PROTOCOL),
        ("transfer-encoding: chunked, chunked".to_owned(), TAKEN),
    ]
    .into_iter()
    .map(|(lines, expected)| answer(&lines, &chunked, expected))
    .collect()
}

/// Statuses that have no body, with one.
fn without_a_body(body: &str) -> Vec<Answer> {
    let length = body.len();
    [(204, PROTOCOL), (205, TAKEN), (304, PROTOCOL)]
        .map(|(status, expected)| {
            let head = format!("HTTP/1.1 {status} Empty\r\ncontent-length: {length}\r\n\r\n");
            Answer::raw(format!("{status} with a body"), head + body, expected)
        })
        .into()
}

fn answer(lines: &str, body: &str, expected: Expected) -> Answer {
    let name: String = lines.replace("\r\n", " | ").chars().take(70).collect();
    Answer::raw(name, head_and(&format!("{lines}\r\n"), body), expected)
}
