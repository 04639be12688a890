//! Splitting a JSON object into its members.
//!
//! One pass finds where each value begins and ends and checks the syntax of the
//! whole. A value is then read for what it ought to be, so one of a wrong type
//! does not keep the others, an error code above all, from being read. No value
//! is copied that nobody asked for.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::members::{Field, Member, Members, Unreadable};

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
                Name::Known(field) => member(json).and_then(|member| members.insert(field, member)),
                Name::Other(name) => {
                    extra(json).and_then(|value| members.insert_extra(name, value))
                }
            };
            inserted.map_err(|Unreadable| A::Error::custom("unreadable member"))?;
        }
        Ok(members)
    }
}

enum Name {
    Known(Field),
    Other(String),
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Field::from_name(name).map_or_else(|| Name::Other(name.to_owned()), Name::Known))
    }
}

/// `json` is well-formed, but for what only its reader can see: half of a
/// surrogate pair, a number out of range, a name twice.
fn member(json: &str) -> Result<Member<'_>, Unreadable> {
    match json.as_bytes().first() {
        Some(b'n') => Ok(Member::Null),
        Some(b'"') => text(json).map(Member::Text),
        Some(b'[' | b'{') => unique(json).map(|()| Member::Json(json)),
        _ => Ok(Member::Json(json)),
    }
}

fn extra(json: &str) -> Result<Value, Unreadable> {
    if json.starts_with(['[', '{']) {
        unique(json)?;
    }
    serde_json::from_str(json).map_err(|_| Unreadable)
}

fn text(json: &str) -> Result<Cow<'_, str>, Unreadable> {
    let quoted = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(text) if !has_escape(text) => Ok(Cow::Borrowed(text)),
        _ => serde_json::from_str(json)
            .map(Cow::Owned)
            .map_err(|_| Unreadable),
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
    unique(text).ok()?;
    serde_json::from_str(text).ok()
}

fn unique(json: &str) -> Result<(), Unreadable> {
    serde_json::from_str::<Unique>(json)
        .map(|Unique| ())
        .map_err(|_| Unreadable)
}

/// Any JSON in which no object has a name twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without repeated names")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Unique)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Unique)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Unique)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Unique)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Unique)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, Unique)) = map.next_entry::<String, Unique>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("repeated name"));
            }
        }
        Ok(Unique)
    }
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
            "{\"a\":\"\\ud800\"}",
            "{\"scope\":\"\\ud800\"}",
            "{\"\\ud800\":1}",
            "// c\n{}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("{}").is_ok());
        assert!(read("{\"expires_in\":1e400}").is_ok());
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
