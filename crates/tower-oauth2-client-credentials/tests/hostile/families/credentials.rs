//! Tokens that would break out of a header, and members of the wrong type.

use crate::answer::{Answer, Expected, PROTOCOL, SECRET, TAKEN, TOKEN, json, with};

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    let text = |text: &str| format!("\"{text}\"");
    let long = text(&format!("{TOKEN}{}", "a".repeat(70_000)));
    let tokens = [
        ("CR and LF", text(&format!("{TOKEN}\\r\\nx: y"))),
        ("CR", text(&format!("{TOKEN}\\r"))),
        ("LF", text(&format!("\\n{TOKEN}"))),
        ("NUL", text(&format!("{TOKEN}\\u0000"))),
        ("DEL", text(&format!("{TOKEN}\\u007f"))),
        ("a tab", text(&format!("{TOKEN}\\t"))),
        ("a space", text(&format!("{TOKEN} x"))),
        ("a space before", text(&format!(" {TOKEN}"))),
        (
            "an escape of a terminal",
            text(&format!("{TOKEN}\\u001b[2J")),
        ),
        ("an accent", text(&format!("{TOKEN}\u{e9}"))),
        (
            "another alphabet",
            text("\u{43a}\u{430}\u{43d}\u{430}\u{440}"),
        ),
        ("an emoji", text(&format!("{TOKEN}\u{1f511}"))),
        ("a space without a break", text(&format!("{TOKEN}\u{a0}"))),
        ("a line separator", text(&format!("{TOKEN}\u{2028}"))),
        ("a raw CR and LF", text(&format!("{TOKEN}\r\n"))),
        ("nothing", text("")),
        ("null", "null".to_owned()),
        ("a number", "42".to_owned()),
        ("true", "true".to_owned()),
        ("an array", format!("[\"{TOKEN}\"]")),
        ("an object", format!("{{\"value\":\"{TOKEN}\"}}")),
    ];
    for (name, token) in tokens {
        let body =
            format!("{{\"access_token\":{token},\"token_type\":\"Bearer\",\"expires_in\":60}}");
        answers.extend(json(format!("a token with {name}"), body, PROTOCOL));
    }
    let body = format!("{{\"access_token\":{long},\"expires_in\":60}}");
    answers.extend(json("a token of 70 KB", body, crate::answer::TOO_LARGE));
    for (name, member, expected) in members() {
        answers.extend(json(name, with(&member), expected));
    }
    answers.extend(types());
    answers
}

/// Other members, of types and lengths that they have not.
fn members() -> Vec<(String, String, Expected)> {
    let long = "s".repeat(60_000);
    let mut members = Vec::new();
    for (member, expected) in [
        ("\"scope\":42", PROTOCOL),
        ("\"scope\":true", PROTOCOL),
        ("\"scope\":{}", PROTOCOL),
        ("\"scope\":[1]", PROTOCOL),
        ("\"scope\":[\"a\",\"b\"]", TAKEN),
        ("\"scope\":null", TAKEN),
        ("\"scope\":\"a\\r\\nb\"", TAKEN),
        ("\"scope\":\"\u{e9}\"", TAKEN),
        ("\"refresh_token\":42", TAKEN),
        ("\"refresh_token\":\"canary\\r\\n\"", TAKEN),
        ("\"id_token\":[]", TAKEN),
        ("\"authorization_details\":42", TAKEN),
        ("\"authorization_details\":\"canary\"", TAKEN),
        ("\"error\":null", TAKEN),
        ("\"error\":\"\"", TAKEN),
        ("\"error\":0", TAKEN),
        ("\"error\":{}", TAKEN),
    ] {
        members.push((member.to_owned(), member.to_owned(), expected));
    }
    let scopes = format!("\"scope\":\"{}\"", "a ".repeat(30_000));
    members.push(("30000 scopes".to_owned(), scopes, TAKEN));
    let scope = format!("\"scope\":\"{long}\"");
    members.push(("a scope of 60 KB".to_owned(), scope, TAKEN));
    members
}

/// Types that nobody can attach are found when the token is; to ask for it is no mistake.
fn types() -> Vec<Answer> {
    let mut answers = Vec::new();
    for (kind, expected) in [
        ("\"bearer\"", TAKEN),
        ("\"BEARER\"", TAKEN),
        ("null", TAKEN),
        ("\"mac\"", TAKEN),
        ("\"\"", TAKEN),
        ("\"Bearer\\r\\nx: y\"", TAKEN),
        ("\"\u{e9}\"", TAKEN),
        ("42", PROTOCOL),
        ("[]", PROTOCOL),
    ] {
        let body =
            format!("{{\"access_token\":\"{TOKEN}\",\"token_type\":{kind},\"expires_in\":60}}");
        answers.extend(json(format!("the type {kind}"), body, expected));
    }
    let body = format!("{{\"access_token\":\"{TOKEN}\",\"token_type\":\"{SECRET}\"}}");
    answers.extend(json("the secret as a type", body, TAKEN));
    answers
}
