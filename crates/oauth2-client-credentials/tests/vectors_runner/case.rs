//! One case, and how what happened is compared with what was expected.

use std::panic::catch_unwind;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Run;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    class: String,
    source: String,
    input: Value,
    expect: Map<String, Value>,
    #[serde(default, rename = "peer")]
    _peer: Option<IgnoredAny>,
    #[serde(default)]
    note: Option<String>,
}

impl Case {
    pub(crate) fn label(&self) -> String {
        let note = self
            .note
            .as_ref()
            .map(|note| format!(": {note}"))
            .unwrap_or_default();
        format!("{} [{}, {}{note}]", self.id, self.class, self.source)
    }

    pub(crate) fn check(mut self, run: Run) -> Result<(), String> {
        if self.expect.is_empty() {
            return Err("nothing is expected".to_owned());
        }
        // What a signature is to be checked with is nothing that comes out.
        for name in ["public_key", "sample"] {
            if let (Some(value), Some(input)) =
                (self.expect.remove(name), self.input.as_object_mut())
            {
                input.insert(name.to_owned(), value);
            }
        }
        forget_nulls(&mut self.input);
        // The harness has said what it was, and the other cases are still to be run.
        let actual = catch_unwind(|| run(self.input)).map_err(|_| "it panicked".to_owned())??;
        compare_members("expect", &self.expect, &actual)
    }
}

/// Null is absent, but for `typ`, where it says to leave it out.
fn forget_nulls(input: &mut Value) {
    let Some(members) = input.as_object_mut() else {
        return;
    };
    members.retain(|name, value| !value.is_null() || name == "typ");
    for name in ["auth", "key", "options", "public_key"] {
        if let Some(Value::Object(members)) = members.get_mut(name) {
            members.retain(|_, value| !value.is_null());
        }
    }
}

/// Every member that is expected must have come out. What else came out does
/// not matter.
fn compare_members(
    place: &str,
    expected: &Map<String, Value>,
    actual: &Value,
) -> Result<(), String> {
    for (name, expected) in expected {
        let place = format!("{place}.{name}");
        match actual.get(name) {
            Some(actual) => compare(&place, name, expected, actual)?,
            // Of the two only one comes out, and null is absent.
            None if expected.is_null() && matches!(&**name, "error" | "token") => {}
            None => return Err(format!("{place} is not there: {actual}")),
        }
    }
    Ok(())
}

fn compare(place: &str, name: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    match (name, expected, actual) {
        ("error" | "token", Value::Object(expected), Value::Object(_)) => {
            compare_members(place, expected, actual)
        }
        ("headers", Value::Object(expected), _) => {
            expected.iter().try_for_each(|(name, expected)| {
                // A header that was not sent is null.
                let sent = actual
                    .get(name.to_ascii_lowercase())
                    .unwrap_or(&Value::Null);
                compare(&format!("{place}.{name}"), "", expected, sent)
            })
        }
        ("challenges", Value::Array(expected), Value::Array(actual))
            if expected.len() == actual.len() =>
        {
            expected
                .iter()
                .zip(actual)
                .try_for_each(|(expected, actual)| {
                    let expected = expected.as_object().ok_or("a challenge is an object")?;
                    compare_members(place, expected, actual)
                })
        }
        // Of what is signed all counts, and null is absent.
        ("header" | "claims", Value::Object(expected), Value::Object(actual)) => {
            let mut expected = expected.clone();
            expected.retain(|_, value| !value.is_null());
            if expected == *actual {
                return Ok(());
            }
            let (expected, actual) = (Value::from(expected), Value::from(actual.clone()));
            Err(format!("{place} should be {expected} and is {actual}"))
        }
        _ if expected == actual => Ok(()),
        _ => Err(format!("{place} should be {expected} and is {actual}")),
    }
}
