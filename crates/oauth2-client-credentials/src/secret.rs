//! A string that must not be seen.

use std::fmt;
use std::hint::black_box;

use zeroize::optimization_barrier;

/// A client secret, an access token, a refresh token: text that must not be
/// seen.
///
/// `Debug` prints no part of it, there is no `Display`, and the memory is
/// overwritten when the value is dropped. A copy that was made before, such as
/// the header that carries the secret to the server, is not reached by that.
///
/// Comparing two secrets takes time that depends on their lengths, not on the
/// place of the first difference. That is an effort, not a guarantee: the
/// compiler and the processor have the last word.
///
/// ```
/// use oauth2_client_credentials::SecretString;
///
/// let secret = SecretString::from("s3cr3t");
/// assert_eq!(secret.expose(), "s3cr3t");
/// assert!(!format!("{secret:?}").contains("s3cr3t"));
/// ```
#[derive(Clone)]
pub struct SecretString {
    text: String,
}

impl SecretString {
    /// The text itself. Each call is a place to review.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self { text }
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }
}

impl PartialEq for SecretString {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.text.as_bytes(), other.text.as_bytes());
        let difference = ours
            .iter()
            .zip(theirs)
            .fold(0, |seen, (a, b)| black_box(seen | (a ^ b)));
        difference == 0 && ours.len() == theirs.len()
    }
}

impl Eq for SecretString {}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretString(..)")
    }
}

impl Drop for SecretString {
    fn drop(&mut self) {
        wiped(std::mem::take(&mut self.text));
    }
}

/// The memory of `text`, overwritten to the end of its capacity.
///
/// One fill and a barrier: the volatile writes of `Zeroize`, byte by byte, were
/// a tenth of the time that an answer with a long token takes.
fn wiped(text: String) -> Vec<u8> {
    #[cfg(test)]
    tests::WIPED.with_borrow_mut(|wiped| wiped.push(text.clone()));
    let mut bytes = text.into_bytes();
    bytes.clear();
    bytes.resize(bytes.capacity(), 0);
    optimization_barrier(bytes.as_slice());
    bytes
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    thread_local! {
        /// What this thread has wiped.
        pub(super) static WIPED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    #[test]
    fn each_copy_is_wiped_when_it_is_dropped() {
        let wiped = || WIPED.with_borrow_mut(std::mem::take);
        wiped();
        let secret = SecretString::from("abc");
        let copy = secret.clone();
        assert_eq!(wiped(), [""; 0]);
        drop(secret);
        assert_eq!(wiped(), ["abc"]);
        drop(copy);
        assert_eq!(wiped(), ["abc"]);
    }

    #[test]
    fn compares_by_content() {
        let secret = SecretString::from("abc");
        assert_eq!(secret, SecretString::from(String::from("abc")));
        for other in ["", "ab", "abd", "abcd", "Abc"] {
            assert_ne!(secret, SecretString::from(other), "{other:?}");
        }
    }

    #[test]
    fn wiping_reaches_all_of_the_memory() {
        let mut text = String::with_capacity(64);
        text.push_str("abc");
        let bytes = wiped(text);
        assert!(bytes.len() >= 64 && bytes.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(
            format!("{:?}", SecretString::from("abc")),
            "SecretString(..)"
        );
    }
}
