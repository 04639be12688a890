//! A transport's error, of which a part may be the server's words.

use std::{error::Error, fmt};

use oauth2_client_credentials::{Client, SecretString};

use crate::error::{BoxError, TokenError, chain};

/// The error as it is, unless what it shows has in it what the client keeps secret, or `token`, or is too long for a line of a log:
/// over HTTP/2 a server may send any bytes with its goodbye (RFC 9113 §6.8), and h2's errors repeat them.
pub(super) fn presentable(
    error: BoxError,
    client: &Client,
    token: Option<&SecretString>,
) -> BoxError {
    // Our own words, and what the layer goes by.
    if TokenError::find(&*error).is_some() {
        return error;
    }
    let texts: Vec<_> = chain(Some(&*error)).map(ToString::to_string).collect();
    let text = texts.join(": ");
    let hidden = |text: &str| {
        let mut hidden = client.redact_text(text).into_owned();
        if let Some(token) = token {
            hidden = hidden.replace(token.expose(), "[token]");
        }
        hidden
    };
    let is_hidden = |text: &str| hidden(text) != text;
    if text.len() <= LONGEST && !is_hidden(&text) && !is_hidden(&format!("{error:?}")) {
        return error;
    }
    let text = hidden(&text).chars().take(SHOWN).collect();
    Heard { text }.into()
}

/// What a cause is worth: the first characters of one that is longer than so many bytes.
const LONGEST: usize = 4_096;
const SHOWN: usize = 1_000;

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
    use oauth2_client_credentials::{ClientSecretBasic, ClientSecretPost};

    use super::*;

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

    fn shown(error: impl Into<BoxError>) -> (String, bool) {
        let client = Client::new("svc", ClientSecretBasic::new("canary-secret")).unwrap();
        let error = presentable(error.into(), &client, Some(&"canary-token".into()));
        (format!("{error} {error:?}"), error.is::<Heard>())
    }

    #[test]
    fn what_a_server_said_is_shown_without_the_secret_and_not_at_length() {
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
        let (shown, is_changed) = shown("x".repeat(5_000));
        assert!(is_changed && shown.len() < 2_100, "{}", shown.len());
    }

    #[test]
    fn a_secret_that_is_shown_with_escapes_is_hidden_too() {
        let secret = "ca\"na\\ry-s\u{e9}cret\u{7}";
        let client = Client::new("svc", ClientSecretPost::new(secret)).unwrap();
        let said = bytes::Bytes::from(secret.to_owned());
        for text in [
            format!("goodbye ({said:?})"),
            format!("goodbye ({secret:?})"),
        ] {
            let error = presentable(text.into(), &client, None);
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
}
