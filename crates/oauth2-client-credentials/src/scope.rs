//! What a token allows.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::request_error::{RequestError, RequestErrorKind};

/// A set of scope tokens that remembers their order (RFC 6749 §3.3).
///
/// One that is asked for has only the characters that the RFC allows. One that
/// a server granted is kept as it came. Repeated tokens drop out, the first
/// stays; comparing tokens is case-sensitive. `==` and `Hash` see the order.
///
/// ```
/// use oauth2_client_credentials::Scope;
///
/// let asked = Scope::parse("read write")?;
/// let granted = Scope::parse("read")?;
/// assert_eq!(asked.difference(&granted).collect::<Vec<_>>(), ["write"]);
/// assert_eq!(asked.to_string(), "read write");
/// # Ok::<(), oauth2_client_credentials::RequestError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Scope {
    /// The tokens with one space between them.
    text: Arc<str>,
}

impl Scope {
    /// The tokens in `text`, which are separated by spaces; more than one space
    /// counts as one.
    ///
    /// # Errors
    /// When a token has a character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        match tokens(text).find(|token| !is_scope_token(token)) {
            Some(token) => Err(RequestError::value(
                RequestErrorKind::InvalidScope,
                "scope",
                token,
            )),
            None => Ok(Self::granted_text(text, None)),
        }
    }

    /// Each item as one token.
    ///
    /// # Errors
    /// When an item is empty or has a character outside
    /// `%x21 / %x23-5B / %x5D-7E`, such as a space.
    pub(crate) fn from_tokens<I>(tokens: I) -> Result<Self, RequestError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        const USUAL_LENGTH: usize = 16;
        let tokens = tokens.into_iter();
        let count = tokens.size_hint().0.min(64);
        let mut text = String::with_capacity(count * USUAL_LENGTH);
        for token in tokens {
            let token = token.as_ref();
            if !is_scope_token(token) {
                return Err(RequestError::value(
                    RequestErrorKind::InvalidScope,
                    "scope",
                    token,
                ));
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token);
        }
        Ok(Self::granted_text(&text, None))
    }

    /// What a server granted, as a list. It is not checked: its tokens are
    /// compared and shown, never sent.
    pub(crate) fn granted<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        Self {
            text: join_unique(tokens),
        }
    }

    /// What a server granted, as one text; most grant what was `asked` for.
    pub(crate) fn granted_text(text: &str, asked: Option<&Self>) -> Self {
        if let Some(asked) = asked.filter(|asked| asked.as_str() == text) {
            asked.clone()
        } else if is_joined(text) {
            Self { text: text.into() }
        } else {
            Self::granted(tokens(text))
        }
    }

    /// The tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        tokens(&self.text)
    }

    /// Whether `token` is one of them.
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|one| one == token)
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The tokens, one space between each, as they are sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The tokens of this scope that `other` does not have, in order.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> + Clone {
        // A server may send tens of thousands of tokens; a set keeps that from
        // being quadratic.
        let others: BTreeSet<&str> = other.iter().collect();
        self.iter().filter(move |token| !others.contains(*token))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The parts of `text` between spaces.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(' ').filter(|token| !token.is_empty())
}

pub(crate) fn is_scope_token(token: &str) -> bool {
    !token.is_empty()
        && token
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Whether `text` is what [`join_unique`] would make of it, told without
/// allocating. May say no for a long one.
fn is_joined(text: &str) -> bool {
    const FEW: usize = 16;
    let mut parts = text.split(' ').enumerate();
    text.is_empty()
        || parts.all(|(place, part)| {
            !part.is_empty()
                && place < FEW
                && text.split(' ').take(place).all(|earlier| earlier != part)
        })
}

fn join_unique<'a>(tokens: impl Iterator<Item = &'a str>) -> Arc<str> {
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    for token in tokens {
        if seen.insert(token) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token);
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(scope: &Scope) -> Vec<&str> {
        scope.iter().collect()
    }

    #[test]
    fn first_of_equal_tokens_stays() {
        assert_eq!(list(&Scope::parse("  b a  b c ").unwrap()), ["b", "a", "c"]);
        assert_eq!(
            list(&Scope::from_tokens(["b", "a", "b"]).unwrap()),
            ["b", "a"]
        );
    }

    #[test]
    fn nothing_is_empty() {
        assert!(Scope::parse("   ").unwrap().is_empty());
        assert_eq!(Scope::from_tokens([""; 0]).unwrap().iter().count(), 0);
    }

    #[test]
    fn an_item_is_one_token() {
        for token in ["", "a b", "a\"b", "a\\b", "\u{fc}", "a\0", "\t", "a\u{7f}"] {
            assert_eq!(
                Scope::from_tokens(["ok", token])
                    .unwrap_err()
                    .invalid_value(),
                Some(token)
            );
        }
    }

    #[test]
    fn only_spaces_separate() {
        assert!(Scope::parse("a\tb").is_err());
        assert!(Scope::parse("a\nb").is_err());
        assert_eq!(list(&Scope::parse("a,b").unwrap()), ["a,b"]);
    }

    #[test]
    fn granted_text_is_read_the_same_on_both_ways() {
        let many: String = (0..40).map(|number| format!("s{number} ")).collect();
        for text in [
            "",
            " ",
            "a",
            "a b",
            "a b a",
            "a  b",
            " a",
            "a ",
            "a\"b \u{e9}",
            many.trim(),
            &many,
        ] {
            if let Ok(asked) = Scope::parse(text) {
                assert_eq!(asked, Scope::from_tokens(tokens(text)).unwrap(), "{text:?}");
                let granted = Scope::granted_text(text, Some(&asked));
                assert_eq!(granted, asked, "{text:?}");
            }
            let other = Scope::parse("other").unwrap();
            assert_eq!(
                Scope::granted_text(text, Some(&other)),
                Scope::granted_text(text, None),
                "{text:?}"
            );
            assert_eq!(
                Scope::granted_text(text, None),
                Scope::granted(tokens(text)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn difference_is_by_set_and_case() {
        let ours = Scope::parse("a b C").unwrap();
        let theirs = Scope::parse("c b").unwrap();
        assert_eq!(ours.difference(&theirs).collect::<Vec<_>>(), ["a", "C"]);
        assert_eq!(theirs.difference(&ours).collect::<Vec<_>>(), ["c"]);
    }

    proptest! {
        #[test]
        fn round_trip(tokens in proptest::collection::vec("[!#-\\[\\]-~]{1,8}", 0..40)) {
            let scope = Scope::from_tokens(&tokens).unwrap();
            let again = Scope::parse(&scope.to_string()).unwrap();
            prop_assert_eq!(&again, &scope);
            prop_assert!(tokens.iter().all(|token| again.contains(token)));
            prop_assert!(again.iter().all(|token| tokens.iter().any(|one| one == token)));
        }
    }
}
