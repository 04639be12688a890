//! What came instead of a token.

use std::{error::Error, fmt};

use http::StatusCode;
use oauth2_client_credentials::{EndpointUri, ErrorKind, ResponseError};

use super::location::Place;
use crate::{
    credential::Tried,
    error::{BoxError, TokenError, TokenErrorKind, find},
    heard::Hidden,
};

/// A [`TokenEndpoint`](crate::TokenEndpoint) could not do what it was asked for.
///
/// Its source is the HTTP service's error, a [`ResponseError`], or a [`TokenError`] where the server said nothing wrong: there is no
/// credential, no metadata, or a token that is not bound as it should be. What the client keeps secret is in none of them, also where the server repeats it.
#[derive(Debug)]
pub struct EndpointError {
    task: Task,
    tried: Tried,
    /// The credential is an older one, for it could not be read again.
    outdated: Option<TokenError>,
    source: BoxError,
}

/// What was to be done.
#[derive(Debug)]
pub(super) enum Task {
    /// A token was asked for at this endpoint.
    Token(Asked),
    /// A token was to be revoked at this endpoint.
    Revocation(Asked),
    /// Something was asked for, and it was not even clear where or as whom.
    Prepare,
}

/// An endpoint, and what is shown of it.
pub(super) struct Asked {
    endpoint: EndpointUri,
    /// Without its query: some servers want a key in it.
    shown: String,
}

impl Asked {
    /// Where metadata names it, it is the server's word, and looked at like any other.
    pub(super) fn new(endpoint: EndpointUri, place: &Place, hidden: &Hidden) -> Self {
        let shown = endpoint.to_string();
        let shown = match place {
            Place::Known(_) => shown,
            Place::Discovered(_) => hidden.in_text(&shown),
        };
        Self { endpoint, shown }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl EndpointError {
    pub(super) fn new(task: Task, tried: Tried, source: impl Into<BoxError>) -> Self {
        let outdated = match task {
            Task::Token(_) | Task::Revocation(_) => tried.problem(),
            // What is wrong with it is the source.
            Task::Prepare => None,
        };
        Self {
            task,
            tried,
            outdated,
            source: source.into(),
        }
    }

    pub(crate) fn tried(&self) -> &Tried {
        &self.tried
    }

    /// The endpoint that was asked, if it is none: it has moved, or is gone.
    pub(super) fn gone(&self) -> Option<&EndpointUri> {
        let answer = find::<ResponseError>(&*self.source)?;
        let gone = matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::GONE);
        match &self.task {
            // An endpoint that names an error is one.
            Task::Token(asked) if gone && answer.code().is_none() => Some(&asked.endpoint),
            _ => None,
        }
    }

    /// Whether the server answered, as a token endpoint does.
    pub(super) fn is_answer(&self) -> bool {
        // A token that is not bound as it should be came from one, too.
        let of_another_type = TokenError::find(&*self.source)
            .is_some_and(|error| error.kind() == TokenErrorKind::UnsupportedTokenType);
        find::<ResponseError>(&*self.source).is_some() && self.gone().is_none() || of_another_type
    }

    /// Whether the server does not accept the client.
    pub(super) fn refuses_client(&self) -> bool {
        find::<ResponseError>(&*self.source)
            .is_some_and(|answer| answer.kind() == ErrorKind::ClientAuthentication)
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.task {
            Task::Token(asked) => write!(f, "the token request to {} failed", asked.shown)?,
            Task::Revocation(asked) => {
                write!(f, "the revocation request to {} failed", asked.shown)?;
            }
            Task::Prepare => f.write_str("no request could be made, the cause says why")?,
        }
        match &self.outdated {
            Some(problem) => write!(f, " with an older credential, for {problem}"),
            None => Ok(()),
        }
    }
}

impl Error for EndpointError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
