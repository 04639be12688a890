//! From the bytes of an answer to its members.

use serde_json::Value;

use crate::form;

use super::json;
use super::members::{Field, Member, Members, Unreadable};

/// The longest body that is read, in bytes.
pub(super) const MAX_BODY: usize = 65_536;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the body of an answer holds, and what stood around it.
pub(super) struct Body<'a> {
    pub(super) members: Members<'a>,
    /// Whether a byte order mark stood there.
    pub(super) is_marked: bool,
    /// Whether white space stood there that is none in JSON: a form feed.
    pub(super) has_other_space: bool,
}

impl<'a> Body<'a> {
    #[inline]
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let trimmed = body.trim_ascii();
        let unmarked = trimmed.strip_prefix(BYTE_ORDER_MARK);
        let bytes = unmarked.unwrap_or(trimmed).trim_ascii();
        let around = body.len() - bytes.len();
        let has_other_space = around != 0 && {
            let form_feeds = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == 0x0c).count();
            form_feeds(body) != form_feeds(bytes)
        };
        Some(Self {
            members: members(std::str::from_utf8(bytes).ok()?).ok()?,
            is_marked: unmarked.is_some(),
            has_other_space,
        })
    }
}

/// Reads `text`, which has no white space around it: `{` begins JSON, anything
/// else is a form if it has a member that is known.
#[inline]
fn members(text: &str) -> Result<Members<'_>, Unreadable> {
    if text.starts_with('{') {
        json::read(text)
    } else {
        read_form(text)
    }
}

fn read_form(text: &str) -> Result<Members<'_>, Unreadable> {
    let mut members = Members::default();
    members.is_form = true;
    for pair in form::pairs(text) {
        let (name, value) = pair.map_err(|_| Unreadable)?;
        let value = if value.is_empty() {
            Member::Null
        } else {
            Member::Text(value)
        };
        match Field::from_name(&name) {
            Some(field) => members.insert(field, value)?,
            None => {
                let value = value.into_text().map_or(Value::Null, Value::String);
                members.insert_extra(name.into_owned(), Some(value))?;
            }
        }
    }
    if members.has_none_known() {
        return Err(Unreadable);
    }
    members.leave_out_nulls();
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_needs_a_known_member() {
        for text in [
            "",
            "OK",
            "a=b",
            "access_token=",
            "<html>",
            "&&=&",
            "Access_token=t",
        ] {
            assert!(members(text).is_err(), "{text}");
        }
        assert!(members("x=1&error_uri=u").unwrap().is_form);
    }

    #[test]
    fn names_do_not_repeat() {
        for text in [
            "scope=a&scope=a",
            "scope=&scope=a",
            "scope=a&x=1&x=2",
            "scope=a&x=&%78=2",
            "{\"scope\":null,\"scope\":\"a\"}",
            "{\"x\":1,\"x\":1}",
            "{\"x\":null,\"\\u0078\":null}",
            "{\"sc\\u006fpe\":\"a\",\"scope\":\"a\"}",
        ] {
            assert!(members(text).is_err(), "{text}");
        }
    }

    #[test]
    fn null_and_empty_are_absent() {
        for text in [
            "scope=a&x=&y=1",
            "{\"x\":null,\"y\":\"1\",\"scope\":\"a\",\"error\":null}",
        ] {
            let mut members = members(text).unwrap();
            assert!(members.take(Field::Error).is_absent());
            assert_eq!(members.extra.keys().collect::<Vec<_>>(), ["y"], "{text}");
        }
    }
}
