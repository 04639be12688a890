//! Whether two JSON texts say the same.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::json::Name;

/// Compares as JSON: neither white space nor the order of members nor escapes
/// count. Integers of any length are compared to the last digit, which a
/// `serde_json::Value` could not.
///
/// `granted` has to be of bounded depth; `asked` is followed no deeper.
pub(super) fn is_same_json(asked: &str, granted: &str) -> bool {
    let (asked, granted) = (asked.trim_ascii(), granted.trim_ascii());
    match (asked.as_bytes().first(), granted.as_bytes().first()) {
        (Some(b'['), Some(b'[')) => is_same_list(asked, granted),
        (Some(b'{'), Some(b'{')) => is_same_object(asked, granted),
        (Some(b'"'), Some(b'"')) => is_same_text(asked, granted),
        _ => is_same_number(asked, granted),
    }
}

fn is_same_list(asked: &str, granted: &str) -> bool {
    let read = |json| serde_json::from_str::<Vec<&RawValue>>(json).ok();
    read(asked)
        .zip(read(granted))
        .is_some_and(|(asked, granted)| {
            asked.len() == granted.len()
                && asked
                    .iter()
                    .zip(granted)
                    .all(|(asked, granted)| is_same_json(asked.get(), granted.get()))
        })
}

fn is_same_object(asked: &str, granted: &str) -> bool {
    let read = |json| serde_json::from_str::<BTreeMap<Name, &RawValue>>(json).ok();
    read(asked)
        .zip(read(granted))
        .is_some_and(|(asked, granted)| {
            asked.len() == granted.len()
                && asked
                    .iter()
                    .zip(granted)
                    .all(|((name, asked), (other, granted))| {
                        *name == other && is_same_json(asked.get(), granted.get())
                    })
        })
}

fn is_same_text(asked: &str, granted: &str) -> bool {
    let read = |json| serde_json::from_str::<String>(json).ok();
    match (read(asked), read(granted)) {
        (Some(asked), Some(granted)) => asked == granted,
        _ => asked == granted,
    }
}

/// Numbers, and what has one spelling only: true, false, null. An integer and a
/// number with a fraction or an exponent are not the same.
fn is_same_number(asked: &str, granted: &str) -> bool {
    let float = |json: &str| {
        let value = json
            .contains(['.', 'e', 'E'])
            .then(|| json.parse::<f64>().ok());
        value.flatten().filter(|value| value.is_finite())
    };
    asked == granted || float(asked).is_some_and(|asked| float(granted) == Some(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_count_and_values_do() {
        for (one, other) in [
            (" [ 1 , true ] ", "[1,true]"),
            ("{\"a\":1,\"b\":\"x\"}", "{\"b\":\"\\u0078\",\"\\u0061\":1}"),
            ("1.50", "15e-1"),
            ("null", "null"),
            ("1e400", "1e400"),
            ("\"\\ud800\"", "\"\\ud800\""),
            ("18446744073709551617", "18446744073709551617"),
        ] {
            assert!(is_same_json(one, other), "{one} {other}");
            assert!(is_same_json(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("18446744073709551617", "18446744073709551618"),
            ("-18446744073709551617", "18446744073709551617"),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            ("{\"a\":1}", "{\"b\":1}"),
            ("{\"a\":1}", "{\"a\":1,\"b\":1}"),
            ("true", "false"),
            ("1", "\"1\""),
            ("1", "1.0"),
            ("[]", "{}"),
            ("\"A\"", "\"a\""),
            ("1e400", "1e401"),
        ] {
            assert!(!is_same_json(one, other), "{one} {other}");
            assert!(!is_same_json(other, one), "{one} {other}");
        }
    }
}
