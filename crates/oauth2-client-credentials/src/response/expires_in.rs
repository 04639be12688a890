//! Reading `expires_in`, of which servers have many spellings.

use std::time::Duration;

/// Ten years of 365 days, in seconds. What is longer is no life of a token but
/// a server's way to say "for ever", and would overflow somebody's clock.
const LONGEST: u64 = 10 * 365 * 24 * 60 * 60;

/// A time that was read, and how it was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Seconds {
    pub(super) duration: Duration,
    pub(super) has_fraction: bool,
    pub(super) is_clamped: bool,
}

impl Seconds {
    /// Reads a JSON number: not negative, floored, clamped.
    pub(super) fn from_json_number(json: &str) -> Option<Self> {
        let is_integer = json.bytes().all(|byte| byte.is_ascii_digit());
        if is_integer {
            return Some(Self::from_digits(json, false));
        }
        if is_negative(json) {
            return None;
        }
        let value: f64 = json.parse().ok()?;
        // A number too large for `f64` is infinite here, and clamped like any other.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and it is not negative"
        )]
        let seconds = value as u64;
        Some(Self::clamped(seconds, true))
    }

    /// Reads ASCII digits with an optional fraction, white space around them.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let is_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let text = text.trim();
        match text.split_once('.') {
            None => is_digits(text).then(|| Self::from_digits(text, false)),
            Some((whole, fraction)) => {
                (is_digits(whole) && is_digits(fraction)).then(|| Self::from_digits(whole, true))
            }
        }
    }

    fn from_digits(digits: &str, has_fraction: bool) -> Self {
        let seconds = digits.bytes().fold(0_u64, |seconds, digit| {
            seconds
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        Self::clamped(seconds, has_fraction)
    }

    fn clamped(seconds: u64, has_fraction: bool) -> Self {
        Self {
            duration: Duration::from_secs(seconds.min(LONGEST)),
            has_fraction,
            is_clamped: seconds > LONGEST,
        }
    }
}

/// Told from the digits: `f64` has no number between -1e-400 and zero. Zero
/// with a minus is still zero.
fn is_negative(json: &str) -> bool {
    let digits = json.split(['e', 'E']).next().unwrap_or_default();
    json.starts_with('-') && digits.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(json: &str) -> Option<u64> {
        Seconds::from_json_number(json).map(|seconds| seconds.duration.as_secs())
    }

    fn text(text: &str) -> Option<u64> {
        Seconds::from_text(text).map(|seconds| seconds.duration.as_secs())
    }

    #[test]
    fn numbers() {
        for (json, expected) in [
            ("0", Some(0)),
            ("3600", Some(3600)),
            ("3600.999", Some(3600)),
            ("1e3", Some(1000)),
            ("5e-1", Some(0)),
            ("-0", Some(0)),
            ("-0.0", Some(0)),
            ("-1", None),
            ("-1e-3", None),
            ("-1e-400", None),
            ("-0.0e5", Some(0)),
            ("1e-400", Some(0)),
            ("315360000", Some(LONGEST)),
            ("315360001", Some(LONGEST)),
            ("18446744073709551616", Some(LONGEST)),
            ("1e400", Some(LONGEST)),
            ("-1e400", None),
        ] {
            assert_eq!(number(json), expected, "{json}");
        }
    }

    #[test]
    fn texts() {
        for (given, expected) in [
            (" 3600 ", Some(3600)),
            ("\t060\n", Some(60)),
            ("3600.5", Some(3600)),
            ("99999999999999999999999999", Some(LONGEST)),
            ("", None),
            (" ", None),
            (".5", None),
            ("5.", None),
            ("1.2.3", None),
            ("1e3", None),
            ("+60", None),
            ("-60", None),
            ("6 0", None),
            ("\u{663}", None),
            ("inf", None),
            ("NaN", None),
        ] {
            assert_eq!(text(given), expected, "{given:?}");
        }
    }

    #[test]
    fn how_it_was_written_is_told() {
        let read = |json| Seconds::from_json_number(json).unwrap();
        assert_eq!(
            (read("5").has_fraction, read("5").is_clamped),
            (false, false)
        );
        assert_eq!(
            (read("5.0").has_fraction, read("1e400").is_clamped),
            (true, true)
        );
        assert!(Seconds::from_text("5.0").unwrap().has_fraction);
    }
}
