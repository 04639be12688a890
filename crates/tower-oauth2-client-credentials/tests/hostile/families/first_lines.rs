//! First lines that are none, or those of something else.

use crate::answer::{Answer, Expected, TAKEN, TRANSIENT, good, good_body};

pub(crate) fn answers() -> Vec<Answer> {
    let good = good("");
    let (_, rest) = good.split_once("\r\n").unwrap();
    let lines: [(&str, Expected); 30] = [
        ("HTTP/1.0 200 OK", TAKEN),
        ("HTTP/1.1 200", TAKEN),
        ("HTTP/1.1 200 ", TAKEN),
        ("HTTP/1.1 200 \u{e9}t\u{e9}", TAKEN),
        ("HTTP/1.1 200 a\tb", TAKEN),
        ("HTTP/1.1 299 canary", TAKEN),
        ("HTTP/1.1 200 a\0b", TRANSIENT),
        ("HTTP/1.1 200 a\rb", TRANSIENT),
        ("HTTP/1.1  200 OK", TRANSIENT),
        ("HTTP/1.1\t200 OK", TRANSIENT),
        (" HTTP/1.1 200 OK", TRANSIENT),
        ("HTTP/1.2 200 OK", TRANSIENT),
        ("HTTP/0.9 200 OK", TRANSIENT),
        ("HTTP/2 200 OK", TRANSIENT),
        ("HTTP/2.0 200 OK", TRANSIENT),
        ("http/1.1 200 OK", TRANSIENT),
        ("ICY 200 OK", TRANSIENT),
        ("HTTP/1.1 20 OK", TRANSIENT),
        ("HTTP/1.1 2000 OK", TRANSIENT),
        ("HTTP/1.1 099 OK", TRANSIENT),
        ("HTTP/1.1 000 OK", TRANSIENT),
        ("HTTP/1.1 -20 OK", TRANSIENT),
        ("HTTP/1.1 2e2 OK", TRANSIENT),
        ("HTTP/1.1 OK", TRANSIENT),
        ("HTTP/1.1", TRANSIENT),
        ("200 OK", TRANSIENT),
        ("POST /token HTTP/1.1", TRANSIENT),
        ("PRI * HTTP/2.0", TRANSIENT),
        ("SSH-2.0-OpenSSH_9.6", TRANSIENT),
        ("220 mail.example.com ESMTP canary", TRANSIENT),
    ];
    let mut answers: Vec<_> = lines
        .iter()
        .map(|(line, expected)| {
            Answer::raw(format!("{line:?}"), format!("{line}\r\n{rest}"), *expected)
        })
        .collect();
    answers.extend(without_a_line());
    answers
}

/// Answers that have no such line at all.
fn without_a_line() -> Vec<Answer> {
    let alert = [21, 3, 3, 0, 2, 2, 40];
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    vec![
        Answer::raw("a body as in HTTP/0.9", good_body(), TRANSIENT),
        Answer::raw("nothing", "", TRANSIENT),
        Answer::raw("an empty line", "\r\n", TRANSIENT),
        Answer::raw(
            "empty lines, then an answer",
            format!("\r\n\r\n{}", good("")),
            TAKEN,
        ),
        Answer::raw("zeros", vec![0; 4_096], TRANSIENT),
        Answer::raw("ones", vec![0xff; 4_096], TRANSIENT),
        Answer::raw("an alert of TLS", alert, TRANSIENT),
        Answer::raw("a frame of HTTP/2", settings, TRANSIENT),
        Answer::raw("a long first line", vec![b'H'; 1 << 20], TRANSIENT),
        Answer::raw(
            "a long reason",
            format!("HTTP/1.1 200 {}\r\n\r\n", "a".repeat(1 << 20)),
            TRANSIENT,
        ),
        Answer::raw("line feeds alone", good("").replace('\r', ""), TAKEN),
        Answer::raw(
            "carriage returns alone",
            good("").replace('\n', ""),
            TRANSIENT,
        ),
        Answer::raw(
            "the answer, and another one",
            format!("{}{}", good(""), good("").replace("canary", "forged")),
            TAKEN,
        ),
        Answer::raw("the answer, and noise", good("") + "\0\0\0noise", TAKEN),
    ]
}
