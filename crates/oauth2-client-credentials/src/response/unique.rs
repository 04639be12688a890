//! Whether every name in some JSON is there once.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// What `serde_json` would nest, so that nothing passes here that cannot be
/// read later.
const DEEPEST: usize = 127;

/// Whether no object in `json`, at any depth, has a name twice, however it is
/// escaped; and whether none is nested too deep.
///
/// `json` has to be well-formed. It may hold what no reader can make a value
/// of, half a surrogate pair or a number out of range: that is no reason to
/// lose what stands beside it, so nothing is read here but names.
pub(super) fn has_unique_names(json: &str) -> bool {
    let mut open: Vec<BTreeSet<Cow<'_, str>>> = Vec::new();
    let mut rest = json;
    while let Some(place) = rest.find(['"', '{', '[', '}', ']']) {
        let (found, after) = rest[place..].split_at(1);
        rest = after;
        match found {
            "\"" => {
                let (text, after) = rest.split_at(end_of_string(rest));
                rest = after.strip_prefix('"').unwrap_or(after);
                let is_name = rest.trim_start().starts_with(':');
                if is_name && !open.last_mut().is_none_or(|names| names.insert(name(text))) {
                    return false;
                }
            }
            "{" | "[" if open.len() == DEEPEST => return false,
            "{" | "[" => open.push(BTreeSet::new()),
            _ => {
                open.pop();
            }
        }
    }
    true
}

/// Where the quote is that ends a string, of which the first one is gone.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    text.bytes()
        .position(|byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        })
        .unwrap_or(text.len())
}

/// A name without its escapes; as it is written, if it is no text without them.
fn name(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    serde_json::from_str(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_there_once_in_each_object() {
        for json in [
            "{}",
            "[]",
            "\"a\"",
            "{\"a\":{\"a\":{\"b\":1},\"b\":1},\"b\":[{\"a\":1},{\"a\":1}]}",
            "{\"a\":\"a\",\"b\":\"a\"}",
            "{\"a\":[\"a\",\"a\"],\"b\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}",
            "{\"a\\\\\":1,\"a\":2}",
            "{\"a\":\"\\ud800\",\"b\":1e400,\"\\ud800\":1}",
        ] {
            assert!(has_unique_names(json), "{json}");
        }
        for json in [
            "{\"a\":1,\"a\":1}",
            "{\"a\" : 1 , \"a\"\n:\t1}",
            "[[{\"b\":1,\"\\u0062\":2}]]",
            "{\"x\":{\"c\":[],\"d\":{},\"c\":1}}",
            "{\"\\\"\":1,\"\\u0022\":2}",
            "{\"\":1,\"\":2}",
        ] {
            assert!(!has_unique_names(json), "{json}");
        }
    }

    #[test]
    fn what_passes_is_not_too_deep_to_be_read() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(has_unique_names(&nested(DEEPEST)));
        assert!(serde_json::from_str::<serde_json::Value>(&nested(DEEPEST)).is_ok());
        assert!(!has_unique_names(&nested(DEEPEST + 1)));
    }
}
