//! Bodies that are no JSON, JSON that is no token response, and text in other alphabets.

use crate::answer::{Answer, PROTOCOL, TAKEN, TOKEN, TOO_LARGE, TRANSIENT, good_body, json, with};

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for (name, body, expected) in texts() {
        answers.extend(json(name, body, expected));
    }
    for (name, body, expected) in documents() {
        answers.extend(json(name, body, expected));
    }
    for depth in [10, 100, 128] {
        let name = format!("an array {depth} deep");
        answers.extend(json(name, nested(depth), TAKEN));
    }
    for depth in [129, 1_000, 30_000] {
        let name = format!("an array {depth} deep");
        answers.extend(json(name, nested(depth), PROTOCOL));
        let name = format!("an object {depth} deep, without an end");
        answers.extend(json(name, "{\"a\":".repeat(depth.min(10_000)), PROTOCOL));
    }
    answers
}

type Body = (&'static str, Vec<u8>, crate::answer::Expected);

/// A good answer's text, written in other ways.
fn texts() -> Vec<Body> {
    let good = good_body();
    let utf16 =
        |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { good.encode_utf16().flat_map(bytes).collect() };
    let bytes = |text: &[u8]| [good.trim_end_matches('}').as_bytes(), text, b"}"].concat();
    vec![
        (
            "a mark before it",
            [b"\xef\xbb\xbf", good.as_bytes()].concat(),
            TAKEN,
        ),
        (
            "two marks before it",
            [b"\xef\xbb\xbf\xef\xbb\xbf", good.as_bytes()].concat(),
            PROTOCOL,
        ),
        (
            "white space around it",
            format!(" \r\n\t{good}\n ").into(),
            TAKEN,
        ),
        (
            "60 KiB of white space before it",
            format!("{}{good}", " ".repeat(60 << 10)).into(),
            TAKEN,
        ),
        (
            "64 KiB of white space before it",
            format!("{}{good}", " ".repeat(64 << 10)).into(),
            TOO_LARGE,
        ),
        (
            "UTF-16, little end first",
            utf16(u16::to_le_bytes),
            PROTOCOL,
        ),
        ("UTF-16, big end first", utf16(u16::to_be_bytes), PROTOCOL),
        (
            "UTF-16 with its mark",
            [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat(),
            PROTOCOL,
        ),
        (
            "UTF-32",
            good.bytes().flat_map(|byte| [byte, 0, 0, 0]).collect(),
            PROTOCOL,
        ),
        (
            "a byte that is no UTF-8",
            bytes(b",\"x\":\"\xff\""),
            PROTOCOL,
        ),
        ("Latin-1", bytes(b",\"x\":\"caf\xe9\""), PROTOCOL),
        ("half a character", bytes(b",\"x\":\"\xe2\x82\""), PROTOCOL),
        (
            "an overlong character",
            bytes(b",\"x\":\"\xc0\xaf\""),
            PROTOCOL,
        ),
        (
            "a surrogate as UTF-8",
            bytes(b",\"x\":\"\xed\xa0\x80\""),
            PROTOCOL,
        ),
        (
            "past the last character",
            bytes(b",\"x\":\"\xf5\x80\x80\x80\""),
            PROTOCOL,
        ),
        ("a zero at its end", format!("{good}\0").into(), PROTOCOL),
        ("a zero before it", format!("\0{good}").into(), PROTOCOL),
        (
            "characters that turn the line",
            with("\"x\":\"\u{202e}\u{200f}\u{feff}\"").into(),
            TAKEN,
        ),
    ]
}

/// Documents of the wrong shape.
fn documents() -> Vec<Body> {
    let good = good_body();
    let twice = |member: &str| with(member).into_bytes();
    let members: String = (0..3_000).map(|n| format!("\"m{n}\":{n},")).collect();
    let named = |name: &str, json: &str| format!("{{\"{name}\":{json}}}").into_bytes();
    vec![
        ("nothing", Vec::new(), PROTOCOL),
        ("white space", b" \r\n\t".to_vec(), PROTOCOL),
        ("null", b"null".to_vec(), PROTOCOL),
        ("true", b"true".to_vec(), PROTOCOL),
        ("a number", b"1e400".to_vec(), PROTOCOL),
        ("a string", format!("\"{TOKEN}\"").into(), PROTOCOL),
        ("an array", format!("[{good}]").into(), PROTOCOL),
        ("an empty object", b"{}".to_vec(), PROTOCOL),
        ("two documents", format!("{good}{good}").into(), PROTOCOL),
        ("something after it", format!("{good};").into(), PROTOCOL),
        (
            "a prefix against hijacking",
            format!(")]}}',\n{good}").into(),
            PROTOCOL,
        ),
        ("a call", format!("callback({good})").into(), PROTOCOL),
        ("a comment", format!("/* */{good}").into(), PROTOCOL),
        ("a comma too many", good.replace('}', ",}").into(), PROTOCOL),
        ("single quotes", good.replace('"', "'").into(), PROTOCOL),
        (
            "names without quotes",
            good.replace("\"access_token\"", "access_token").into(),
            PROTOCOL,
        ),
        ("one inside another", named("data", &good), PROTOCOL),
        (
            "no token",
            b"{\"token_type\":\"Bearer\"}".to_vec(),
            PROTOCOL,
        ),
        (
            "two tokens",
            twice(&format!("\"access_token\":\"{TOKEN}\"")),
            PROTOCOL,
        ),
        (
            "two tokens, one of them escaped",
            twice("\"acc\\u0065ss_token\":\"forged\""),
            PROTOCOL,
        ),
        (
            "a token in capitals beside it",
            twice("\"ACCESS_TOKEN\":\"forged\""),
            TAKEN,
        ),
        ("two types", twice("\"token_type\":\"mac\""), PROTOCOL),
        (
            "a member twice that nobody knows",
            twice("\"x\":1,\"x\":2"),
            PROTOCOL,
        ),
        (
            "a member twice, deeper",
            twice("\"x\":{\"y\":1,\"y\":2}"),
            PROTOCOL,
        ),
        (
            "a name with a zero",
            twice("\"access_token\\u0000\":\"forged\""),
            TAKEN,
        ),
        ("an empty name", twice("\"\":\"\""), TAKEN),
        (
            "__proto__",
            twice("\"__proto__\":{\"access_token\":\"forged\"}"),
            TAKEN,
        ),
        (
            "3000 members",
            with(&format!("{members}\"x\":1")).into(),
            TAKEN,
        ),
        ("half a surrogate pair", twice("\"x\":\"\\ud800\""), TAKEN),
        ("an escape that is none", twice("\"x\":\"\\x41\""), PROTOCOL),
        ("a line feed in a string", twice("\"x\":\"a\nb\""), PROTOCOL),
        (
            "a number of 50000 digits",
            with(&format!("\"x\":{}", "9".repeat(50_000))).into(),
            TAKEN,
        ),
        ("a number with zeros before", twice("\"x\":007"), PROTOCOL),
        ("NaN", twice("\"x\":NaN"), PROTOCOL),
        ("Infinity", twice("\"x\":-Infinity"), PROTOCOL),
        (
            "64 KiB and a byte",
            format!("{}{good}", " ".repeat(65_537 - good.len())).into(),
            TOO_LARGE,
        ),
        (
            "an error in it",
            twice("\"error\":\"server_error\""),
            TRANSIENT,
        ),
    ]
}

fn nested(depth: usize) -> String {
    // The object around it is one level, too.
    let depth = depth - 1;
    with(&format!("\"x\":{}{}", "[".repeat(depth), "]".repeat(depth)))
}
