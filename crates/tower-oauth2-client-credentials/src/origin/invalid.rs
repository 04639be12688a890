//! Why a text names no origin.

use std::{error::Error, fmt};

/// Text that is no origin for a token.
///
/// Of the text it keeps scheme, host and port and no more than 100 characters: what stands behind them can be a key, and what has no
/// scheme a secret in a wrong place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOrigin {
    /// As much of it as can be shown.
    origin: Option<String>,
    reason: &'static str,
}

impl InvalidOrigin {
    pub(super) fn new(origin: Option<&str>, reason: &'static str) -> Self {
        Self {
            origin: origin.and_then(shown),
            reason,
        }
    }
}

/// Scheme, host and port of a text that has them, with a mark where there is more.
fn shown(text: &str) -> Option<String> {
    const LONGEST: usize = 100;
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    // A password may have anything in it, so with an @ nobody knows where the host begins.
    if scheme.is_empty() || !scheme.chars().all(is_scheme) || text.contains('@') {
        return None;
    }
    let is_beyond = |letter: char| !letter.is_alphanumeric() && !"-._~:[]*%".contains(letter);
    let authority = rest.split(is_beyond).next()?;
    // What stands where a port does and is none may be half of a pair.
    let is_port =
        |text: &str| text.ends_with(']') || text.bytes().all(|unit| unit.is_ascii_digit());
    let authority = match authority.rsplit_once(':') {
        Some((host, port)) if !is_port(port) => host,
        _ => authority,
    };
    let kept: String = format!("{scheme}://{authority}")
        .chars()
        .take(LONGEST)
        .collect();
    let more = if kept.len() < text.len() { "…" } else { "" };
    Some(kept + more)
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "invalid origin {origin:?}: {}", self.reason),
            None => write!(f, "invalid origin: {}", self.reason),
        }
    }
}

impl Error for InvalidOrigin {}

#[cfg(test)]
mod tests {
    use crate::Origins;

    #[test]
    fn what_could_be_a_secret_is_not_repeated() {
        for text in [
            "https://api.example.com/v1?api_key=canary",
            "https://api.example.com?canary",
            "https://api.example.com#canary",
            "https://api.example.com/canary",
            "https://api.example.com canary",
            "https://api.example.com;key=canary",
            "https://api.example.com\\canary",
            "https://me:canary@api.example.com",
            "https://me:canary",
            "https://me:canary%40api.example.com",
            "https://me:can/ary@canary",
            "canary",
            "canary with = and /",
            "canary ://x",
            "://canary",
        ] {
            let error = Origins::new([text]).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(!said.contains("can"), "{text}: {said}");
        }
    }

    #[test]
    fn what_is_shown_says_which_it_is_and_is_not_long() {
        let said = |text: &str| Origins::new([text]).unwrap_err().to_string();
        for (text, begins) in [
            (
                "https://api.example.com:443/v1",
                r#"invalid origin "https://api.example.com:443…": "#,
            ),
            (
                "http://[fe80::1%25eth0]:80",
                r#"invalid origin "http://[fe80::1%25eth0]:80": "#,
            ),
            ("api.example.com", "invalid origin: "),
        ] {
            assert!(said(text).starts_with(begins), "{}", said(text));
        }
        for endless in ["x", "\u{e4}", "\n"] {
            let endless = format!("https://{}", endless.repeat(1_000_000));
            assert!(said(&endless).len() < 500, "{}", said(&endless).len());
            let error = Origins::new([endless + "/"]).unwrap_err();
            assert!(format!("{error:?}").len() < 500);
        }
    }
}
