//! Bodies on streams that have none, before their head, after their end, and past every window (RFC 9113 §6.1).

use crate::answer::{Answer, Expected, PROTOCOL, TAKEN, TOO_LARGE, TRANSIENT, good_body};
use crate::frames::{self, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, STREAM, frame};

pub(crate) fn answers() -> Vec<Answer> {
    let body = good_body();
    let body = body.as_bytes();
    let head = frames::good_head();
    let all = frames::data(body);
    let part = |stream, body: &[u8]| frame(DATA, 0, stream, body);
    let end = frame(DATA, END_STREAM, STREAM, b"");
    let padded = |padding: u8, length: usize| {
        let payload = [&[padding][..], body, &vec![0; length]].concat();
        [frame(DATA, PADDED, STREAM, &payload), end.clone()].concat()
    };
    let empty_head = frame(HEADERS, END_HEADERS | END_STREAM, STREAM, &[0x88]);
    let ones: Vec<u8> = body
        .iter()
        .flat_map(|byte| part(STREAM, &[*byte]))
        .collect();
    let page = part(STREAM, &[b' '; 16_384]);
    let answers: Vec<(&str, Vec<u8>, Expected)> = vec![
        ("a frame a byte", [&head[..], &ones, &end].concat(), TAKEN),
        (
            "empty frames between",
            [&head[..], &part(STREAM, b"").repeat(50), &all].concat(),
            TAKEN,
        ),
        (
            "10000 empty frames",
            [&head[..], &part(STREAM, b"").repeat(10_000), &all].concat(),
            TRANSIENT,
        ),
        ("no body", empty_head.clone(), PROTOCOL),
        ("an empty body", [&head[..], &end].concat(), PROTOCOL),
        (
            "a body before its head",
            [&all[..], &head].concat(),
            TRANSIENT,
        ),
        ("a body without a head", all.clone(), TRANSIENT),
        (
            "a body on no stream",
            [&head[..], &part(0, body)].concat(),
            TRANSIENT,
        ),
        (
            "a body on a stream that never was",
            [&head[..], &part(3, body)].concat(),
            TRANSIENT,
        ),
        (
            "a body on a stream of the server",
            [&head[..], &part(2, body)].concat(),
            TRANSIENT,
        ),
        (
            "a body after an end in the head",
            [&empty_head[..], &all].concat(),
            PROTOCOL,
        ),
        ("a body twice", [&head[..], &all, &all].concat(), TAKEN),
        (
            "a second head after the end",
            [&head[..], &all, &head].concat(),
            TAKEN,
        ),
        ("padding", [&head[..], &padded(200, 200)].concat(), TAKEN),
        (
            "padding longer than the frame",
            [&head[..], &padded(255, 0)].concat(),
            TRANSIENT,
        ),
        (
            "padding that is all",
            [&head[..], &frame(DATA, PADDED, STREAM, &[]), &end].concat(),
            TRANSIENT,
        ),
        (
            "a frame of 16385",
            [&head[..], &part(STREAM, &[b' '; 16_385])].concat(),
            TRANSIENT,
        ),
        (
            "a frame of 16 MiB less one",
            [
                &head[..],
                &[0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1],
                &[b' '; 65_536],
            ]
            .concat(),
            TRANSIENT,
        ),
        (
            "64 KiB of spaces",
            [&head[..], &page.repeat(4), &all].concat(),
            TOO_LARGE,
        ),
        (
            "8 MiB at once, past every window",
            [&head[..], &page.repeat(512)].concat(),
            TOO_LARGE,
        ),
        (
            "8 MiB at once, before the head",
            page.repeat(512),
            TRANSIENT,
        ),
        ("a head, then the connection's end", head.clone(), TRANSIENT),
    ];
    answers
        .into_iter()
        .map(|(name, bytes, expected)| Answer::frames(name, bytes, expected))
        .collect()
}
