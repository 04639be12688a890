//! Media types that are not the body's. The body decides, and the type is a hint.

use crate::answer::{Answer, PROTOCOL, TAKEN, TOKEN, both, good_body};

pub(crate) fn answers() -> Vec<Answer> {
    let html = format!("<html><body>Sign in <input value=\"{TOKEN}\"></body></html>");
    let xml = format!("<?xml version=\"1.0\"?><access_token>{TOKEN}</access_token>");
    let form = format!("access_token={TOKEN}&token_type=bearer&expires_in=3600");
    let jwt = "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.";
    let mut answers = Vec::new();
    for kind in [
        "application/json",
        "application/json; charset=utf-16",
        "text/html",
        "text/plain",
        "text/javascript",
        "application/x-www-form-urlencoded",
        "application/jwt",
        "application/xml",
        "application/octet-stream",
        "application/problem+json",
        "multipart/form-data; boundary=x",
        "text/event-stream",
        "",
        ";;;",
        "\u{e9}",
    ] {
        for (what, body, expected) in [
            ("a token", &*good_body(), TAKEN),
            ("a form", &*form, TAKEN),
            ("HTML", &*html, PROTOCOL),
            ("XML", &*xml, PROTOCOL),
            ("a JWT", jwt, PROTOCOL),
            ("text", "canary", PROTOCOL),
        ] {
            let name = format!("{what} as {kind:?}");
            answers.extend(both(name, 200, &[("content-type", kind)], body, expected));
        }
    }
    let twice = [
        ("content-type", "text/html"),
        ("content-type", "application/json"),
    ];
    answers.extend(both("two types", 200, &twice, good_body(), TAKEN));
    answers.extend(both("no type", 200, &[], good_body(), TAKEN));
    answers
}
