//! A token error as a gRPC status code.

use super::{TokenError, TokenErrorKind};

const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

impl TokenError {
    /// The gRPC status code (the gRPC project's "Status codes and their use in gRPC") that a call without a token ends with: what a
    /// program needs to make a gRPC status of this error, whichever gRPC library it has.
    ///
    /// | code | when | what the caller may do |
    /// |---|---|---|
    /// | 14, `UNAVAILABLE` | it may pass by itself ([`is_transient`](Self::is_transient)), and always for the kinds `Transient`, `Timeout` and `Overloaded` | call again, not before [`retry_in`](Self::retry_in) |
    /// | 16, `UNAUTHENTICATED` | all else: `ClientAuthentication`, `Configuration`, `Scope`, `NonceRequired`, `Protocol`, `UnsupportedTokenType`, `TooLarge`, `Rejected`, `Origin` | nothing, until somebody has changed something |
    ///
    /// There are no others. The call was never sent, so that repeating it is safe: neither `DEADLINE_EXCEEDED` nor `UNKNOWN`, which say
    /// that it may have been carried out, is true of it. `RESOURCE_EXHAUSTED` and `PERMISSION_DENIED` would be words of the server that was
    /// called, which knows of nothing. Many gRPC libraries repeat calls on `UNAVAILABLE` and none on `UNAUTHENTICATED`, which is right here.
    ///
    /// With tonic, `tower::ServiceBuilder::map_err` puts such a function above the layer:
    ///
    /// ```
    /// # struct Status(i32, String);
    /// # impl Status {
    /// #     fn new(code: i32, message: String) -> Self { Self(code, message) }
    /// #     fn from_error(error: BoxError) -> Self { Self(2, error.to_string()) }
    /// # }
    /// use tower_oauth2_client_credentials::{BoxError, TokenError};
    ///
    /// fn status(error: BoxError) -> Status {
    ///     match TokenError::find(&*error) {
    ///         Some(token) => Status::new(token.grpc_code().into(), token.to_string()),
    ///         None => Status::from_error(error),
    ///     }
    /// }
    /// # assert_eq!(status(TokenError::new(tower_oauth2_client_credentials::TokenErrorKind::Scope, "no such scope").into()).0, 16);
    /// ```
    ///
    /// A `MapErr` that has this function as a pointer in its type can be named, but not used in a spawned task (rust-lang/rust#110338).
    /// Where the client stands in a struct's field, erase the type of its service instead, with `tower::util::BoxCloneSyncService`.
    ///
    /// It is about this program's own credentials. A server that answers its own callers does not pass it on: they would take
    /// `UNAUTHENTICATED` for a word about theirs.
    #[must_use]
    pub fn grpc_code(&self) -> i32 {
        match self.kind() {
            TokenErrorKind::Transient | TokenErrorKind::Timeout | TokenErrorKind::Overloaded => {
                UNAVAILABLE
            }
            TokenErrorKind::ClientAuthentication
            | TokenErrorKind::Configuration
            | TokenErrorKind::Scope
            | TokenErrorKind::NonceRequired
            | TokenErrorKind::Protocol
            | TokenErrorKind::UnsupportedTokenType
            | TokenErrorKind::TooLarge
            | TokenErrorKind::Rejected
            | TokenErrorKind::Origin => {
                // A body that was no token response, for one, may be one the next time.
                if self.is_transient() {
                    UNAVAILABLE
                } else {
                    UNAUTHENTICATED
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    #[test]
    fn a_grpc_call_without_a_token_is_unauthenticated_or_unavailable() {
        for (kind, code) in [
            (TokenErrorKind::ClientAuthentication, 16),
            (TokenErrorKind::Configuration, 16),
            (TokenErrorKind::Scope, 16),
            (TokenErrorKind::NonceRequired, 16),
            (TokenErrorKind::Transient, 14),
            (TokenErrorKind::Protocol, 16),
            (TokenErrorKind::UnsupportedTokenType, 16),
            (TokenErrorKind::TooLarge, 16),
            (TokenErrorKind::Timeout, 14),
            (TokenErrorKind::Overloaded, 14),
            (TokenErrorKind::Rejected, 16),
            (TokenErrorKind::Origin, 16),
        ] {
            assert_eq!(TokenError::new(kind, "no").grpc_code(), code, "{kind}");
            // What may pass by itself is worth another call, whoever is to blame.
            let failure = Failure {
                kind,
                transient: true,
                message: "no".into(),
                source: None,
            };
            let error = TokenError::from_failure(failure);
            assert_eq!(error.grpc_code(), UNAVAILABLE, "{kind}");
        }
    }
}
