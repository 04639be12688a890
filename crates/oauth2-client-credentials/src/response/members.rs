//! The members of an answer, by name, before anybody asks what they mean.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The body is no answer of a token endpoint: neither JSON nor a form, not an
/// object, a name twice.
#[derive(Debug)]
pub(super) struct Unreadable;

/// A member that a token response or an error response may have (RFC 6749 §5.1
/// and §5.2, RFC 9396 §7).
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    AccessToken,
    TokenType,
    ExpiresIn,
    Scope,
    RefreshToken,
    AuthorizationDetails,
    Error,
    ErrorDescription,
    ErrorUri,
}

impl Field {
    const COUNT: usize = 9;

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "access_token" => Self::AccessToken,
            "token_type" => Self::TokenType,
            "expires_in" => Self::ExpiresIn,
            "scope" => Self::Scope,
            "refresh_token" => Self::RefreshToken,
            "authorization_details" => Self::AuthorizationDetails,
            "error" => Self::Error,
            "error_description" => Self::ErrorDescription,
            "error_uri" => Self::ErrorUri,
            _ => return None,
        })
    }
}

/// The value of a member.
#[derive(Debug, Default)]
pub(super) enum Member<'a> {
    #[default]
    Absent,
    /// JSON's null, or an empty value in a form: as good as absent.
    Null,
    /// A string, without its quotes and escapes.
    Text(Cow<'a, str>),
    /// A string that is no text: it has half of a surrogate pair.
    NoText,
    /// Any other JSON: a number, a boolean, an array or an object.
    Json(&'a str),
}

impl Member<'_> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// The text, if it is one.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.into_owned()),
            Self::Absent | Self::Null | Self::NoText | Self::Json(_) => None,
        }
    }
}

/// All members of an answer.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    known: [Member<'a>; Field::COUNT],
    /// The rest; null is as good as absent and is not here in the end.
    pub(super) extra: Map<String, Value>,
    pub(super) has_null: bool,
    /// Whether a member is not in `extra` because it cannot be read.
    pub(super) has_unreadable: bool,
    pub(super) is_form: bool,
}

impl<'a> Members<'a> {
    /// Leaves out what is as good as absent, once all are there.
    #[inline]
    pub(super) fn leave_out_nulls(&mut self) {
        if self.has_null || self.has_unreadable {
            self.extra.retain(|_, value| !value.is_null());
        }
    }

    /// Whether no member is there that is known.
    pub(super) fn has_none_known(&self) -> bool {
        self.known.iter().all(Member::is_absent)
    }

    pub(super) fn insert(&mut self, field: Field, value: Member<'a>) -> Result<(), Unreadable> {
        self.has_null |= matches!(value, Member::Null);
        match std::mem::replace(&mut self.known[field as usize], value) {
            Member::Absent => Ok(()),
            _ => Err(Unreadable),
        }
    }

    /// `None` is a value that cannot be read.
    pub(super) fn insert_extra(
        &mut self,
        name: String,
        value: Option<Value>,
    ) -> Result<(), Unreadable> {
        self.has_null |= value.as_ref().is_some_and(Value::is_null);
        self.has_unreadable |= value.is_none();
        match self.extra.insert(name, value.unwrap_or_default()) {
            None => Ok(()),
            Some(_) => Err(Unreadable),
        }
    }

    /// Takes the value of a member that is known.
    pub(super) fn take(&mut self, field: Field) -> Member<'a> {
        std::mem::take(&mut self.known[field as usize])
    }
}
