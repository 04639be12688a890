//! Compact JWS: base64url segments of JSON whose members keep their order.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Base64url without padding (RFC 7515 §2).
#[cfg(feature = "jose")]
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url without padding.
#[cfg(feature = "jose")]
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// What is signed: header and claims, each encoded, with a dot between (RFC
/// 7515 §5.1).
pub(crate) fn signing_input(header: Object, claims: Object) -> String {
    let mut input = String::new();
    URL_SAFE_NO_PAD.encode_string(header.finish(), &mut input);
    input.push('.');
    URL_SAFE_NO_PAD.encode_string(claims.finish(), &mut input);
    input
}

/// The whole: what is signed, and the signature.
pub(crate) fn signed(mut input: String, signature: &[u8]) -> String {
    input.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut input);
    input
}

/// A JSON object without white space, whose members stand in the order in which
/// they were added.
pub(crate) struct Object {
    json: String,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self {
            json: String::from("{"),
        }
    }

    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.value(name, &value.into())
    }

    pub(crate) fn text_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(crate) fn number(self, name: &str, value: u64) -> Self {
        self.value(name, &value.into())
    }

    pub(crate) fn value(self, name: &str, value: &Value) -> Self {
        self.raw(name, value)
    }

    #[cfg(feature = "jose")]
    pub(crate) fn object(self, name: &str, value: Self) -> Self {
        self.raw(name, &value.finish())
    }

    fn raw(mut self, name: &str, json: &dyn std::fmt::Display) -> Self {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        // Writing to a string does not fail.
        let _ = write!(self.json, "{}:{json}", Value::from(name));
        self
    }

    pub(crate) fn finish(mut self) -> String {
        self.json.push('}');
        self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_are_escaped() {
        assert_eq!(Object::new().finish(), "{}");
        let object = Object::new()
            .text("b", "\"\\\n\u{e9}/")
            .number("a", 1)
            .text_if("left out", None)
            .value("c\"", &serde_json::json!([null, { "x": 1.5 }]));
        assert_eq!(
            object.finish(),
            "{\"b\":\"\\\"\\\\\\n\u{e9}/\",\"a\":1,\"c\\\"\":[null,{\"x\":1.5}]}"
        );
    }

    #[test]
    fn segments_have_no_padding() {
        let input = signing_input(Object::new().number("a", 1), Object::new());
        assert_eq!(input, "eyJhIjoxfQ.e30");
        assert_eq!(signed(input, &[0xfb, 0xff]), "eyJhIjoxfQ.e30.-_8");
    }
}
