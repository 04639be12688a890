//! What a request is told that got no token for a reason of our own.

use std::time::Duration;

use crate::error::{TokenError, TokenErrorKind};

pub(crate) fn no_runtime() -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        "no token: one must be fetched, and there is no tokio runtime here to do it on; await the request inside one",
    )
}

pub(crate) fn closed() -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        "no token: the token source was closed by this program; make another, or close it later",
    )
}

/// `last`: what its attempts failed with so far, which names whom it asked.
pub(crate) fn timed_out(waited: Duration, last: Option<TokenError>) -> TokenError {
    let last = so_far(last);
    TokenError::new(
        TokenErrorKind::Timeout,
        format!(
            "no token: the token request has had no answer for {waited:?}{last}; it goes on, and a later request may find its token; look what holds it up (the authorization server, or what gives the credential), or wait for longer (`ScheduleBuilder::wait_budget`)"
        ),
    )
}

/// The same for a program that wanted one before it begins.
pub(crate) fn not_warm(waited: Duration, last: Option<TokenError>) -> TokenError {
    let last = so_far(last);
    TokenError::new(
        TokenErrorKind::Timeout,
        format!(
            "no token: none came within the {waited:?} that were given to warm up{last}; the token request goes on, and a later request may find its token; look what holds it up (the authorization server, or what gives the credential), or give `TokenSource::warm_up` a later deadline"
        ),
    )
}

fn so_far(last: Option<TokenError>) -> String {
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    match last.trim_start_matches("no token: ") {
        "" => String::new(),
        last => format!(" (so far: {last})"),
    }
}

pub(crate) fn overloaded(waited: Duration) -> TokenError {
    TokenError::new(
        TokenErrorKind::Overloaded,
        format!(
            "no token: the token request stood in line for {waited:?} behind others of this program to the same authorization server; look why that one is slow, or allow more at a time (`ScheduleBuilder::concurrent_fetches`)"
        ),
    )
}

pub(crate) fn attempt_timed_out(limit: Duration) -> TokenError {
    TokenError::new(
        TokenErrorKind::Transient,
        format!(
            "no token: the authorization server did not answer within {limit:?}; check that its token endpoint can be reached from here"
        ),
    )
}

pub(crate) fn panicked() -> TokenError {
    TokenError::new(
        TokenErrorKind::Transient,
        "no token: the token service panicked; the panic hook was told why, mend it there",
    )
}

pub(crate) fn stopped() -> TokenError {
    TokenError::new(
        TokenErrorKind::Transient,
        "no token: the token request was stopped, with its runtime or by this program; the next request asks anew",
    )
}

pub(crate) fn lost() -> TokenError {
    TokenError::new(
        TokenErrorKind::Transient,
        "no token: the token request was cut short twice in a row, for its runtime was shut down or this program stood still; await requests on a runtime that lives longer, or try again",
    )
}

pub(crate) fn too_late() -> TokenError {
    TokenError::new(
        TokenErrorKind::Timeout,
        "no token: three came, and each had ended before this program looked at it; it stands still for longer than a token lives: \
         look what holds up its runtime, or have tokens live longer",
    )
}

pub(crate) fn refused_before() -> TokenError {
    TokenError::new(
        TokenErrorKind::Rejected,
        "no token: the authorization server handed out one again that a resource server has refused; \
         have it revoke the old token, or look why it is refused there",
    )
}

pub(crate) fn too_many(limit: usize) -> TokenError {
    TokenError::new(
        TokenErrorKind::Overloaded,
        format!(
            "no token: {limit} different tokens are being fetched or used at once, which is as many as this source may have; \
             ask for fewer at a time or raise its limit (`TokenSourceBuilder::max_tokens`)"
        ),
    )
}
