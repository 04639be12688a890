//! Answers that never end: what is too large is not read on, and what is endless otherwise ends with the client's patience.

use crate::answer::{Answer, ENDLESS, Step, TOO_LARGE, TRANSIENT, head_and};
use crate::frames;

pub(crate) fn answers() -> Vec<Answer> {
    let page = vec![b'x'; 16_384];
    let chunk = [&b"4000\r\n"[..], &page, b"\r\n"].concat();
    let data = frames::frame(frames::DATA, 0, frames::STREAM, &page);
    let empty = frames::frame(frames::DATA, 0, frames::STREAM, b"");
    let header = frames::frame(
        frames::CONTINUATION,
        0,
        frames::STREAM,
        &frames::block(&[("x", "y")]),
    );
    let head_without_end = frames::frame(
        frames::HEADERS,
        0,
        frames::STREAM,
        &frames::block(&[(":status", "200")]),
    );
    let for_ever = |name: &str, start: &[u8], more: Vec<u8>, expected| {
        Answer::raw(name, start, expected).then([Step::Repeat(more, ENDLESS)])
    };
    let frames_for_ever = |name: &str, start: Vec<u8>, more: Vec<u8>, expected| {
        Answer::frames(name, start, expected).then([Step::Repeat(more, ENDLESS)])
    };
    let head = |lines: &str| head_and(lines, "").into_bytes();
    let start = b"HTTP/1.1 200 OK\r\n";
    vec![
        for_ever("a body", &head(""), page.clone(), TOO_LARGE),
        for_ever(
            "a body of a few bytes after another",
            &head(""),
            vec![b'x'; 16],
            TOO_LARGE,
        ),
        for_ever("a body of spaces", &head(""), vec![b' '; 16_384], TOO_LARGE),
        for_ever(
            "a body with a length",
            &head("content-length: 9223372036854775807\r\n"),
            page.clone(),
            TOO_LARGE,
        ),
        for_ever(
            "chunks",
            &head("transfer-encoding: chunked\r\n"),
            chunk,
            TOO_LARGE,
        ),
        for_ever(
            "an error's body",
            b"HTTP/1.1 400 Bad\r\n\r\n",
            page.clone(),
            TOO_LARGE,
        ),
        for_ever(
            "a body of 503",
            b"HTTP/1.1 503 Bad\r\n\r\n",
            page.clone(),
            TRANSIENT,
        ),
        for_ever("a first line", b"HTTP/1.1 200 ", page.clone(), TRANSIENT),
        for_ever("noise", b"", page.clone(), TRANSIENT),
        for_ever("empty lines", b"", b"\r\n".repeat(4_096), TRANSIENT),
        for_ever("headers", start, b"x: y\r\n".repeat(1_024), TRANSIENT),
        for_ever(
            "a header",
            &[&start[..], b"x: "].concat(),
            page.clone(),
            TRANSIENT,
        ),
        for_ever(
            "a chunk's size",
            &[&head("transfer-encoding: chunked\r\n")[..], b"1"].concat(),
            b"0".repeat(4_096),
            TRANSIENT,
        ),
        for_ever(
            "a chunk's extension",
            &[&head("transfer-encoding: chunked\r\n")[..], b"1;"].concat(),
            page.clone(),
            TRANSIENT,
        ),
        for_ever(
            "chunks of nothing but zeros",
            &[&head("transfer-encoding: chunked\r\n")[..], b"0"].concat(),
            b"0".repeat(4_096),
            TRANSIENT,
        )
        .stalling(),
        for_ever(
            "trailers",
            &[&head("transfer-encoding: chunked\r\n")[..], b"0\r\n"].concat(),
            b"x: y\r\n".repeat(1_024),
            TRANSIENT,
        ),
        frames_for_ever("a body, HTTP/2", frames::good_head(), data, TOO_LARGE),
        frames_for_ever(
            "empty frames",
            frames::good_head(),
            empty.repeat(64),
            TRANSIENT,
        )
        .stalling(),
        frames_for_ever("a head, HTTP/2", head_without_end, header, TRANSIENT),
        frames_for_ever("noise, HTTP/2", Vec::new(), vec![0xff; 16_384], TRANSIENT),
    ]
}
