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
        let text: String = self.body.split(is_space).collect();
        let text = Zeroizing::new(text);
        STANDARD.decode(text.as_bytes()).ok().map(Zeroizing::new)
    }

    /// Whether OpenSSL's older format says that a password is needed.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.body.contains("ENCRYPTED")
    }
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
