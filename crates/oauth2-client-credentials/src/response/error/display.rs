//! What an operator reads.

use std::fmt;

use http::StatusCode;

use crate::response::Decoder;

use super::{Cause, ErrorKind, ResponseError};

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the {} answered {}",
            self.inner.endpoint, self.inner.status
        )?;
        match &self.inner.cause {
            Cause::Code {
                code,
                description,
                uri,
            } => {
                write!(f, " with the error `{code}`")?;
                if let Some(description) = description.as_deref().filter(|text| !text.is_empty()) {
                    write!(f, " ({description})")?;
                }
                if let Some(uri) = uri.as_deref().filter(|uri| !uri.is_empty()) {
                    write!(f, " <{uri}>")?;
                }
            }
            Cause::Status => f.write_str(" without an OAuth error code")?,
            Cause::Unreadable => f.write_str(" with a body that is no token response")?,
            Cause::NoToken => f.write_str(" without an access token")?,
            Cause::Field(field) => write!(f, " with a malformed `{field}`")?,
            Cause::Quirk(quirk) => write!(f, " with what a strict client refuses ({quirk})")?,
            Cause::TokenType(name) => write!(f, " with a token of the unknown type `{name}`")?,
            Cause::TooLarge => write!(f, " with a body over {} bytes", Decoder::MAX_BODY)?,
        }
        let advice = self.advice().replace("token endpoint", self.inner.endpoint);
        write!(f, ": {advice}")?;
        if let Some(after) = self.inner.retry_after {
            write!(f, " (the server says: after {} s)", after.as_secs())?;
        }
        Ok(())
    }
}

impl ResponseError {
    /// Whose fault it is, and what to try.
    fn advice(&self) -> &'static str {
        match self.inner.kind {
            ErrorKind::Protocol if self.inner.status.is_redirection() => {
                "redirects are not followed, give the URI of the token endpoint itself"
            }
            ErrorKind::Protocol if self.inner.status == StatusCode::NOT_FOUND => {
                "check the URI of the token endpoint"
            }
            ErrorKind::Protocol if self.code() == Some("use_dpop_nonce") => {
                "the server wants a nonce in a DPoP proof and gave none, ask whoever runs the server"
            }
            ErrorKind::Protocol if self.code().is_some() && self.advice_of_code().is_none() => {
                "the code is not one that tells what to do, ask whoever runs the server"
            }
            _ => self
                .advice_of_code()
                .unwrap_or_else(|| self.inner.kind.advice()),
        }
    }

    /// Where a code tells more than its kind.
    fn advice_of_code(&self) -> Option<&'static str> {
        Some(match self.code()? {
            "invalid_dpop_proof" => {
                "the server does not accept the DPoP proof, check this machine's clock and which algorithms the server takes"
            }
            "unsupported_grant_type" => {
                "the server does not give this client tokens by client credentials, check how the client is registered"
            }
            // RFC 7009 §2.2.1.
            "unsupported_token_type" => {
                "the server revokes no tokens of this kind, let it end by itself or ask whoever runs the server"
            }
            _ => return None,
        })
    }
}

/// Without what could forge a line of a log or turn its direction, and not too
/// long.
pub(super) fn presentable(text: &str) -> String {
    text.chars()
        .filter(|unit| is_shown(*unit))
        .take(SHOWN)
        .collect()
}

/// How many characters are kept of what the server said.
pub(crate) const SHOWN: usize = 1_000;

/// Whether a character of what the server said is kept.
pub(crate) fn is_shown(unit: char) -> bool {
    let turns_or_breaks = matches!(
        unit,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let is_mark = unit == '\u{feff}';
    !unit.is_control() && !turns_or_breaks && !is_mark
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::HeaderMap;

    use super::*;

    fn error(cause: Cause, status: u16) -> ResponseError {
        let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, "30".parse().unwrap())]);
        let status = StatusCode::from_u16(status).unwrap();
        ResponseError::new(cause, status, &headers, SystemTime::UNIX_EPOCH)
    }

    fn code(code: &str, description: &str) -> Cause {
        Cause::Code {
            code: code.into(),
            description: Some(description.into()),
            uri: None,
        }
    }

    #[test]
    fn says_what_happened_and_what_to_try() {
        assert_eq!(
            error(code("invalid_client", "bad secret"), 401).to_string(),
            "the token endpoint answered 401 Unauthorized with the error `invalid_client` (bad secret): \
             the server does not accept this client, check its id, its secret and its authentication method \
             (the server says: after 30 s)",
        );
        assert!(
            error(code("vendor_code", ""), 400)
                .to_string()
                .contains("ask whoever runs the server")
        );
        assert!(
            error(Cause::Status, 302)
                .to_string()
                .contains("redirects are not followed")
        );
        assert!(
            error(Cause::Field("expires_in"), 200)
                .to_string()
                .contains("`expires_in`")
        );
    }

    #[test]
    fn what_the_server_said_cannot_forge_a_line() {
        let error = error(
            code(
                "a\r\nb",
                &format!("c\u{1b}[2J\u{202e}\u{85}{}", "d".repeat(5_000)),
            ),
            400,
        );
        assert_eq!(error.code(), Some("ab"));
        assert!(error.description().unwrap().starts_with("c[2Jddd"));
        assert_eq!(error.description().unwrap().chars().count(), 1_000);
        assert!(!error.to_string().contains(char::is_control));
    }

    #[test]
    fn all_that_the_server_said_is_presentable() {
        let forged = "a\u{1b}[2J\r\nb\u{200e}\u{200f}\u{61c}\u{feff}\u{202e}\u{2066}\u{2028}c";
        let cause = Cause::Code {
            code: forged.into(),
            description: Some(forged.into()),
            uri: Some(forged.into()),
        };
        let error = error(cause, 400);
        assert_eq!(error.code(), Some("a[2Jbc"));
        assert_eq!(error.description(), Some("a[2Jbc"));
        assert_eq!(error.uri(), Some("a[2Jbc"));
        let unknown = super::tests::error(Cause::TokenType(forged.into()), 200);
        for error in [error, unknown] {
            let shown = error.to_string();
            assert!(shown.contains("a[2Jbc"), "{shown}");
            assert!(!shown.contains(|unit: char| unit.is_control()
                || "\u{200e}\u{200f}\u{61c}\u{feff}\u{202e}\u{2066}\u{2028}".contains(unit)));
            assert!(!format!("{error:?}").contains("\\u{1b}"));
        }
    }

    #[test]
    fn what_is_empty_is_not_shown() {
        let cause = Cause::Code {
            code: "invalid_scope".into(),
            description: Some(String::new()),
            uri: Some("\r\n".into()),
        };
        let shown = error(cause, 400).to_string();
        assert!(
            shown.contains("with the error `invalid_scope`: the server"),
            "{shown}"
        );
    }

    #[test]
    fn a_code_is_classified_as_it_is_shown() {
        let hidden = error(code("invalid_client\0", ""), 400);
        assert_eq!(hidden.code(), Some("invalid_client"));
        assert_eq!(hidden.kind(), ErrorKind::ClientAuthentication);
        for status in [200, 400] {
            let nothing = error(code("\0\u{feff}", "text"), status);
            assert_eq!(
                (nothing.code(), nothing.kind(), nothing.is_transient()),
                (None, ErrorKind::Protocol, false)
            );
        }
    }
}
