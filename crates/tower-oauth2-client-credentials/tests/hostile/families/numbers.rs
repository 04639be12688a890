//! Lifetimes that are none, and those that are for ever.

use crate::answer::{Answer, Expected, PROTOCOL, TAKEN, json, with};

pub(crate) fn answers() -> Vec<Answer> {
    let lifetimes: [(&str, Expected); 34] = [
        ("0", TAKEN),
        ("-0", TAKEN),
        ("0.0", TAKEN),
        ("1", TAKEN),
        ("0.5", TAKEN),
        ("3599.999", TAKEN),
        ("1e3", TAKEN),
        ("1e-400", TAKEN),
        ("1e400", TAKEN),
        ("2147483648", TAKEN),
        ("4294967296", TAKEN),
        ("9223372036854775808", TAKEN),
        ("18446744073709551616", TAKEN),
        ("340282366920938463463374607431768211456", TAKEN),
        ("\"3600\"", TAKEN),
        ("\" 3600 \"", TAKEN),
        ("\"3600.5\"", TAKEN),
        ("\"18446744073709551616\"", TAKEN),
        ("null", TAKEN),
        ("-1", PROTOCOL),
        ("-1e400", PROTOCOL),
        ("-9223372036854775809", PROTOCOL),
        ("\"-1\"", PROTOCOL),
        ("\"\"", PROTOCOL),
        ("\"1e3\"", PROTOCOL),
        ("\"0x10\"", PROTOCOL),
        ("\"3600s\"", PROTOCOL),
        ("\"PT1H\"", PROTOCOL),
        ("\"\u{663}\u{666}\"", PROTOCOL),
        ("\"canary-token\"", PROTOCOL),
        ("true", PROTOCOL),
        ("[3600]", PROTOCOL),
        ("{\"$numberLong\":\"3600\"}", PROTOCOL),
        ("[[[[[[[[]]]]]]]]", PROTOCOL),
    ];
    let mut answers = Vec::new();
    for (lifetime, expected) in lifetimes {
        let name = format!("expires_in: {lifetime}");
        answers.extend(json(
            name,
            with(&format!("\"expires_in\":{lifetime}")),
            expected,
        ));
    }
    // A wish, of which nothing depends.
    for wish in ["-1", "1e400", "true", "[]", "\"soon\"", "{}"] {
        let name = format!("refresh_in: {wish}");
        let member = format!("\"expires_in\":3600,\"refresh_in\":{wish}");
        answers.extend(json(name, with(&member), TAKEN));
    }
    let digits = format!("\"expires_in\":{}", "9".repeat(60_000));
    answers.extend(json("a lifetime of 60000 digits", with(&digits), TAKEN));
    let digits = format!("\"expires_in\":\"{}\"", "9".repeat(60_000));
    answers.extend(json("the same as text", with(&digits), TAKEN));
    answers
}
