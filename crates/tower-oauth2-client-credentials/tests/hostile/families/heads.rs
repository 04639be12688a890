//! Headers that are too many, too large or none.

use std::fmt::Write as _;

use crate::answer::{Answer, JSON, TAKEN, TRANSIENT, both, good, good_body};

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = malformed();
    for (count, expected) in [
        (90, TAKEN),
        (200, TRANSIENT),
        (5_000, TRANSIENT),
        (50_000, TRANSIENT),
    ] {
        let mut lines = String::new();
        (0..count).for_each(|n| write!(lines, "x-{n}: y\r\n").unwrap());
        answers.push(Answer::raw(
            format!("{count} headers"),
            good(&lines),
            expected,
        ));
        let lines = "set-cookie: a=b\r\n".repeat(count);
        answers.push(Answer::raw(
            format!("{count} cookies"),
            good(&lines),
            expected,
        ));
    }
    for (size, expected) in [(8 << 10, TAKEN), (1 << 20, TRANSIENT), (8 << 20, TRANSIENT)] {
        let long = "n".repeat(size);
        for name in [
            "dpop-nonce",
            "www-authenticate",
            "retry-after",
            "location",
            "server",
        ] {
            answers.push(Answer::raw(
                format!("{size} bytes of {name}"),
                good(&format!("{name}: {long}\r\n")),
                expected,
            ));
        }
        // A name may have 64 KiB less one.
        answers.push(Answer::raw(
            format!("a name of {size} bytes"),
            good(&format!("{long}: x\r\n")),
            expected,
        ));
    }
    for (name, value) in [
        ("dpop-nonce", "\u{e9}".repeat(100)),
        ("dpop-nonce", "n".repeat(300)),
        ("dpop-nonce", "a b\"c".to_owned()),
        ("www-authenticate", "Bearer ".repeat(100)),
        ("www-authenticate", "Bearer realm=\"".to_owned()),
        ("www-authenticate", ",".repeat(5_000)),
        ("www-authenticate", "=".repeat(5_000)),
        ("retry-after", "99999999999999999999".to_owned()),
        ("retry-after", "-1".to_owned()),
        ("retry-after", "Fri, 31 Dec 99999 23:59:59 GMT".to_owned()),
        ("set-cookie", "canary=1; Secure".to_owned()),
        ("connection", "close, keep-alive, upgrade".to_owned()),
        ("upgrade", "h2c, websocket".to_owned()),
        ("keep-alive", "timeout=0, max=0".to_owned()),
        ("refresh", "0; url=https://evil.test/".to_owned()),
        ("alt-svc", "h2=\"evil.test:443\"; ma=99999999".to_owned()),
    ] {
        // What is about one connection has no place in HTTP/2.
        let is_of_a_connection = ["connection", "upgrade", "keep-alive"].contains(&name);
        let short: String = value.chars().take(40).collect();
        let head = [JSON, (name, &*value)];
        let answer = both(format!("{name}: {short}"), 200, &head, good_body(), TAKEN);
        let kept = answer
            .into_iter()
            .take(if is_of_a_connection { 1 } else { 2 });
        answers.extend(kept);
    }
    answers
}

/// Lines that are no header.
fn malformed() -> Vec<Answer> {
    [
        ("x: a\0b", TRANSIENT),
        ("x: a\rb", TRANSIENT),
        ("x: a\x0bb", TRANSIENT),
        ("x: a\x7fb", TRANSIENT),
        ("x: caf\u{e9}", TAKEN),
        ("x:", TAKEN),
        ("x:  \t a \t ", TAKEN),
        ("x : a", TRANSIENT),
        (": a", TRANSIENT),
        ("x", TRANSIENT),
        ("x y: a", TRANSIENT),
        ("caf\u{e9}: a", TRANSIENT),
        ("x\0: a", TRANSIENT),
        ("x: a\r\n b", TRANSIENT),
        (" x: a", TRANSIENT),
        ("HTTP/1.1 200 OK", TRANSIENT),
        ("x: a\nHTTP/1.1 200 OK", TRANSIENT),
    ]
    .into_iter()
    .map(|(line, expected)| {
        Answer::raw(format!("{line:?}"), good(&format!("{line}\r\n")), expected)
    })
    .collect()
}
