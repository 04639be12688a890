//! What others say: a server, a transport, a service of the user's. Of that, an error has one line, not too much, and no secret.

use std::{borrow::Cow, error::Error, fmt};

use oauth2_client_credentials::{Client, ClientSecretPost, ResponseError, SecretString};

use crate::error::{BoxError, TokenError, chain, find};

/// What must not be seen in it, in whichever form.
#[derive(Clone, Default)]
pub(crate) struct Hidden {
    keepers: Vec<Client>,
}

/// An error whose text has more bytes than this is cut.
const LONGEST: usize = 4_096;

/// The same where its parts were looked at already, each by itself: what stands around them is ours, or a layer's of the user's.
const LONGEST_AROUND: usize = 4 * LONGEST;

/// The same for the `Debug` of either, in texts: it says the same more than once.
const DEBUGS: usize = 4;

/// In so many bytes of a long text secrets are looked for, which is more than is left of it.
const READ: usize = 16_384;

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
        let keeper = Client::new("-", ClientSecretPost::new(secret.clone()))
            .expect("any secret can be sent in a form");
        self.keepers.push(keeper);
        self
    }

    /// What was said, as it may be shown.
    pub(crate) fn in_text(&self, said: &str) -> String {
        // A secret that is cut here is found by the ellipsis after it.
        let text = self.taken_out(&cut(said));
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
        if self.lets_pass(&text, &format!("{error:?}"), LONGEST) {
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

    /// An error whose parts were looked at already, unless what stands around them is more than one line, or too much. Then an
    /// answer in it is kept without that.
    pub(crate) fn around(&self, error: BoxError) -> BoxError {
        if self.lets_pass(&causes(&*error), &format!("{error:?}"), LONGEST_AROUND) {
            return error;
        }
        match find::<ResponseError>(&*error) {
            // It is bounded where it is read.
            Some(answer) => {
                let keepers = self.keepers.iter();
                let answer = keepers.fold(answer.clone(), |answer, keeper| keeper.redact(answer));
                answer.into()
            }
            None => self.in_error(error),
        }
    }

    /// The same for one of our own kind: it may be a service's of the user's.
    pub(crate) fn in_token_error(&self, error: &TokenError) -> TokenError {
        let text = error.at_any_time().to_string();
        if self.lets_pass(&text, &format!("{error:?}"), LONGEST) {
            return error.clone();
        }
        error.saying(self.in_text(&text))
    }

    fn lets_pass(&self, text: &str, debug: &str, longest: usize) -> bool {
        let is_long = text.len() > longest || debug.len() > DEBUGS * longest;
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

/// As much of a text as is looked at.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= READ {
        return text.into();
    }
    let end = (0..=READ).rev().find(|end| text.is_char_boundary(*end));
    format!("{}…", &text[..end.unwrap_or(0)]).into()
}

/// An error and its causes on one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = chain(Some(error)).map(ToString::to_string).collect();
    texts.join(": ")
}

/// Whether it could forge a line of a log, or turn its direction: what the protocol crate leaves out of a server's words.
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
    use std::time::SystemTime;

    use oauth2_client_credentials::{ClientSecretBasic, Decoder, TokenRequest};

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

    #[test]
    fn a_secret_is_hidden_before_it_is_cut() {
        // Within what is shown, and within what is read, of which so little is left that all is shown.
        for (before, secrets) in (980..1_000)
            .map(|before| (before, 1))
            .chain((0..13).map(|before| (before, 2_000)))
        {
            let text = "x".repeat(before) + &"canary-secret".repeat(secrets) + &"y".repeat(20_000);
            let shown = hidden().in_text(&text);
            assert!(
                !shown.contains("cana") && shown.ends_with('…'),
                "{before}: {shown}"
            );
            assert!(shown.chars().count() <= SHOWN + 1, "{before}");
        }
        // What somebody else cut.
        let (shown, is_changed) = shown("goodbye canary-se…");
        assert!(is_changed && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn a_line_breaks_where_it_does_for_the_protocol_crate() {
        let units: Vec<_> = ('\0'..=char::MAX).collect();
        for units in units.chunks(900) {
            let body =
                serde_json::json!({"error": "e", "error_description": String::from_iter(units)});
            let answer = http::Response::builder()
                .status(400)
                .body(body.to_string().into());
            let (asked, now) = (TokenRequest::default(), SystemTime::UNIX_EPOCH);
            let error = Decoder::lenient().decode(&asked, &answer.unwrap(), now);
            let kept = units
                .iter()
                .filter(|unit| !breaks(**unit))
                .collect::<String>();
            assert_eq!(error.unwrap_err().description(), Some(&*kept));
        }
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
