//! What an error means for the caller.

use std::fmt;

use http::StatusCode;

use crate::challenge::Challenge;

use super::Cause;

/// What an error means for the caller: whose it is, and what could help.
///
/// An error code that is known decides, then the status.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server does not accept the client's credential: `invalid_client`, or
    /// 401.
    ClientAuthentication,
    /// The server does not let this client do this: `unauthorized_client`,
    /// `unsupported_grant_type`, `invalid_request`, `access_denied`,
    /// `invalid_dpop_proof`.
    Configuration,
    /// What was asked for is not to be had: `invalid_scope`, `invalid_target`
    /// (RFC 8707 §2), `invalid_authorization_details` (RFC 9396 §5).
    Scope,
    /// The server wants its nonce in the DPoP proof, and gave one:
    /// `use_dpop_nonce` (RFC 9449 §8).
    NonceRequired,
    /// The server is overloaded or broken: `server_error`,
    /// `temporarily_unavailable`, `slow_down`, or 429 or 5xx.
    Transient,
    /// Anything that no token endpoint should answer, and error codes that
    /// nobody knows.
    Protocol,
    /// A token of a type that is not known, for a strict decoder.
    UnsupportedTokenType,
    /// A body beyond the limit, where the status says nothing else.
    TooLarge,
}

