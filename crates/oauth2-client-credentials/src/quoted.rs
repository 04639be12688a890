//! What others wrote, in an error: whole where it is short, and its beginning where it is not.

use std::fmt;

use crate::response::SHOWN;

/// A value in an error: quoted, control characters escaped, not too long.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", Beginning(self.0, 100))
    }
}

/// So many characters of a value at most, control characters escaped.
///
/// What is cut says so, here and below: a secret that was cut is found by what
/// stands there in the place of its end.
pub(crate) struct Beginning<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for Beginning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = beginning(self.0, self.1);
        let more = if shown.len() < self.0.len() { CUT } else { "" };
        write!(f, "{}{more}", shown.escape_debug())
    }
}

/// What stands in the place of all that was left out.
pub(crate) const CUT: &str = "…";

/// As much of a name as an error keeps: nothing real is longer, and `Debug`
/// shows all of it.
pub(crate) fn kept(name: &str) -> String {
    cut(name, SHOWN)
}

/// The same of a list.
pub(crate) fn kept_list(names: &[String]) -> Vec<String> {
    const MOST: usize = 50;
    const LONGEST: usize = 100;
    let names = names.iter().take(MOST);
    names.map(|name| cut(name, LONGEST)).collect()
}

/// What `Debug` shows of a value, if that is not too long.
pub(crate) struct Short<'a, T>(pub(crate) &'a T);

impl<T: fmt::Debug> fmt::Debug for Short<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.0);
        match beginning(&text, 2 * SHOWN) {
            shown if shown.len() < text.len() => write!(f, "{shown}{CUT}"),
            shown => f.write_str(shown),
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    let shown = beginning(text, most);
    let more = if shown.len() < text.len() { CUT } else { "" };
    format!("{shown}{more}")
}

fn beginning(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most);
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        assert_eq!(
            Quoted(&"\u{e4}".repeat(100)).to_string().chars().count(),
            102
        );
        let cut = Quoted(&"\u{e4}".repeat(101)).to_string();
        assert!(
            cut.ends_with("\u{e4}…`") && cut.chars().count() == 103,
            "{cut}"
        );
        assert_eq!(Quoted("a\r\n").to_string(), "`a\\r\\n`");
        let kept = kept(&"\u{e4}".repeat(1_001));
        assert_eq!(kept, format!("{}…", "\u{e4}".repeat(1_000)));
        let list = kept_list(&vec!["x".repeat(101); 51]);
        assert!(
            list.len() == 50
                && list
                    .iter()
                    .all(|name| name.ends_with("x…") && name.chars().count() == 101)
        );
        let debug = format!("{:?}", Short(&"x".repeat(3_000)));
        assert!(debug.ends_with("x…") && debug.chars().count() == 2_001);
        assert_eq!(format!("{:?}", Short(&"x")), "\"x\"");
    }
}
