//! What counts as authorization details (RFC 9396 §2).

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::response::Name;

/// Looks no closer than it has to: a number that no type here could hold is
/// legal all the same, and goes out as it was given.
pub(super) fn is_authorization_details(json: &str) -> bool {
    let has_type = |detail: &&RawValue| {
        serde_json::from_str::<BTreeMap<Name, &RawValue>>(detail.get()).is_ok_and(|members| {
            members
                .iter()
                .any(|(name, value)| name.as_bytes() == b"type" && value.get().starts_with('"'))
        })
    };
    serde_json::from_str::<Vec<&RawValue>>(json).is_ok_and(|details| details.iter().all(has_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_details_are_looked_at_no_closer_than_needed() {
        for json in [
            "[]",
            " [ {\"type\" : \"a\"} ] ",
            "[{\"type\":\"a\",\"n\":1e400,\"x\":\"\\ud800\",\"\\ud800\":1}]",
            "[{\"t\\u0079pe\":\"a\",\"n\":18446744073709551617}]",
        ] {
            assert!(is_authorization_details(json), "{json}");
        }
        for json in [
            "{}",
            "[1]",
            "[[]]",
            "[{}]",
            "[{\"type\":1}]",
            "[{\"x\":{\"type\":\"a\"}}]",
            "[{\"type\":\"a\"}",
            "[{\"type\":\"a\",\"n\":01}]",
            "[{\"type\":\"a\"}]x",
        ] {
            assert!(!is_authorization_details(json), "{json}");
        }
    }
}
