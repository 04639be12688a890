//! What was wrong with an answer.

use http::StatusCode;

use crate::response::Quirk;
use crate::response::body::{Body, MAX_BODY};
use crate::response::members::{Field, Member, Members};

use super::display::presentable;

/// What was wrong with the answer.
#[derive(Clone, Debug)]
pub(in crate::response) enum Cause {
    /// The server named an error (RFC 6749 §5.2).
    Code {
        code: String,
        description: Option<String>,
        uri: Option<String>,
    },
    /// Not a success, and no error is named.
    Status,
    /// A success whose body cannot be read.
    Unreadable,
    /// A success without a token.
    NoToken,
    /// A member that is not what it has to be.
    Field(&'static str),
    /// Not what the RFCs ask for, and the decoder is strict.
    Quirk(Quirk),
    /// A type of token that is not known, and the decoder is strict.
    TokenType(String),
    /// A body beyond the limit.
    TooLarge,
}

impl Cause {
    /// What the body of an error says, at an endpoint that issues no tokens.
    pub(super) fn of_error(body: &[u8]) -> Self {
        if body.len() > MAX_BODY {
            return Self::TooLarge;
        }
        let body = Body::read(body);
        let mut members = body.map(|body| body.members).unwrap_or_default();
        match members.take(Field::Error) {
            Member::Text(code) if !code.is_empty() => Self::code(code.into_owned(), &mut members),
            _ => Self::Status,
        }
    }

    /// An error that is named, with what stands beside its name.
    pub(in crate::response) fn code(code: String, members: &mut Members<'_>) -> Self {
        Self::Code {
            code,
            description: members.take(Field::ErrorDescription).into_text(),
            uri: members.take(Field::ErrorUri).into_text(),
        }
    }

    /// An error whose name is no text.
    pub(in crate::response) fn unnamed(status: StatusCode) -> Self {
        if status.is_success() {
            Self::Field("error")
        } else {
            Self::Status
        }
    }

    /// With the server's words as they may be shown.
    pub(super) fn presentable(self, status: StatusCode) -> Self {
        match self {
            Self::Code {
                code,
                description,
                uri,
            } => match presentable(&code) {
                code if code.is_empty() => Self::unnamed(status),
                code => Self::Code {
                    code,
                    description: description.as_deref().map(presentable),
                    uri: uri.as_deref().map(presentable),
                },
            },
            Self::TokenType(name) => Self::TokenType(presentable(&name)),
            other => other,
        }
    }
}
