//! What came instead of a token.

use std::{error::Error, fmt};

use http::StatusCode;
use oauth2_client_credentials::{EndpointUri, ErrorKind, ResponseError};

use crate::{
    credential::Tried,
    error::{BoxError, TokenError, TokenErrorKind, find},
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
    Token(EndpointUri),
    /// A token was to be revoked at this endpoint.
    Revocation(EndpointUri),
    /// Something was asked for, and it was not even clear where or as whom.
    Prepare,
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
            Task::Token(endpoint) if gone && answer.code().is_none() => Some(endpoint),
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
            // Without its query: some servers want a key in it.
            Task::Token(endpoint) => write!(f, "the token request to {endpoint} failed")?,
            Task::Revocation(endpoint) => write!(f, "the revocation request to {endpoint} failed")?,
            Task::Prepare => f.write_str("no request could be made")?,
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
