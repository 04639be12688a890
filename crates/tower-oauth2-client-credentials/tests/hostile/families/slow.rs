//! Bytes that come one by one, and servers that say nothing: the client's limit ends it.

use crate::answer::{Answer, Over, Step, TAKEN, TRANSIENT, good, good_body, head_and};
use crate::frames;

pub(crate) fn answers() -> Vec<Answer> {
    let body = good_body();
    let whole = good("");
    let chunked = head_and(
        "transfer-encoding: chunked\r\n",
        &format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
    );
    let slow_body = good_head_and_slow(&whole, &body);
    let http2 = [frames::good_head(), frames::data(body.as_bytes())].concat();
    let bytes: Vec<u8> = body
        .bytes()
        .flat_map(|byte| frames::frame(frames::DATA, 0, frames::STREAM, &[byte]))
        .collect();
    vec![
        Answer::raw("silence", "", TRANSIENT)
            .then([Step::Stall])
            .stalling(),
        Answer::raw("a head that drips", "", TRANSIENT)
            .then([Step::Drip(whole.clone().into())])
            .stalling(),
        slow_body,
        Answer::raw("chunks that drip", "", TRANSIENT)
            .then([Step::Drip(chunked.into())])
            .stalling(),
        Answer::raw("a head, then silence", head_and("", ""), TRANSIENT)
            .then([Step::Stall])
            .stalling(),
        Answer::new(
            "drips over TLS",
            Over::Tls,
            vec![Step::Await, Step::Drip(whole.clone().into())],
            TRANSIENT,
        )
        .stalling(),
        Answer::frames("frames that drip", "", TRANSIENT)
            .then([Step::Drip(http2.clone())])
            .stalling(),
        Answer::frames("a frame a byte that drips", frames::good_head(), TRANSIENT)
            .then([Step::Drip(bytes)])
            .stalling(),
        Answer::frames("silence, HTTP/2", "", TRANSIENT)
            .then([Step::Stall])
            .stalling(),
        Answer::new(
            "settings that never come",
            Over::Http2,
            vec![Step::Stall],
            TRANSIENT,
        )
        .stalling(),
        Answer::new(
            "a handshake that never ends",
            Over::NoTls,
            vec![Step::Stall],
            TRANSIENT,
        )
        .stalling(),
        Answer::new(
            "an answer before the request, then silence",
            Over::Plain,
            vec![Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Step::Stall],
            TRANSIENT,
        )
        .stalling(),
        // The other way round: slow, and in time.
        Answer::new(
            "drips that end in time",
            Over::Plain,
            vec![
                Step::Await,
                Step::Send(whole.as_bytes()[..whole.len() - 5].to_vec()),
                Step::Drip(whole.as_bytes()[whole.len() - 5..].to_vec()),
            ],
            TAKEN,
        ),
    ]
}

fn good_head_and_slow(whole: &str, body: &str) -> Answer {
    let head = &whole[..whole.len() - body.len()];
    Answer::raw("a body that drips", head, TRANSIENT)
        .then([Step::Drip(body.into())])
        .stalling()
}
