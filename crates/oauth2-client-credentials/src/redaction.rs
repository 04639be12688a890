//! Secrets of the client in what a server said.

mod places;

use std::{fmt::Write as _, ops::Range};

use zeroize::Zeroizing;

use crate::form::Encoding;
use crate::response::{SHOWN, is_shown};

use self::places::{covers, jwts};

/// What stands in the place of a secret.
pub(crate) const SECRET: &str = "[secret]";

/// Finds one client's secret in texts, in each form in which it may be there.
///
/// The case of ASCII letters does not count: some readers change it, and the
/// digits of an escape may be in either.
pub(crate) struct Redaction {
    /// In lower case.
    needles: Vec<Zeroizing<Vec<u8>>>,
    /// In lower case; so short that hiding it alone would shred a text.
    short: Vec<Zeroizing<Vec<u8>>>,
    hides_jwts: bool,
}

impl Redaction {
    const SHORTEST: usize = 4;

    /// Of this secret and what HTTP Basic makes of it, in base64. An empty
    /// secret is none.
    pub(crate) fn new(secret: &str, basic: Option<&str>) -> Self {
        let mut forms = Vec::new();
        if !secret.is_empty() {
            forms.push(lower(secret));
            // What is taken out of an error before anybody sees it.
            let mut shown = Zeroizing::new(String::with_capacity(secret.len()));
            shown.extend(secret.chars().filter(|unit| is_shown(*unit)));
            forms.push(lower(&shown));
            // As errors show text and bytes that came: with escapes.
            forms.push(lower(&debug(secret)));
            forms.push(lower(&escaped(secret)));
            for encoding in Encoding::ANY {
                let mut encoded = Zeroizing::new(String::with_capacity(3 * secret.len()));
                encoding.append(&mut encoded, secret);
                forms.push(lower(&encoded));
            }
            forms.extend(basic.map(|text| lower(text.trim_end_matches('='))));
        }
        forms.sort_unstable_by(|a, b| a.as_slice().cmp(b));
        forms.dedup();
        forms.retain(|form| form.len() >= Self::SHORTEST);
        let is_short = (1..Self::SHORTEST).contains(&secret.len());
        Self {
            needles: forms,
            short: is_short.then(|| lower(secret)).into_iter().collect(),
            hides_jwts: false,
        }
    }

    /// Whether all that looks like a signed JWT is a secret: a client that signs
    /// keeps no copy of what it has sent.
    pub(crate) fn hiding_jwts(self, hides_jwts: bool) -> Self {
        Self { hides_jwts, ..self }
    }

    /// And of this secret.
    pub(crate) fn and(mut self, secret: &str) -> Self {
        let other = Self::new(secret, None);
        self.needles.extend(other.needles);
        self.short.extend(other.short);
        self
    }

    /// Whether there is nothing to be hidden.
    pub(crate) fn is_idle(&self) -> bool {
        self.needles.is_empty() && self.short.is_empty() && !self.hides_jwts
    }

    /// The text without what has to be hidden; `None` if nothing has to. An
    /// ellipsis in it is where somebody cut a text, maybe within a secret.
    pub(crate) fn hide(&self, text: &str) -> Option<String> {
        self.hide_where(text, false)
    }

    /// The same for a text of which [`SHOWN`] characters were kept, and nothing
    /// says whether there were more.
    pub(crate) fn hide_in_kept(&self, text: &str) -> Option<String> {
        // What was cut may end within a secret.
        self.hide_where(text, text.chars().nth(SHOWN - 1).is_some())
    }

    fn hide_where(&self, text: &str, is_cut: bool) -> Option<String> {
        let is_in = |short: &Zeroizing<Vec<u8>>| !covers(text.as_bytes(), short, false).is_empty();
        if self.short.iter().any(is_in) {
            return Some(SECRET.to_owned());
        }
        self.hide_long(text, is_cut)
    }

    /// The same for a name, on which something may hang: a short secret is one
    /// only where it is the whole name.
    pub(crate) fn hide_in_name(&self, name: &str) -> Option<String> {
        let is_all = |short: &Zeroizing<Vec<u8>>| name.as_bytes().eq_ignore_ascii_case(short);
        if self.short.iter().any(is_all) {
            return Some(SECRET.to_owned());
        }
        self.hide_long(name, false)
    }

