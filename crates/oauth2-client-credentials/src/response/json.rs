//! Splitting a JSON object into its members.
//!
//! One pass finds where each value begins and ends and checks the syntax of the
//! whole. A value is then read for what it ought to be, so one of a wrong type
//! does not keep the others, an error code above all, from being read. No value
//! is copied that nobody asked for.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::members::{Field, Member, Members, Unreadable};
use super::unique::has_unique_names;

/// Reads an object. A name that is there twice, at any depth and however it is
/// escaped, is an error: two readers could see two different answers in it. So
/// is nesting beyond the limit of `serde_json` (128).
pub(super) fn read(text: &str) -> Result<Members<'_>, Unreadable> {
    serde_json::from_str::<Object<'_>>(text)
        .map(|object| object.0)
        .map_err(|_| Unreadable)
}

struct Object<'a>(Members<'a>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor).map(Self)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key()? {
            let json = map.next_value::<&RawValue>()?.get();
            let inserted = match name {
                AnswerName::Known(field) => {
                    member(json).and_then(|member| members.insert(field, member))
                }
                AnswerName::Other(name) => {
                    extra(json).and_then(|value| members.insert_extra(name, value))
                }
                AnswerName::NoText => {
                    members.has_unreadable = true;
                    unique(json)
                }
            };
            inserted.map_err(|Unreadable| A::Error::custom("unreadable member"))?;
        }
        members.leave_out_nulls();
        Ok(members)
    }
}

/// The name of a member: bytes, as it may hold half a surrogate pair.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name(Vec<u8>);

impl Name {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(NameVisitor(|name: &[u8]| Self(name.to_vec())))
    }
}

/// The name of a member of an answer. One that is known is not copied.
enum AnswerName {
    Known(Field),
    Other(String),
    NoText,
}

impl AnswerName {
    fn new(name: &[u8]) -> Self {
        let Ok(name) = std::str::from_utf8(name) else {
            return Self::NoText;
        };
        Field::from_name(name).map_or_else(|| Self::Other(name.to_owned()), Self::Known)
    }
}

impl<'de> Deserialize<'de> for AnswerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(NameVisitor(Self::new))
    }
}

struct NameVisitor<F>(F);

impl<T, F: FnOnce(&[u8]) -> T> Visitor<'_> for NameVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0(name))
    }
}

/// `json` is well-formed, but for what only its reader can see: half of a
/// surrogate pair, a number out of range. Neither is worth more than its own
/// member. A name twice is.
fn member(json: &str) -> Result<Member<'_>, Unreadable> {
    match json.as_bytes().first() {
        Some(b'n') => Ok(Member::Null),
        Some(b'"') => Ok(text(json).map_or(Member::NoText, Member::Text)),
        _ => unique(json).map(|()| Member::Json(json)),
    }
}

/// `None` if it cannot be read.
fn extra(json: &str) -> Result<Option<Value>, Unreadable> {
    unique(json)?;
    Ok(serde_json::from_str(json).ok())
}

fn text(json: &str) -> Option<Cow<'_, str>> {
    let quoted = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(text) if !has_escape(text) => Some(Cow::Borrowed(text)),
        _ => serde_json::from_str(json).map(Cow::Owned).ok(),
    }
}

/// Looks at every byte: faster than a search that may stop, as it hardly ever
/// does.
fn has_escape(text: &str) -> bool {
    text.bytes().fold(false, |any, byte| any | (byte == b'\\'))
}

/// Any object in which no name is there twice, at any depth.
pub(crate) fn unique_object(json: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(json).ok()?;
    let json: &RawValue = serde_json::from_str(text).ok()?;
    unique(json.get()).ok()?;
    serde_json::from_str(text).ok()
}

fn unique(json: &str) -> Result<(), Unreadable> {
    let is_nested = json.starts_with(['[', '{']);
    if is_nested && !has_unique_names(json) {
        return Err(Unreadable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize, name: &str) -> String {
        format!("{{\"{name}\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn not_an_object_of_json() {
        for text in [
            "{",
            "{}x",
            "{} {}",
            "[]",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":NaN}",
            "{\"a\":01}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"\\x\"}",
            "// c\n{}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("{}").is_ok());
        assert!(read("{\"expires_in\":1e400}").is_ok());
    }

    #[test]
    fn what_cannot_be_read_costs_no_more_than_its_own_member() {
        for json in [
            "\"\\ud800\"",
            "1e400",
            "[1e400]",
            "{\"\\ud800\":\"\\ud800\"}",
        ] {
            let text = format!("{{\"a\":{json},\"\\ud800\":1,\"b\":1,\"scope\":{json}}}");
            let mut members = read(&text).unwrap();
            assert_eq!(members.extra.keys().collect::<Vec<_>>(), ["b"], "{text}");
            assert!(members.has_unreadable && !members.has_null, "{text}");
            let scope = members.take(Field::Scope);
            assert!(matches!(scope, Member::NoText | Member::Json(_)), "{text}");
        }
        assert!(read("{\"a\":1e400,\"a\":1}").is_err());
        assert!(read("{\"\\ud800\":{\"b\":1,\"b\":1}}").is_err());
    }

    #[test]
    fn a_name_twice_at_any_depth() {
        for text in [
            "{\"a\":{\"b\":1,\"b\":2}}",
            "{\"a\":[[{\"b\":1,\"\\u0062\":2}]]}",
            "{\"error\":{\"b\":{\"c\":1,\"c\":1}}}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("{\"a\":{\"b\":1},\"c\":{\"b\":1}}").is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        for name in ["scope", "extra"] {
            assert!(read(&nested(100, name)).is_ok(), "{name}");
            assert!(read(&nested(200, name)).is_err(), "{name}");
            assert!(read(&nested(30_000, name)).is_err(), "{name}");
        }
    }

    #[test]
    fn text_is_borrowed_unless_it_is_escaped() {
        let mut members = read("{\"scope\":\"a b\",\"error\":\"a\\u0020b\"}").unwrap();
        assert!(matches!(
            members.take(Field::Scope),
            Member::Text(Cow::Borrowed("a b"))
        ));
        assert!(
            matches!(members.take(Field::Error), Member::Text(Cow::Owned(text)) if text == "a b")
        );
    }
}
