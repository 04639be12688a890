//! Redirects: none is followed, and the secret stays with whom it was meant for.

use crate::answer::{Answer, JSON, PROTOCOL, both, good_body};

pub(crate) fn answers() -> Vec<Answer> {
    let places = [
        "/elsewhere",
        "https://evil.test/token",
        "http://127.0.0.1:9/token",
        "//evil.test/",
        "https://canary:canary@evil.test/",
        "javascript:alert(1)",
        "",
    ];
    let mut answers = Vec::new();
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for place in places {
            // A body with a token is no reason either.
            let headers = [JSON, ("location", place)];
            answers.extend(both(
                format!("{status} to {place:?}"),
                status,
                &headers,
                good_body(),
                PROTOCOL,
            ));
        }
    }
    let twice = [("location", "/a"), ("location", "/b")];
    answers.extend(both("307 to two places", 307, &twice, "", PROTOCOL));
    answers.extend(both("307 to nowhere", 307, &[], "", PROTOCOL));
    answers
}
