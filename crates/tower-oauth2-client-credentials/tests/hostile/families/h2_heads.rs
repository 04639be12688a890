//! Heads that are no heads (RFC 9113 §8.2, §8.3), too large ones, and tables that are not there (RFC 7541).

use crate::answer::{Answer, TAKEN, TRANSIENT, good_body};
use crate::frames::{self, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, STREAM, block};

/// Names and values.
type Fields<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    let long = "n".repeat(20_000);
    let heads: [(_, Fields<'_>, _); 24] = [
        ("no status", &[("content-type", "text/html")], TRANSIENT),
        ("no field", &[], TRANSIENT),
        (
            "two statuses",
            &[(":status", "200"), (":status", "500")],
            TRANSIENT,
        ),
        ("a status with a letter", &[(":status", "2x0")], TRANSIENT),
        ("a status of 2 digits", &[(":status", "20")], TRANSIENT),
        ("a status of 4 digits", &[(":status", "2000")], TRANSIENT),
        ("an empty status", &[(":status", "")], TRANSIENT),
        ("status 000", &[(":status", "000")], TRANSIENT),
        (
            "a status after a field",
            &[("x", "y"), (":status", "200")],
            TRANSIENT,
        ),
        (
            "a pseudo-field of requests",
            &[(":status", "200"), (":path", "/")],
            TAKEN,
        ),
        (
            "a pseudo-field that nobody knows",
            &[(":status", "200"), (":canary", "x")],
            TRANSIENT,
        ),
        (
            "a name in capitals",
            &[(":status", "200"), ("X-Canary", "y")],
            TRANSIENT,
        ),
        ("an empty name", &[(":status", "200"), ("", "y")], TRANSIENT),
        (
            "a name with a space",
            &[(":status", "200"), ("x y", "z")],
            TRANSIENT,
        ),
        (
            "a name with a line feed",
            &[(":status", "200"), ("x\n", "z")],
            TRANSIENT,
        ),
        (
            "a value with a line feed",
            &[(":status", "200"), ("x", "a\r\nb: c")],
            TRANSIENT,
        ),
        (
            "a value with a zero",
            &[(":status", "200"), ("x", "a\0b")],
            TRANSIENT,
        ),
        (
            "a value that is not ASCII",
            &[(":status", "200"), ("x", "\u{e9}")],
            TAKEN,
        ),
        (
            "connection",
            &[(":status", "200"), ("connection", "close")],
            TRANSIENT,
        ),
        (
            "transfer-encoding",
            &[(":status", "200"), ("transfer-encoding", "chunked")],
            TRANSIENT,
        ),
        (
            "a length that is too small",
            &[(":status", "200"), ("content-length", "1")],
            TRANSIENT,
        ),
        (
            "a length that is too large",
            &[(":status", "200"), ("content-length", "1000")],
            TRANSIENT,
        ),
        (
            "a length that is none",
            &[(":status", "200"), ("content-length", "x")],
            TRANSIENT,
        ),
        (
            "a field of 20 KB",
            &[(":status", "200"), ("dpop-nonce", &long)],
            TRANSIENT,
        ),
    ];
    for (name, fields, expected) in heads {
        answers.push(Answer::frames(
            name,
            with_body(&frames::headers(fields)),
            expected,
        ));
    }
    for count in [100, 5_000] {
        let many: Vec<_> = (0..count).map(|_| ("x-canary", "y")).collect();
        let fields = [&[(":status", "200")][..], &many].concat();
        let expected = if count == 100 { TAKEN } else { TRANSIENT };
        let name = format!("{count} fields");
        answers.push(Answer::frames(
            name,
            with_body(&in_parts(&block(&fields))),
            expected,
        ));
    }
    answers.extend(tables());
    answers.extend(continuations());
    answers.extend(trailers());
    answers
}

