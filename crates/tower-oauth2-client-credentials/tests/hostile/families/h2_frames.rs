//! Frames that have no business here: pushes, floods, kinds that nobody knows (RFC 9113 §5.5, §6).

use crate::answer::{Answer, ENDLESS, Step, TAKEN, TRANSIENT, good_body};
use crate::frames::{self, PING, PRIORITY, PUSH_PROMISE, STREAM, block, frame};

pub(crate) fn answers() -> Vec<Answer> {
    let whole = [frames::good_head(), frames::data(good_body().as_bytes())].concat();
    let asked = block(&[
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "evil.test"),
        (":path", "/canary"),
    ]);
    let push = |stream: u32, promised: u32| {
        let payload = [&promised.to_be_bytes()[..], &asked].concat();
        frame(PUSH_PROMISE, frames::END_HEADERS, stream, &payload)
    };
    let ping = |flags, payload: &[u8]| frame(PING, flags, 0, payload);
    let mut answers: Vec<_> = [
        ("a push", push(STREAM, 2), TRANSIENT),
        ("a push on no stream", push(0, 2), TRANSIENT),
        ("a push of a client's stream", push(STREAM, 3), TRANSIENT),
        ("1000 pushes", push(STREAM, 2).repeat(1_000), TRANSIENT),
        ("a ping", ping(0, &[0; 8]), TAKEN),
        ("1000 pings", ping(0, &[0; 8]).repeat(1_000), TAKEN),
        (
            "answers to pings that were not sent",
            ping(1, &[7; 8]).repeat(1_000),
            TAKEN,
        ),
        ("a ping of 7 bytes", ping(0, &[0; 7]), TRANSIENT),
        ("a ping of 9 bytes", ping(0, &[0; 9]), TRANSIENT),
        (
            "a ping on a stream",
            frame(PING, 0, STREAM, &[0; 8]),
            TRANSIENT,
        ),
        (
            "1000 priorities",
            frame(PRIORITY, 0, STREAM, &[0, 0, 0, 0, 16]).repeat(1_000),
            TAKEN,
        ),
        (
            "a stream that depends on itself",
            frame(PRIORITY, 0, STREAM, &[0, 0, 0, 1, 16]),
            TRANSIENT,
        ),
        (
            "a priority of 4 bytes",
            frame(PRIORITY, 0, STREAM, &[0; 4]),
            TRANSIENT,
        ),
        (
            "a kind that nobody knows",
            frame(0xfa, 0xff, STREAM, b"canary"),
            TAKEN,
        ),
        (
            "1000 of a kind that nobody knows",
            frame(0xfa, 0xff, 0, &[0; 100]).repeat(1_000),
            TAKEN,
        ),
        (
            "another place for the same",
            frame(10, 0, 0, b"\0\0h2=\"evil.test:443\""),
            TAKEN,
        ),
        (
            "an origin frame",
            frame(12, 0, 0, b"\0\x11https://evil.test"),
            TAKEN,
        ),
        (
            "a stream's id with its first bit",
            frame(0xfa, 0, 1 << 31, b""),
            TAKEN,
        ),
        (
            "a head on a stream of the server",
            frame(frames::HEADERS, 4, 2, &[0x88]),
            TRANSIENT,
        ),
        (
            "a head on a stream that never was",
            frame(frames::HEADERS, 4, 9, &[0x88]),
            TRANSIENT,
        ),
        (
            "a head on no stream",
            frame(frames::HEADERS, 4, 0, &[0x88]),
            TRANSIENT,
        ),
        (
            "HTTP/1.1 in the middle",
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(),
            TRANSIENT,
        ),
    ]
    .into_iter()
    .map(|(name, first, expected)| Answer::frames(name, [&first[..], &whole].concat(), expected))
    .collect();
    for (name, more) in [
        ("pings for ever", ping(0, &[0; 8])),
        (
            "priorities for ever",
            frame(PRIORITY, 0, STREAM, &[0, 0, 0, 0, 16]),
        ),
        (
            "for ever a kind that nobody knows",
            frame(0xfa, 0, 0, &[0; 1_000]),
        ),
    ] {
        let answer = Answer::frames(name, "", TRANSIENT);
        answers.push(answer.then([Step::Repeat(more, ENDLESS)]).stalling());
    }
    answers
}
