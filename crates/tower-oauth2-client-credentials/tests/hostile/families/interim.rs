//! Answers before the answer (RFC 9110 §15.2), few and many.

use crate::answer::{Answer, ENDLESS, PROTOCOL, Step, TAKEN, TRANSIENT, good};
use crate::frames;

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for status in [100, 102, 103, 110, 199] {
        let interim = format!("HTTP/1.1 {status} Wait\r\nlink: </canary>; rel=preload\r\n\r\n");
        for count in [1, 100] {
            let bytes = interim.repeat(count) + &good("");
            let name = format!("{count} of {status}, HTTP/1.1");
            answers.push(Answer::raw(name, bytes, TAKEN));
        }
        let status = status.to_string();
        let interim = frames::headers(&[(":status", &status), ("link", "</canary>")]);
        for count in [1, 100] {
            let bytes = [interim.repeat(count), frames::good_head(), good_data()].concat();
            let name = format!("{count} of {status}, HTTP/2");
            answers.push(Answer::frames(name, bytes, TAKEN));
        }
    }
    let early = |line: &str| format!("HTTP/1.1 {line}\r\n\r\n");
    let switching = "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
    answers.extend([
        Answer::raw(
            "101 and an answer",
            switching.to_owned() + &good(""),
            PROTOCOL,
        ),
        Answer::raw("101 and nothing", switching, PROTOCOL),
        Answer::raw("101 without an upgrade", early("101 Switching"), PROTOCOL),
        Answer::raw("100 and nothing", early("100 Continue"), TRANSIENT),
        Answer::raw(
            "100 with a length",
            format!(
                "HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\n{}",
                good("")
            ),
            TAKEN,
        ),
        Answer::raw(
            "a huge 103",
            format!(
                "HTTP/1.1 103 Early\r\nx: {}\r\n\r\n{}",
                "y".repeat(1 << 20),
                good("")
            ),
            TRANSIENT,
        ),
        Answer::raw("100, then silence", early("100 Continue"), TRANSIENT)
            .then([Step::Stall])
            .stalling(),
        Answer::raw("100 for ever, HTTP/1.1", "", TRANSIENT)
            .then([Step::Repeat(early("100 Continue").into(), ENDLESS)])
            .stalling(),
        Answer::frames("100 for ever, HTTP/2", "", TRANSIENT)
            .then([Step::Repeat(
                frames::headers(&[(":status", "100")]),
                ENDLESS,
            )])
            .stalling(),
        Answer::frames(
            "101, HTTP/2",
            frames::headers(&[(":status", "101")]),
            TRANSIENT,
        ),
        Answer::frames(
            "100 that ends the stream, HTTP/2",
            frames::frame(
                frames::HEADERS,
                frames::END_HEADERS | frames::END_STREAM,
                frames::STREAM,
                &frames::block(&[(":status", "100")]),
            ),
            TRANSIENT,
        ),
    ]);
    answers
}

fn good_data() -> Vec<u8> {
    frames::data(crate::answer::good_body().as_bytes())
}
