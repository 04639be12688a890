//! Where servers differ from the RFCs.

use std::fmt;

/// One place where an answer was not what the RFCs ask for, and was read all
/// the same.
///
/// They are for logs and for a word with whoever runs the server. A
/// [strict](crate::Decoder::strict) decoder refuses an answer that has one, but
/// for those that no RFC forbids ([`ExpiresInClamped`](Self::ExpiresInClamped),
/// [`RefreshInIgnored`](Self::RefreshInIgnored),
/// [`ExtraIgnored`](Self::ExtraIgnored)) and those that the decoder was told to
/// bring about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Quirk {
    /// A success with another status than 200 (RFC 6749 §5.1).
    Status,
    /// Another content type than `application/json`, or none (RFC 6749 §5.1).
    ContentType,
    /// A byte order mark before the JSON (RFC 8259 §8.1).
    ByteOrderMark,
    /// White space around the JSON that is none of JSON's (RFC 8259 §2).
    WhiteSpace,
    /// A form where JSON belongs (RFC 6749 §5.1).
    FormBody,
    /// A member that is `null` instead of left out.
    NullMember,
    /// An `error` that is no error code beside a token.
    ErrorIgnored,
    /// No `token_type`, which RFC 6749 §5.1 requires; read as bearer.
    TokenTypeMissing,
    /// `expires_in` as a string.
    ExpiresInString,
    /// `expires_in` with a fraction or an exponent.
    ExpiresInFraction,
    /// `expires_in` of more than ten years, read as ten years.
    ExpiresInClamped,
    /// `expires_in` of zero, which the decoder was told to read as another.
    ExpiresInReplaced,
    /// A `refresh_in` that is no time; ignored.
    RefreshInIgnored,
    /// `scope` as an array.
    ScopeArray,
    /// `scope` separated by commas, as the decoder was told to read it.
    ScopeCommas,
    /// A `scope` that is empty, or has other characters or other spaces than
    /// RFC 6749 §3.3 allows.
    ScopeSyntax,
    /// A `refresh_token` that is no string; ignored.
    RefreshTokenIgnored,
    /// A `refresh_token` that is empty, or has other characters than RFC 6749
    /// appendix A.17 allows.
    RefreshTokenSyntax,
    /// `authorization_details` that are no array of objects, each with a string
    /// `type` (RFC 9396 §2 and §7).
    AuthorizationDetailsSyntax,
    /// A member of no known name that has half of a surrogate pair, or a number
    /// out of range; left out.
    ExtraIgnored,
}

impl Quirk {
    /// A name for logs and metrics, in snake case. It does not change.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::ContentType => "content_type",
            Self::ByteOrderMark => "byte_order_mark",
            Self::WhiteSpace => "white_space",
            Self::FormBody => "form_body",
            Self::NullMember => "null_member",
            Self::ErrorIgnored => "error_ignored",
            Self::TokenTypeMissing => "token_type_missing",
            Self::ExpiresInString => "expires_in_string",
            Self::ExpiresInFraction => "expires_in_fraction",
            Self::ExpiresInClamped => "expires_in_clamped",
            Self::ExpiresInReplaced => "expires_in_replaced",
            Self::RefreshInIgnored => "refresh_in_ignored",
            Self::ScopeArray => "scope_array",
            Self::ScopeCommas => "scope_commas",
            Self::ScopeSyntax => "scope_syntax",
            Self::RefreshTokenIgnored => "refresh_token_ignored",
            Self::RefreshTokenSyntax => "refresh_token_syntax",
            Self::AuthorizationDetailsSyntax => "authorization_details_syntax",
            Self::ExtraIgnored => "extra_ignored",
        }
    }

    /// The member of the answer that it is about, if it is about one.
    pub(crate) fn field(self) -> Option<&'static str> {
        match self {
            Self::Status
            | Self::ContentType
            | Self::ByteOrderMark
            | Self::WhiteSpace
            | Self::FormBody
            | Self::NullMember
            | Self::ExtraIgnored => None,
            Self::ErrorIgnored => Some("error"),
            Self::TokenTypeMissing => Some("token_type"),
            Self::ExpiresInString
            | Self::ExpiresInFraction
            | Self::ExpiresInClamped
            | Self::ExpiresInReplaced => Some("expires_in"),
            Self::RefreshInIgnored => Some("refresh_in"),
            Self::ScopeArray | Self::ScopeCommas | Self::ScopeSyntax => Some("scope"),
            Self::RefreshTokenIgnored | Self::RefreshTokenSyntax => Some("refresh_token"),
            Self::AuthorizationDetailsSyntax => Some("authorization_details"),
        }
    }

    /// Whether a strict decoder lets it pass: what it was told to do, and what
    /// the RFCs do not forbid.
    pub(crate) fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::ExpiresInClamped
                | Self::ExpiresInReplaced
                | Self::ScopeCommas
                | Self::RefreshInIgnored
                | Self::ExtraIgnored
        )
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "a token came with another status than 200",
            Self::ContentType => "the content type is not application/json",
            Self::ByteOrderMark => "the body begins with a byte order mark",
            Self::WhiteSpace => "there is white space around the body that is none of JSON",
            Self::FormBody => "the body is a form instead of JSON",
            Self::NullMember => "a member is null instead of left out",
            Self::ErrorIgnored => "a token came with an error that is no error code",
            Self::TokenTypeMissing => "token_type is missing",
            Self::ExpiresInString => "expires_in is a string",
            Self::ExpiresInFraction => "expires_in is not an integer",
            Self::ExpiresInClamped => "expires_in is more than ten years",
            Self::ExpiresInReplaced => "expires_in is zero",
            Self::RefreshInIgnored => "refresh_in is not a time",
            Self::ScopeArray => "scope is an array",
            Self::ScopeCommas => "scope is separated by commas",
            Self::ScopeSyntax => "scope is empty or not written as RFC 6749 has it",
            Self::RefreshTokenIgnored => "refresh_token is not a string",
            Self::RefreshTokenSyntax => "refresh_token is empty or not visible ASCII",
            Self::AuthorizationDetailsSyntax => {
                "authorization_details is not an array of objects with a type"
            }
            Self::ExtraIgnored => "a member cannot be read",
        })
    }
}