    fn hide_long(&self, text: &str, is_cut: bool) -> Option<String> {
        let mut hidden = self.places(text, is_cut);
        if hidden.is_empty() {
            return None;
        }
        hidden.sort_unstable_by_key(|place| place.start);
        let mut shown = String::with_capacity(text.len());
        let mut end = 0;
        for place in hidden {
            if place.start > end || shown.is_empty() {
                shown.push_str(&text[end..place.start]);
                shown.push_str(SECRET);
            }
            end = end.max(place.end);
        }
        shown.push_str(&text[end..]);
        Some(shown)
    }

    /// Whether the text has a secret in it that is long enough to be one by
    /// more than chance.
    pub(crate) fn finds_in(&self, text: &str) -> bool {
        !self.places(text, false).is_empty()
    }

    fn places(&self, text: &str, is_cut: bool) -> Vec<Range<usize>> {
        let mut places: Vec<_> = self
            .needles
            .iter()
            .flat_map(|needle| covers(text.as_bytes(), needle, is_cut))
            .collect();
        if self.hides_jwts {
            places.extend(jwts(text, is_cut));
        }
        places
    }
}

/// As `Debug` shows it, without the quotation marks.
fn debug(secret: &str) -> Zeroizing<String> {
    // A byte becomes six at most, as in `\u{7f}`: nothing is left behind in
    // memory by growing, here and below.
    let mut text = Zeroizing::new(String::with_capacity(6 * secret.len() + 2));
    let _ = write!(*text, "{secret:?}");
    text.pop();
    text.drain(..1);
    text
}

/// As `Debug` of a byte string shows it.
fn escaped(secret: &str) -> Zeroizing<String> {
    // So long at most.
    let mut text = Zeroizing::new(String::with_capacity(4 * secret.len()));
    for byte in secret.bytes() {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            0 => text.push_str("\\0"),
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            0x20..=0x7e => text.push(char::from(byte)),
            _ => {
                let _ = write!(*text, "\\x{byte:02x}");
            }
        }
    }
    text
}

