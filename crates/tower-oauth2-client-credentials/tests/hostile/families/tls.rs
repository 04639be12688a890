//! TLS that is none, and another protocol in it than was agreed on.

use crate::answer::{Answer, Over, Step, TAKEN, TRANSIENT, good};
use crate::frames;

pub(crate) fn answers() -> Vec<Answer> {
    let whole = || good("").into_bytes();
    let start = |name: &str, bytes: Vec<u8>| {
        Answer::new(name, Over::NoTls, vec![Step::Send(bytes)], TRANSIENT)
    };
    let over_tls =
        |name: &str, steps: Vec<Step>, expected| Answer::new(name, Over::Tls, steps, expected);
    vec![
        start("HTTP instead of a handshake", whole()),
        start("noise instead of a handshake", vec![0xff; 4_096]),
        start("zeros instead of a handshake", vec![0; 4_096]),
        start(
            "SSH instead of a handshake",
            b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
        ),
        start(
            "an alert instead of a handshake",
            vec![21, 3, 3, 0, 2, 2, 40],
        ),
        start(
            "an alert that is a warning",
            [21, 3, 3, 0, 2, 1, 0].repeat(100),
        ),
        start(
            "a record of 64 KiB",
            [&[22, 3, 3, 0xff, 0xff][..], &vec![2; 65_535]].concat(),
        ),
        start(
            "a handshake that says 16 MiB",
            vec![22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff],
        ),
        start("empty records", [22, 3, 3, 0, 0].repeat(100)),
        start("SSL 2", vec![0x80, 0x2e, 1, 0, 2, 0, 0x15]),
        start(
            "a server's part that is cut",
            vec![22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3],
        ),
        start("nothing", Vec::new()),
        Answer::new(
            "a reset in the handshake",
            Over::NoTls,
            vec![Step::Reset],
            TRANSIENT,
        ),
        over_tls(
            "a good answer",
            vec![Step::Await, Step::Send(whole())],
            TAKEN,
        ),
        over_tls("nothing, TLS", vec![Step::Await], TRANSIENT),
        over_tls(
            "a reset after the answer",
            vec![Step::Await, Step::Send(whole()), Step::Stall],
            TAKEN,
        ),
        over_tls(
            "HTTP/2 where HTTP/1.1 was agreed on",
            vec![
                Step::Await,
                Step::Send([frames::settings(&[]), frames::good_head()].concat()),
            ],
            TRANSIENT,
        ),
        Answer::new(
            "HTTP/1.1 where HTTP/2 was agreed on",
            Over::Http2,
            vec![Step::Send(whole())],
            TRANSIENT,
        ),
    ]
}
