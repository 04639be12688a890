//! What others say: a server, a transport, a service of the user's. Of that, an error has one line, not too much, and no secret.

use std::{error::Error, fmt};

use oauth2_client_credentials::{Client, ClientSecretPost, SecretString};

use crate::error::{BoxError, TokenError, chain};

/// What must not be seen in it, in whichever form.
#[derive(Clone, Default)]
pub(crate) struct Hidden {
    keepers: Vec<Client>,
}

/// An error whose text has more bytes than this is cut.
const LONGEST: usize = 4_096;

/// The same for its `Debug`, which says the same more than once.
const LONGEST_DEBUG: usize = 4 * LONGEST;

/// How many characters are left of what is cut.
const SHOWN: usize = 1_000;

impl Hidden {
    /// What this client keeps secret.
    pub(crate) fn of(client: &Client) -> Self {
        Self {
            keepers: vec![client.clone()],
        }
    }

    /// And this.
    pub(crate) fn and(mut self, secret: &SecretString) -> Self {
        // A client knows every form in which its secret may be repeated.
        let keeper = Client::new("-", ClientSecretPost::new(secret.clone()));
        self.keepers.extend(keeper);
        self
    }

    /// What was said, as it may be shown.
    pub(crate) fn in_text(&self, said: &str) -> String {
        let text = self.taken_out(said);
        let line = text
            .chars()
            .map(|unit| if breaks(unit) { ' ' } else { unit });
        let mut shown: String = line.clone().take(SHOWN).collect();
        if line.count() > SHOWN {
            shown.push('…');
        }
        shown
    }

    /// What an error and its causes say, as it may be shown.
    pub(crate) fn in_causes(&self, error: &(dyn Error + 'static)) -> String {
        self.in_text(&causes(error))
    }

    /// The error as it is, unless what it shows has a secret in it, more than one line, or too much for a log: over HTTP/2 a server
    /// may send any bytes with its goodbye (RFC 9113 §6.8), and h2's errors repeat them.
    pub(crate) fn in_error(&self, error: BoxError) -> BoxError {
        let text = causes(&*error);
        if self.lets_pass(&text, &format!("{error:?}")) {
            return error;
        }
        match TokenError::find(&*error) {
            // What the layer goes by stays.
            Some(known) => self.in_token_error(known).into(),
            None => Heard {
                text: self.in_text(&text),
            }
            .into(),
        }
    }

    /// The same for one of our own kind: it may be a service's of the user's.
    pub(crate) fn in_token_error(&self, error: &TokenError) -> TokenError {
        let text = error.at_any_time().to_string();
        if self.lets_pass(&text, &format!("{error:?}")) {
            return error.clone();
        }
        error.saying(self.in_text(&text))
    }

    fn lets_pass(&self, text: &str, debug: &str) -> bool {
        let is_long = text.len() > LONGEST || debug.len() > LONGEST_DEBUG;
        !is_long && !text.contains(breaks) && !self.is_in(text) && !self.is_in(debug)
    }

    fn is_in(&self, text: &str) -> bool {
        self.taken_out(text) != text
    }

    fn taken_out(&self, text: &str) -> String {
        self.keepers.iter().fold(text.to_owned(), |text, keeper| {
            keeper.redact_text(&text).into_owned()
        })
    }
}

/// An error and its causes on one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = chain(Some(error)).map(ToString::to_string).collect();
    texts.join(": ")
}

/// Whether it could forge a line of a log, or turn its direction.
fn breaks(unit: char) -> bool {
    unit.is_control()
        || matches!(
            unit,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// What is left of an error.
#[derive(Debug)]
struct Heard {
    text: String,
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Heard {}

#[cfg(test)]
mod tests {
    use oauth2_client_credentials::ClientSecretBasic;

    use super::*;
    use crate::error::TokenErrorKind;

    const BASIC: &str = "c3ZjOmNhbmFyeS1zZWNyZXQ=";

    /// Shows what was said in its `Debug` alone, as h2's error does.
    struct Goodbye(String);

    impl fmt::Debug for Goodbye {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_tuple("Goodbye").field(&self.0).finish()
        }
    }

    impl fmt::Display for Goodbye {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("goodbye")
        }
    }

    impl Error for Goodbye {}

    fn hidden() -> Hidden {
        let client = Client::new("svc", ClientSecretBasic::new("canary-secret")).unwrap();
        Hidden::of(&client).and(&"canary-token".into())
    }

    fn shown(error: impl Into<BoxError>) -> (String, bool) {
        let error = hidden().in_error(error.into());
        (format!("{error} {error:?}"), error.is::<Heard>())
    }

    #[test]
    fn what_a_server_said_is_shown_without_the_secret() {
        for said in ["canary-secret", BASIC, "canary-token"] {
            // In what a user reads, and only in what a programmer does.
            let errors: [BoxError; 2] = [
                format!("goodbye ({said:?})").into(),
                Goodbye(said.to_owned()).into(),
            ];
            for error in errors {
                let (shown, is_changed) = shown(error);
                assert!(is_changed && shown.contains("goodbye"), "{shown}");
                assert!(
                    !shown.contains("canary") && !shown.contains(BASIC),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn what_is_too_much_is_cut_and_says_so() {
        for error in [
            BoxError::from("x".repeat(5_000)),
            Goodbye("x".repeat(20_000)).into(),
        ] {
            let (shown, is_changed) = shown(error);
            assert!(is_changed && shown.len() < 2_100, "{}", shown.len());
        }
        let cut = hidden().in_text(&"\u{e4}".repeat(1_001));
        assert_eq!(cut, format!("{}…", "\u{e4}".repeat(1_000)));
        let whole = "\u{e4}".repeat(1_000);
        assert_eq!(hidden().in_text(&whole), whole);
    }

    #[test]
    fn what_is_said_stays_on_one_line() {
        let (shown, is_changed) = shown("goodbye\r\n\u{1b}[2J\u{202e}error: all is well");
        assert!(is_changed && !shown.contains(breaks), "{shown}");
        assert!(
            shown.contains("goodbye   [2J error: all is well"),
            "{shown}"
        );
    }

    #[test]
    fn a_secret_that_is_shown_with_escapes_is_hidden_too() {
        let secret = "ca\"na\\ry-s\u{e9}cret\u{7}";
        let client = Client::new("svc", ClientSecretPost::new(secret)).unwrap();
        let said = bytes::Bytes::from(secret.to_owned());
        for text in [
            format!("goodbye ({said:?})"),
            format!("goodbye ({secret:?})"),
            format!("goodbye ({secret})"),
        ] {
            let error = Hidden::of(&client).in_error(text.into());
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains("na") && shown.contains("goodbye"),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_has_no_secret_in_it_stays_what_it_was() {
        let (shown, is_changed) = shown(Goodbye("not today".to_owned()));
        assert!(!is_changed && shown.contains("not today"), "{shown}");
    }

    /// It may come from a token service of the user's, and have a server's words in it.
    #[test]
    fn a_token_error_stays_one_of_its_kind_and_says_less() {
        for (said, is_changed) in [("canary-secret", true), ("no such role", false)] {
            let error = TokenError::new(TokenErrorKind::Scope, format!("no token: {said}"));
            let error = hidden().in_error(error.into());
            let known = TokenError::find(&*error).unwrap();
            assert_eq!(
                (known.kind(), known.is_transient()),
                (TokenErrorKind::Scope, false)
            );
            let shown = format!("{known} {known:?}");
            assert_eq!(shown.contains("[secret]"), is_changed, "{shown}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
}
