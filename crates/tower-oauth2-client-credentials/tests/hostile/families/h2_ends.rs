//! Streams and connections that are ended with every code, at every stage (RFC 9113 §6.4, §6.8).

use crate::answer::{Answer, BASIC, Over, PROTOCOL, SECRET, Step, TAKEN, TRANSIENT, good_body};
use crate::frames::{self, DATA, STREAM};

/// All that are registered, and some that are not.
const CODES: [u32; 17] = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    0xff,
    u32::MAX,
];

pub(crate) fn answers() -> Vec<Answer> {
    let body = good_body();
    let (first, _) = body.as_bytes().split_at(20);
    let part = frames::frame(DATA, 0, STREAM, first);
    let whole = [frames::good_head(), frames::data(body.as_bytes())].concat();
    let stages = [
        ("before the head", Vec::new()),
        ("after the head", frames::good_head()),
        ("in the body", [frames::good_head(), part].concat()),
    ];
    let mut answers = Vec::new();
    for code in CODES {
        for (stage, before) in &stages {
            let bytes = [&before[..], &frames::reset(code)].concat();
            // hyper takes a reset without an error for the end of the body.
            let expected = if code == 0 && !before.is_empty() {
                PROTOCOL
            } else {
                TRANSIENT
            };
            answers.push(Answer::frames(
                format!("a reset {stage}, code {code}"),
                bytes,
                expected,
            ));
        }
        for last in [0, STREAM] {
            let bytes = frames::go_away(last, code, b"not today");
            let name = format!("goodbye with code {code}, last stream {last}");
            answers.push(Answer::frames(name, bytes, TRANSIENT));
        }
        // What began before it is answered to its end.
        let bytes = [frames::go_away(STREAM, code, b""), whole.clone()].concat();
        answers.push(Answer::frames(
            format!("goodbye with code {code}, then the answer"),
            bytes,
            TAKEN,
        ));
    }
    answers.extend(others(&whole));
    answers
}

fn others(whole: &[u8]) -> Vec<Answer> {
    let words = vec![b'x'; 16_000];
    vec![
        Answer::new(
            "goodbye before the request",
            Over::Http2,
            vec![Step::Send(
                [frames::settings(&[]), frames::go_away(0, 0, b"")].concat(),
            )],
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye with 16 KB of words",
            frames::go_away(0, 11, &words),
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye with the secret",
            frames::go_away(0, 0, SECRET.as_bytes()),
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye with the header",
            frames::go_away(0, 2, BASIC.as_bytes()),
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye 1000 times",
            frames::go_away(STREAM, 0, b"").repeat(1_000),
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye to more than before",
            [frames::go_away(STREAM, 0, b""), frames::go_away(5, 0, b"")].concat(),
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye that is cut",
            frames::frame(frames::GOAWAY, 0, 0, &[0; 4]),
            TRANSIENT,
        ),
        Answer::frames(
            "goodbye on a stream",
            frames::frame(frames::GOAWAY, 0, 1, &[0; 8]),
            TRANSIENT,
        ),
        Answer::frames(
            "a reset of three bytes",
            frames::frame(frames::RST_STREAM, 0, STREAM, &[0; 3]),
            TRANSIENT,
        ),
        Answer::frames(
            "a reset of no stream",
            frames::frame(frames::RST_STREAM, 0, 0, &[0; 4]),
            TRANSIENT,
        ),
        Answer::frames(
            "a reset of a stream that never was",
            frames::frame(frames::RST_STREAM, 0, 7, &[0; 4]),
            TRANSIENT,
        ),
        Answer::frames(
            "a reset after the answer",
            [whole, &frames::reset(8)].concat(),
            TAKEN,
        ),
        Answer::frames("1000 resets", frames::reset(8).repeat(1_000), TRANSIENT),
    ]
}
