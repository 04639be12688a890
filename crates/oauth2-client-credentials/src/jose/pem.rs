//! PEM (RFC 7468), as lenient as the files that programs write.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block: what it is called, and what it has in it.
pub(crate) struct Block<'a> {
    pub(crate) label: &'a str,
    body: &'a str,
}

impl Block<'_> {
    /// The bytes; `None` if it is not base64.
    pub(crate) fn bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let is_space = |unit: char| unit.is_ascii_whitespace();
        // What grows would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(self.body.len()));
        text.extend(self.body.split(is_space));
        STANDARD.decode(text.as_bytes()).ok().map(Zeroizing::new)
    }

    /// Whether OpenSSL's older format says that a password is needed.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.body.contains("ENCRYPTED")
    }
}

/// The text with line ends where a backslash and an `n` stand for them, as in an
/// environment variable or in JSON that was not decoded. Base64 has no backslash.
pub(crate) fn with_line_ends(text: &str) -> Zeroizing<String> {
    // Each is as long as what it takes the place of, so nothing grows.
    let mut ended = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        let end = ["\\r", "\\n"].iter().find(|end| after.starts_with(**end));
        ended.push_str(before);
        ended.push(if end.is_some() { '\n' } else { '\\' });
        rest = &after[end.map_or(1, |end| end.len())..];
    }
    ended.push_str(rest);
    ended
}

/// The blocks of `text`, in order. Text around them is no part of them; one
/// that does not end is none.
pub(crate) fn blocks(mut text: &str) -> impl Iterator<Item = Block<'_>> {
    std::iter::from_fn(move || {
        let (_, after) = text.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once("-----END ")?;
        text = after;
        Some(Block { label, body })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_that_are_escaped() {
        for (text, expected) in [
            ("a\\nb\\r\\nc\\n", "a\nb\n\nc\n"),
            ("a\\tb\\", "a\\tb\\"),
            ("a\nb\u{e9}", "a\nb\u{e9}"),
            ("", ""),
        ] {
            assert_eq!(*with_line_ends(text), expected);
        }
    }

    #[test]
    fn blocks_with_anything_around_them() {
        let text = "Bag Attributes\r\n-----BEGIN A B-----\r\nAQ\r\nID\r\n-----END A B-----\nx\n-----BEGIN C-----\n*\n-----END C-----\n-----BEGIN D-----\nAQID";
        let blocks: Vec<_> = blocks(text).collect();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].label, "A B");
        assert_eq!(blocks[0].bytes().unwrap()[..], [1, 2, 3]);
        assert_eq!(blocks[1].label, "C");
        assert!(blocks[1].bytes().is_none());
    }
}