fn lower(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hidden(secret: &str, text: &str) -> String {
        let redaction = Redaction::new(secret, None);
        redaction.hide(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn each_form_of_a_secret_is_hidden() {
        let secret = "a b+\u{e9}~*";
        for form in [
            secret,
            "a+b%2B%C3%A9%7E*",
            "a%20b%2B%C3%A9%7E*",
            "a%20b%2b%c3%a9%7e*",
            "a+b%2B%C3%A9%7E%2A",
            "a%20b%2B%C3%A9%7E%2A",
            "a%20b%2B%C3%A9~%2A",
            "A B+\u{e9}~*",
        ] {
            let text = format!("\u{fc}{form}\u{fc}{form}{form}.");
            assert_eq!(
                hidden(secret, &text),
                "\u{fc}[secret]\u{fc}[secret].",
                "{form}"
            );
        }
        assert_eq!(Redaction::new(secret, None).hide("a b+\u{e9}~"), None);
        // Control characters are out of an error before anybody looks.
        assert_eq!(hidden("se\r\ncret", "a secret b"), "a [secret] b");
    }

    #[test]
    fn overlapping_places_are_hidden_as_one() {
        assert_eq!(hidden("abab", "xabababx"), "x[secret]x");
        assert_eq!(hidden("aaaa", "aaaaaaa"), "[secret]");
        assert_eq!(hidden("secret", "[secret]"), "[[secret]]");
        assert_eq!(hidden("aabaaa", "aabaabaaab"), "aab[secret]b");
    }

    #[test]
    fn a_short_secret_hides_the_whole_text() {
        for secret in ["e", "\u{e9}", "abc"] {
            let text = format!("bad client {secret}");
            assert_eq!(hidden(secret, &text), SECRET, "{secret}");
            assert_eq!(hidden(secret, "x y z"), "x y z", "{secret}");
        }
        assert_eq!(hidden("", "x y z"), "x y z");
        assert!(Redaction::new("", Some("aWQ6")).is_idle());
    }

    #[test]
    fn a_name_is_hidden_if_it_is_a_short_secret_and_not_if_it_has_it() {
        let redaction = Redaction::new("mac", None).and("long").and("e");
        for (name, expected) in [
            ("MAC", Some("[secret]")),
            ("E", Some("[secret]")),
            ("x-Long-e", Some("x-[secret]-e")),
            ("mac2", None),
            ("", None),
        ] {
            assert_eq!(redaction.hide_in_name(name).as_deref(), expected, "{name}");
        }
        for text in ["a mac", "an e"] {
            assert_eq!(redaction.hide(text).as_deref(), Some(SECRET), "{text}");
        }
    }

    #[test]
    fn the_text_of_basic_is_hidden() {
        let redaction = Redaction::new("s3cr3t", Some("c3ZjOnMzY3IzdA=="));
        let text = "bad `Basic c3ZjOnMzY3IzdA==`";
        assert_eq!(redaction.hide(text).unwrap(), "bad `Basic [secret]==`");
    }

    #[test]
    fn a_text_that_was_cut_may_end_in_a_secret() {
        let redaction = Redaction::new("s3cr3t", None);
        let cut = format!("{}s3cr", "x".repeat(SHOWN - 4));
        let shown = redaction.hide_in_kept(&cut).unwrap();
        assert!(shown.ends_with("xx[secret]"));
        assert_eq!(redaction.hide_in_kept(&cut[1..]), None);
    }

    #[test]
    fn a_text_that_is_long_was_not_cut_for_that() {
        let redaction = Redaction::new("xray-s3cr3t", None).hiding_jwts(true);
        for long in [SHOWN, SHOWN + 1, 1_500, 4_096] {
            for text in ["x".repeat(long), "x".repeat(long - 4) + " eyJ"] {
                assert_eq!(redaction.hide(&text), None, "{long}");
                assert_eq!(redaction.hide_in_name(&text), None, "{long}");
                assert!(!redaction.finds_in(&text), "{long}");
            }
        }
    }

    #[test]
    fn an_ellipsis_may_stand_for_the_end_of_a_secret() {
        let redaction = Redaction::new("abc\"de…f", Some("QmFzaWM=")).hiding_jwts(true);
        for (text, expected) in [
            ("x abc\"…, abc\"d…", Some("x [secret]…, [secret]…")),
            ("x abc…", None),
            ("abc%22…`", Some("[secret]…`")),
            ("abc\\\"…", Some("[secret]…")),
            ("abc\"de…", Some("[secret]…")),
            ("abc\"de…f…", Some("[secret]…")),
            ("qmfz…", Some("[secret]…")),
            ("(eyJh…)", Some("([secret]…)")),
            ("(eyJh… )…", Some("([secret]… )…")),
            ("(eyJh)…", None),
            ("…x…", None),
        ] {
            assert_eq!(redaction.hide(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_jwt_is_hidden_if_asked() {
        let redaction = Redaction::new("", None).hiding_jwts(true);
        for (text, expected) in [
            ("(eyJh.eyJi.c-_) \u{e9}", Some("([secret]) \u{e9}")),
            ("(eyjh.eyji.c-_)", Some("([secret])")),
            ("EYJH.EYJI.C", Some("[secret]")),
            ("eyJh.eyJi", None),
            (
                "client_assertion=eyJh.b.&c",
                Some("client_assertion=[secret]&c"),
            ),
            ("a.b.c", None),
        ] {
            assert_eq!(redaction.hide(text).as_deref(), expected, "{text}");
        }
        assert_eq!(Redaction::new("", None).hide("eyJh.eyJi.c"), None);
    }

    #[test]
    fn nothing_panics_and_nothing_is_left() {
        proptest!(|(before in ".*", secret in "[0-9x-z+%\u{e9}]{4,12}", after in ".*")| {
            let shown = hidden(&secret, &format!("{before}{secret}{after}"));
            prop_assert!(shown.contains(SECRET) && !shown.contains(&secret), "{}", shown);
        });
    }

    #[test]
    fn nothing_panics_where_a_text_was_cut() {
        let text = "(a|b|eyJ|…|\\.|\u{e9}|\u{1f511}| ){0,40}";
        proptest!(|(secret in "[ab\u{e9}]{1,6}", text in text, before in 900_usize..1_100)| {
            let redaction = Redaction::new(&secret, Some("YTpi")).hiding_jwts(true);
            let text = "x".repeat(before) + &text;
            for shown in redaction.hide(&text).into_iter().chain(redaction.hide_in_kept(&text)) {
                prop_assert!(shown.contains(SECRET));
            }
        });
    }
}