impl ErrorKind {
    /// The name of the kind, such as `ClientAuthentication`. It does not
    /// change.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientAuthentication => "ClientAuthentication",
            Self::Configuration => "Configuration",
            Self::Scope => "Scope",
            Self::NonceRequired => "NonceRequired",
            Self::Transient => "Transient",
            Self::Protocol => "Protocol",
            Self::UnsupportedTokenType => "UnsupportedTokenType",
            Self::TooLarge => "TooLarge",
        }
    }

    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::ClientAuthentication => {
                "the server does not accept this client, check its id, its secret and its authentication method"
            }
            Self::Configuration => {
                "the server does not allow this client this request, check how the client is registered and which parameters the server needs"
            }
            Self::Scope => {
                "the server does not grant what was asked for, check scope, resource and authorization_details"
            }
            Self::NonceRequired => {
                "the server wants its nonce in a DPoP proof, repeat with it, or have this client use DPoP or the server not ask for it"
            }
            Self::Transient => "the server is overloaded or broken, try again later",
            Self::Protocol => {
                "this is not what a token endpoint should answer, check its URI and ask whoever runs the server"
            }
            Self::UnsupportedTokenType => {
                "the token cannot be used, ask whoever runs the server for a bearer token"
            }
            Self::TooLarge => {
                "no answer of such an endpoint is this large, check the URI of the token endpoint"
            }
        }
    }

    /// Whether an error code is one that decides by itself.
    pub(super) fn is_known(code: &str) -> bool {
        Self::of_code(code, false).is_some()
    }

    /// The kind that an error code alone decides, whatever the status.
    fn of_code(code: &str, has_nonce: bool) -> Option<Self> {
        Some(match code {
            "invalid_client" => Self::ClientAuthentication,
            "unauthorized_client"
            | "unsupported_grant_type"
            | "invalid_request"
            | "access_denied"
            | "invalid_dpop_proof" => Self::Configuration,
            "invalid_scope" | "invalid_target" | "invalid_authorization_details" => Self::Scope,
            "use_dpop_nonce" if has_nonce => Self::NonceRequired,
            // Asks for a nonce and gives none: there is nothing to repeat with.
            "use_dpop_nonce" => Self::Protocol,
            "server_error" | "temporarily_unavailable" | "slow_down" => Self::Transient,
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind, and whether another attempt is worth it.
pub(super) fn classify(
    cause: &Cause,
    status: StatusCode,
    challenges: &[Challenge],
    has_nonce: bool,
) -> (ErrorKind, bool) {
    let code = match cause {
        Cause::Code { code, .. } => Some(&**code),
        _ => code_of_dpop_challenge(challenges),
    };
    if let Some(kind) = code.and_then(|code| ErrorKind::of_code(code, has_nonce)) {
        return (kind, kind == ErrorKind::Transient);
    }
    let kind = match cause {
        _ if status == StatusCode::UNAUTHORIZED => ErrorKind::ClientAuthentication,
        _ if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            ErrorKind::Transient
        }
        Cause::TooLarge => ErrorKind::TooLarge,
        Cause::TokenType(_) => ErrorKind::UnsupportedTokenType,
        _ => ErrorKind::Protocol,
    };
    let is_transient = match status.as_u16() {
        408 | 425 | 429 | 500..=599 => true,
        200..=299 => matches!(cause, Cause::Unreadable | Cause::NoToken),
        _ => false,
    };
    (kind, is_transient)
}

/// A DPoP challenge can ask for a nonce in the place of a body; no other code in
/// a challenge counts.
fn code_of_dpop_challenge(challenges: &[Challenge]) -> Option<&str> {
    let of_dpop = challenges
        .iter()
        .filter(|challenge| challenge.scheme() == "dpop");
    of_dpop
        .filter_map(|challenge| challenge.param("error"))
        .find(|code| *code == "use_dpop_nonce")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: &str) -> Cause {
        Cause::Code {
            code: code.to_owned(),
            description: None,
            uri: None,
        }
    }

    fn classified(cause: &Cause, status: u16) -> (ErrorKind, bool) {
        classify(cause, StatusCode::from_u16(status).unwrap(), &[], false)
    }

    #[test]
    fn a_known_code_decides_in_any_status() {
        use ErrorKind::{ClientAuthentication, Configuration, Protocol, Scope, Transient};
        for (name, kind) in [
            ("invalid_client", ClientAuthentication),
            ("unauthorized_client", Configuration),
            ("unsupported_grant_type", Configuration),
            ("invalid_request", Configuration),
            ("access_denied", Configuration),
            ("invalid_dpop_proof", Configuration),
            ("invalid_scope", Scope),
            ("invalid_target", Scope),
            ("invalid_authorization_details", Scope),
            ("use_dpop_nonce", Protocol),
            ("server_error", Transient),
            ("temporarily_unavailable", Transient),
            ("slow_down", Transient),
        ] {
            for status in [200, 302, 400, 401, 408, 429, 500, 503] {
                assert_eq!(
                    classified(&code(name), status),
                    (kind, kind == Transient),
                    "{name} in {status}"
                );
            }
        }
    }

    #[test]
    fn without_a_known_code_the_status_decides() {
        use ErrorKind::{ClientAuthentication, Protocol, TooLarge, Transient};
        for (status, kind, is_transient) in [
            (302, Protocol, false),
            (400, Protocol, false),
            (401, ClientAuthentication, false),
            (403, Protocol, false),
            (404, Protocol, false),
            (408, Protocol, true),
            (425, Protocol, true),
            (429, Transient, true),
            (500, Transient, true),
            (503, Transient, true),
            (599, Transient, true),
        ] {
            for cause in [Cause::Status, code("vendor_code"), code("invalid_grant")] {
                assert_eq!(
                    classified(&cause, status),
                    (kind, is_transient),
                    "{cause:?} in {status}"
                );
            }
            let kind = if kind == Protocol { TooLarge } else { kind };
            assert_eq!(
                classified(&Cause::TooLarge, status),
                (kind, is_transient),
                "too large in {status}"
            );
        }
    }

    #[test]
    fn a_success_without_token_and_code_is_worth_another_attempt() {
        use ErrorKind::{Protocol, TooLarge, UnsupportedTokenType};
        for (cause, kind, is_transient) in [
            (Cause::Unreadable, Protocol, true),
            (Cause::NoToken, Protocol, true),
            (Cause::Field("expires_in"), Protocol, false),
            (Cause::Field("access_token"), Protocol, false),
            (Cause::Quirk(crate::Quirk::FormBody), Protocol, false),
            (Cause::TokenType("x".into()), UnsupportedTokenType, false),
            (Cause::TooLarge, TooLarge, false),
            (code("vendor_code"), Protocol, false),
        ] {
            for status in [200, 201, 299] {
                assert_eq!(
                    classified(&cause, status),
                    (kind, is_transient),
                    "{cause:?} in {status}"
                );
            }
        }
    }

    #[test]
    fn a_challenge_can_ask_for_a_nonce() {
        let asks = Challenge::parse(b"Bearer, DPoP error=\"use_dpop_nonce\"");
        let other =
            Challenge::parse(b"DPoP error=\"invalid_client\", Bearer error=\"use_dpop_nonce\"");
        let unauthorized = StatusCode::UNAUTHORIZED;
        let kind =
            |cause, challenges, has_nonce| classify(&cause, unauthorized, challenges, has_nonce).0;
        assert_eq!(kind(Cause::Status, &asks, true), ErrorKind::NonceRequired);
        assert_eq!(kind(Cause::Status, &asks, false), ErrorKind::Protocol);
        assert_eq!(
            kind(Cause::Status, &other, true),
            ErrorKind::ClientAuthentication
        );
        assert_eq!(
            kind(code("vendor_code"), &asks, true),
            ErrorKind::ClientAuthentication
        );
        assert_eq!(
            kind(code("use_dpop_nonce"), &[], true),
            ErrorKind::NonceRequired
        );
    }
}
