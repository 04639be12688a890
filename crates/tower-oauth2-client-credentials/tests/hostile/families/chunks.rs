//! Chunked bodies that are badly made (RFC 9112 §7.1).

use std::fmt::Write as _;

use crate::answer::{Answer, Expected, PROTOCOL, TAKEN, TRANSIENT, good_body, head_and};

pub(crate) fn answers() -> Vec<Answer> {
    let body = good_body();
    let size = format!("{:x}", body.len());
    let half = body.len() / 2;
    let (first, second) = body.split_at(half);
    let whole = |size: &str| format!("{size}\r\n{body}\r\n0\r\n\r\n");
    let mut bytes = String::new();
    for byte in body.chars() {
        write!(bytes, "1\r\n{byte}\r\n").unwrap();
    }
    let rest = body.len() - half;
    let mut answers: Vec<_> = [
        ("one chunk", whole(&size), TAKEN),
        ("a chunk a byte", format!("{bytes}0\r\n\r\n"), TAKEN),
        ("a size in capitals", whole(&size.to_uppercase()), TAKEN),
        ("a size with zeros", whole(&format!("0000{size}")), TAKEN),
        (
            "a size with many zeros",
            whole(&format!("{}{size}", "0".repeat(40))),
            TAKEN,
        ),
        ("spaces after a size", whole(&format!("{size}  ")), TAKEN),
        (
            "spaces before a size",
            whole(&format!(" {size}")),
            TRANSIENT,
        ),
        ("no size", whole(""), TRANSIENT),
        ("a size that is none", whole("xyz"), TRANSIENT),
        ("a negative size", whole("-1"), TRANSIENT),
        ("a size with a sign", whole(&format!("+{size}")), TRANSIENT),
        ("a size with 0x", whole(&format!("0x{size}")), TRANSIENT),
        ("a size of 64 bits", whole("ffffffffffffffff"), TRANSIENT),
        ("a size of 65 bits", whole("1ffffffffffffffff"), TRANSIENT),
        ("a size of 400 digits", whole(&"f".repeat(400)), TRANSIENT),
        ("a size too small", whole("5"), TRANSIENT),
        ("a size too large", whole("fff"), TRANSIENT),
        (
            "a size, then a line feed alone",
            whole(&size).replacen("\r\n", "\n", 1),
            TRANSIENT,
        ),
        (
            "a size, then a carriage return alone",
            whole(&size).replacen("\r\n", "\r", 1),
            TRANSIENT,
        ),
        (
            "no line end after a chunk",
            format!("{size}\r\n{body}0\r\n\r\n"),
            TRANSIENT,
        ),
        (
            "an extension",
            whole(&format!("{size};a=b;c=\"d e\"")),
            TAKEN,
        ),
        (
            "an extension of 1 KiB",
            whole(&format!("{size};{}", "a".repeat(1_024))),
            TAKEN,
        ),
        (
            "an extension of 1 MiB",
            whole(&format!("{size};{}", "a".repeat(1 << 20))),
            TRANSIENT,
        ),
        (
            "an extension with a line feed",
            whole(&format!("{size};a\nb")),
            TRANSIENT,
        ),
        ("no last chunk", format!("{size}\r\n{body}\r\n"), TRANSIENT),
        (
            "nothing but the last chunk",
            "0\r\n\r\n".to_owned(),
            PROTOCOL,
        ),
        (
            "an early last chunk",
            format!("{half:x}\r\n{first}\r\n0\r\n\r\n{rest:x}\r\n{second}\r\n0\r\n\r\n"),
            PROTOCOL,
        ),
        (
            "no end after the last chunk",
            format!("{size}\r\n{body}\r\n0\r\n"),
            TRANSIENT,
        ),
        ("noise after the end", whole(&size) + "noise", TAKEN),
    ]
    .into_iter()
    .map(|(name, chunks, expected)| answer(name, &chunks, expected))
    .collect();
    answers.extend(trailers(&format!("{size}\r\n{body}\r\n0\r\n")));
    answers
}

/// What may come after the last chunk. Nothing of it counts.
fn trailers(chunks: &str) -> Vec<Answer> {
    let mut many = String::new();
    (0..2_000).for_each(|n| write!(many, "x-{n}: y\r\n").unwrap());
    [
        ("a trailer", "x: y\r\n".to_owned(), TAKEN),
        (
            "a length as a trailer",
            "content-length: 1\r\n".to_owned(),
            TAKEN,
        ),
        (
            "an error as a trailer",
            "error: invalid_client\r\n".to_owned(),
            TAKEN,
        ),
        (
            "a huge trailer",
            format!("x: {}\r\n", "y".repeat(1 << 20)),
            TRANSIENT,
        ),
        ("2000 trailers", many, TRANSIENT),
        ("a trailer that is none", "x y\r\n".to_owned(), TRANSIENT),
    ]
    .into_iter()
    .map(|(name, trailers, expected)| answer(name, &format!("{chunks}{trailers}\r\n"), expected))
    .collect()
}

fn answer(name: &str, chunks: &str, expected: Expected) -> Answer {
    Answer::raw(
        name,
        head_and("transfer-encoding: chunked\r\n", chunks),
        expected,
    )
}
