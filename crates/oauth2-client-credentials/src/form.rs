//! The form encoding of parameters, as the WHATWG URL standard writes it.

use std::borrow::Cow;
use std::str::Utf8Error;

/// Which bytes stay as they are, and what becomes of a space.
#[derive(Clone, Copy)]
pub(crate) struct Encoding {
    keeps: &'static Bytes,
    space: &'static str,
}

impl Encoding {
    /// The serializer of `application/x-www-form-urlencoded`.
    pub(crate) const WHATWG: Self = Self {
        keeps: &WHATWG,
        space: "+",
    };
    /// The same with a space as `%20`, which more servers read.
    pub(crate) const WHATWG_SPACE_ESCAPED: Self = Self {
        keeps: &WHATWG,
        space: "%20",
    };
    /// Nothing but letters and digits stays.
    pub(crate) const ALPHANUMERIC: Self = Self {
        keeps: &ALPHANUMERIC,
        space: "+",
    };
    /// What a reader may meet of a text that somebody encoded, the first being
    /// ours: the same characters kept, a space of either kind; nothing kept; and
    /// what a URI keeps (RFC 3986 §2.3).
    pub(crate) const ANY: [Self; 5] = [
        Self::WHATWG,
        Self::WHATWG_SPACE_ESCAPED,
        Self::ALPHANUMERIC,
        Self {
            space: "%20",
            ..Self::ALPHANUMERIC
        },
        Self {
            keeps: &UNRESERVED,
            space: "%20",
        },
    ];

    /// Appends `text`, encoded, to `out`.
    pub(crate) fn append(self, out: &mut String, text: &str) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        // What stays is copied in one go: most texts have little else.
        let mut kept = 0;
        for (place, byte) in text.bytes().enumerate() {
            if self.keeps[usize::from(byte)] {
                continue;
            }
            if kept < place {
                // Of ASCII only, so it begins and ends between two characters.
                out.push_str(&text[kept..place]);
            }
            kept = place + 1;
            if byte == b' ' {
                out.push_str(self.space);
            } else {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 0x0f)]));
            }
        }
        if kept < text.len() {
            out.push_str(&text[kept..]);
        }
    }
}

/// For each byte, whether it is one of these.
type Bytes = [bool; 256];

static WHATWG: Bytes = alphanumeric_and(b"*-._");
static ALPHANUMERIC: Bytes = alphanumeric_and(b"");
static UNRESERVED: Bytes = alphanumeric_and(b"-._~");

const fn alphanumeric_and(others: &[u8]) -> Bytes {
    let mut bytes = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        bytes[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut place = 0;
    while place < others.len() {
        bytes[others[place] as usize] = true;
        place += 1;
    }
    bytes
}

/// Appends `name=value`, with `&` before it unless it is the first.
pub(crate) fn append_pair(body: &mut String, name: &str, value: &str) {
    append_separator(body);
    Encoding::WHATWG.append(body, name);
    body.push('=');
    Encoding::WHATWG.append(body, value);
}

/// A form that begins with two that are encoded, and ends with these pairs.
pub(crate) fn extended<'a>(
    [first, second]: [&str; 2],
    pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> String {
    // As long as it is when nothing has to be escaped.
    let length = |(name, value): (&str, &str)| "&=".len() + name.len() + value.len();
    let room: usize = pairs.clone().map(length).sum();
    let mut form = String::with_capacity(first.len() + "&".len() + second.len() + room);
    form.push_str(first);
    append_separator(&mut form);
    form.push_str(second);
    for (name, value) in pairs {
        append_pair(&mut form, name, value);
    }
    form
}

/// Appends `&` where the next pair needs it.
pub(crate) fn append_separator(body: &mut String) {
    if !body.is_empty() && !body.ends_with('&') {
        body.push('&');
    }
}

/// The pairs of a form, decoded. An empty part (`a=1&&b=2`) is no pair; a part
/// without `=` has an empty value; a `%` that begins no escape stands for itself.
pub(crate) fn pairs(
    form: &str,
) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>), Utf8Error>> {
    form.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Ok((decode(name)?, decode(value)?))
    })
}

/// Whether one of the pairs has this name. What cannot be decoded has another.
pub(crate) fn has_name(form: &str, name: &str) -> bool {
    pairs(form).any(|pair| pair.is_ok_and(|(one, _)| one == name))
}

fn decode(text: &str) -> Result<Cow<'_, str>, Utf8Error> {
    if !text.bytes().any(|byte| matches!(byte, b'+' | b'%')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match escaped(tail) {
                Some((byte, tail)) => {
                    bytes.push(byte);
                    rest = tail;
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes)
        .map(Cow::Owned)
        .map_err(|error| error.utf8_error())
}

/// The byte that two hexadecimal digits stand for, and what follows them.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, tail @ ..] = text else {
        return None;
    };
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(((digit(high)? << 4) | digit(low)?, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(form: &str) -> Vec<(String, String)> {
        pairs(form)
            .map(|pair| pair.map(|(n, v)| (n.into_owned(), v.into_owned())).unwrap())
            .collect()
    }

    #[test]
    fn encodes_as_the_standard() {
        let mut body = String::new();
        append_pair(&mut body, "na me", "*-._~ \n\u{e9}");
        append_pair(&mut body, "empty", "");
        assert_eq!(body, "na+me=*-._%7E+%0A%C3%A9&empty=");
    }

    #[test]
    fn decodes_as_the_standard() {
        assert_eq!(
            decoded("a=b+c&&d&%65=%2B%c3%A9&f==%zz%"),
            [
                ("a".into(), "b c".into()),
                ("d".into(), String::new()),
                ("e".into(), "+\u{e9}".into()),
                ("f".into(), "=%zz%".into()),
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error() {
        assert!(pairs("a=%ff").next().unwrap().is_err());
        assert!(pairs("%C3=1").next().unwrap().is_err());
    }

    #[test]
    fn what_is_encoded_can_be_decoded() {
        proptest::proptest!(|(name in ".*", value in ".*")| {
            let mut body = String::new();
            append_pair(&mut body, &name, &value);
            assert_eq!(decoded(&body), [(name, value)]);
        });
    }
}