/// Blocks that the table's rules do not allow.
fn tables() -> Vec<Answer> {
    let head = |block: &[u8]| with_body(&frames::frame(HEADERS, END_HEADERS, STREAM, block));
    [
        ("by the table", &[0x88][..], TAKEN),
        ("index 0", &[0x80], TRANSIENT),
        ("an index past the table", &[0x88, 0xff, 0x20], TRANSIENT),
        (
            "a number without an end",
            &[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            TRANSIENT,
        ),
        (
            "a number of 70 bits",
            &[
                0x88, 0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1,
            ],
            TRANSIENT,
        ),
        ("a string past the end", &[0x88, 0, 100, b'x'], TRANSIENT),
        (
            "Huffman with a wrong end",
            &[0x88, 0, 1, b'x', 0x81, 0],
            TRANSIENT,
        ),
        (
            "Huffman with its end in it",
            &[0x88, 0, 1, b'x', 0x84, 0xff, 0xff, 0xff, 0xff],
            TRANSIENT,
        ),
        ("a table of 64 KiB", &[0x3f, 0xe1, 0xff, 3, 0x88], TRANSIENT),
        ("a table's size after a field", &[0x88, 0x20], TRANSIENT),
        ("noise", &[0xaa; 300], TRANSIENT),
    ]
    .into_iter()
    .map(|(name, block, expected)| Answer::frames(format!("a head {name}"), head(block), expected))
    .chain([Answer::frames(
        "a field that is remembered and repeated 4000 times",
        head(&bomb()),
        TRANSIENT,
    )])
    .collect()
}

/// 4 KB in the table, and 4000 times one byte that means it.
fn bomb() -> Vec<u8> {
    let mut block = vec![0x88, 0x40];
    frames::string(&mut block, b"x");
    frames::string(&mut block, &[b'y'; 3_900]);
    block.extend([0xbe; 4_000]);
    block
}

/// A head in several frames (§6.10).
fn continuations() -> Vec<Answer> {
    let status = block(&[(":status", "200")]);
    let begin = frames::frame(HEADERS, 0, STREAM, &status);
    let part = |flags, stream, block: &[u8]| frames::frame(CONTINUATION, flags, stream, block);
    let empty = part(0, STREAM, &[]);
    let end = part(END_HEADERS, STREAM, &[]);
    let ping = frames::frame(frames::PING, 0, 0, &[0; 8]);
    [
        ("one more part", [&begin[..], &end].concat(), TAKEN),
        (
            "1000 empty parts",
            [&begin[..], &empty.repeat(1_000), &end].concat(),
            TRANSIENT,
        ),
        (
            "a part without a beginning",
            part(END_HEADERS, STREAM, &status),
            TRANSIENT,
        ),
        (
            "a part of another stream",
            [&begin[..], &part(END_HEADERS, 3, &[])].concat(),
            TRANSIENT,
        ),
        (
            "something between two parts",
            [&begin[..], &ping, &end].concat(),
            TRANSIENT,
        ),
    ]
    .into_iter()
    .map(|(name, head, expected)| Answer::frames(name, with_body(&head), expected))
    .collect()
}

/// A second head, after the body.
fn trailers() -> Vec<Answer> {
    let before = [
        frames::good_head(),
        frames::frame(frames::DATA, 0, STREAM, good_body().as_bytes()),
    ]
    .concat();
    let long = "y".repeat(20_000);
    let all = END_HEADERS | END_STREAM;
    [
        ("trailers", all, &[("x", "y")][..], TAKEN),
        (
            "an error in trailers",
            all,
            &[("error", "invalid_client")],
            TAKEN,
        ),
        (
            "trailers that do not end it",
            END_HEADERS,
            &[("x", "y")],
            TRANSIENT,
        ),
        ("a status in trailers", all, &[(":status", "500")], TAKEN),
        ("trailers of 20 KB", all, &[("x", &*long)], TRANSIENT),
        (
            "trailers that say how long it was",
            all,
            &[("content-length", "1")],
            TAKEN,
        ),
    ]
    .into_iter()
    .map(|(name, flags, fields, expected)| {
        let trailers = frames::frame(HEADERS, flags, STREAM, &block(fields));
        Answer::frames(name, [&before[..], &trailers].concat(), expected)
    })
    .collect()
}

fn with_body(head: &[u8]) -> Vec<u8> {
    [head, &frames::data(good_body().as_bytes())].concat()
}

/// In frames of the size that is allowed.
fn in_parts(block: &[u8]) -> Vec<u8> {
    let parts: Vec<_> = block.chunks(16_384).collect();
    let last = parts.len() - 1;
    let frames = parts.iter().enumerate().map(|(index, part)| {
        let kind = if index == 0 { HEADERS } else { CONTINUATION };
        let flags = if index == last { END_HEADERS } else { 0 };
        frames::frame(kind, flags, STREAM, part)
    });
    frames.flatten().collect()
}
