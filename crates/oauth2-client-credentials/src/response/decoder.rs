//! From an answer to a token.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::scope::{self, Scope};
use crate::token_request::TokenRequest;
use crate::token_response::{Inner, TokenResponse, end_of_life, is_access_token};
use crate::token_type::TokenType;

use super::error::{Cause, ResponseError};
use super::expires_in::Seconds;
use super::headers;
use super::members::{Field, Member, Members};
use super::quirk::Quirk;

/// The longest body that is read, in bytes.
pub(super) const MAX_BODY: usize = 65_536;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads what a token endpoint answered (RFC 6749 §5).
///
/// The default is lenient: it reads what servers are known to send, as long as
/// it can only mean one thing, and notes each difference as a [`Quirk`] on the
/// token. The body decides, not the content type; an `error` counts in any
/// status; any 2xx can bring a token.
///
/// Never lenient is it about what could be misread: a body over 65 536 bytes, a
/// name that is there twice, bytes that are not UTF-8, deep nesting, a token
/// with characters other than visible ASCII, a time that is none.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use bytes::Bytes;
/// use oauth2_client_credentials::{Decoder, Quirk, TokenRequest};
///
/// let body = Bytes::from_static(br#"{"access_token":"abc","expires_in":"3600"}"#);
/// let response = http::Response::builder()
///     .header("content-type", "application/json")
///     .body(body)?;
/// let asked = TokenRequest::new();
///
/// let token = Decoder::lenient().decode(&asked, &response, SystemTime::now())?;
/// assert_eq!(token.expires_in(), Some(Duration::from_secs(3600)));
/// assert_eq!(token.quirks(), [Quirk::TokenTypeMissing, Quirk::ExpiresInString]);
///
/// let error = Decoder::strict().decode(&asked, &response, SystemTime::now()).unwrap_err();
/// assert_eq!(error.field(), Some("token_type"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    is_strict: bool,
    comma_separated_scope: bool,
    zero_lifetime: ZeroLifetime,
}

impl Decoder {
    /// Reads what servers send. The same as the default.
    pub fn lenient() -> Self {
        Self::default()
    }

    /// Reads what the RFCs allow: what would be a [`Quirk`] is an error, and so
    /// is a type of token that is not known (RFC 6749 §7.1).
    pub fn strict() -> Self {
        Self {
            is_strict: true,
            ..Self::default()
        }
    }

    /// Whether commas separate scope tokens too, as Slack has it. A comma is a
    /// legal part of a scope token, so this is off unless asked for.
    #[must_use]
    pub fn comma_separated_scope(self, comma_separated_scope: bool) -> Self {
        Self {
            comma_separated_scope,
            ..self
        }
    }

    /// What an `expires_in` of zero means.
    #[must_use]
    pub fn zero_lifetime(self, zero_lifetime: ZeroLifetime) -> Self {
        Self {
            zero_lifetime,
            ..self
        }
    }

    /// Reads a response. `asked` is what the request asked for, `now` the time
    /// from which the token's life counts.
    ///
    /// # Errors
    /// When there is no token in it.
    pub fn decode(
        &self,
        asked: &TokenRequest,
        response: &Response<Bytes>,
        now: SystemTime,
    ) -> Result<TokenResponse, ResponseError> {
        self.decode_parts(
            asked,
            response.status(),
            response.headers(),
            response.body(),
            now,
        )
    }

    /// Reads a response of which the parts are at hand. A body that was cut off
    /// beyond the limit may be given as it is, if it is longer than 65 536
    /// bytes.
    ///
    /// # Errors
    /// When there is no token in it.
    pub fn decode_parts(
        &self,
        asked: &TokenRequest,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<TokenResponse, ResponseError> {
        let answer = Answer {
            decoder: self,
            asked,
            status,
            headers,
            now,
            quirks: Vec::new(),
        };
        answer
            .read(body)
            .map_err(|cause| ResponseError::new(cause, status, headers, now))
    }
}

/// What an `expires_in` of zero means.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ZeroLifetime {
    /// What it says: the token is expired already, and good for the request it
    /// was fetched for.
    #[default]
    Expired,
    /// The token does not expire, as some servers mean it.
    Never,
    /// The token lives this long.
    After(Duration),
}

/// One answer while it is read.
struct Answer<'a> {
    decoder: &'a Decoder,
    asked: &'a TokenRequest,
    status: StatusCode,
    headers: &'a HeaderMap,
    now: SystemTime,
    quirks: Vec<Quirk>,
}

impl Answer<'_> {
    fn read(mut self, body: &[u8]) -> Result<TokenResponse, Cause> {
        if body.len() > MAX_BODY {
            return Err(Cause::TooLarge);
        }
        let is_success = self.status.is_success();
        let Some(mut members) = self.members(body) else {
            return Err(if is_success {
                Cause::Unreadable
            } else {
                Cause::Status
            });
        };
        self.error_code(&mut members)?;
        if !is_success {
            return Err(Cause::Status);
        }
        self.token(members)
    }

    fn members<'b>(&mut self, body: &'b [u8]) -> Option<Members<'b>> {
        let body = body.trim_ascii();
        let unmarked = body.strip_prefix(BYTE_ORDER_MARK);
        let text = std::str::from_utf8(unmarked.unwrap_or(body).trim_ascii()).ok()?;
        let members = Members::read(text).ok()?;
        self.note_if(self.status != StatusCode::OK, Quirk::Status);
        self.note_if(!headers::is_json(self.headers), Quirk::ContentType);
        self.note_if(unmarked.is_some(), Quirk::ByteOrderMark);
        self.note_if(members.is_form, Quirk::FormBody);
        self.note_if(members.has_null && !members.is_form, Quirk::NullMember);
        Some(members)
    }

    /// An error code wins over all else, in any status and beside a token.
    fn error_code(&mut self, members: &mut Members<'_>) -> Result<(), Cause> {
        match members.take(Field::Error) {
            Member::Text(code) if !code.is_empty() => Err(Cause::Code {
                code: code.into_owned(),
                description: members.take(Field::ErrorDescription).into_text(),
                uri: members.take(Field::ErrorUri).into_text(),
            }),
            error => {
                self.note_if(!error.is_absent(), Quirk::ErrorIgnored);
                Ok(())
            }
        }
    }

    fn token(mut self, mut members: Members<'_>) -> Result<TokenResponse, Cause> {
        let access_token = access_token(members.take(Field::AccessToken))?;
        let token_type = self.token_type(members.take(Field::TokenType))?;
        let expires_in = self.expires_in(members.take(Field::ExpiresIn))?;
        let scope = self.scope(members.take(Field::Scope))?;
        let refresh_token = self.refresh_token(members.take(Field::RefreshToken));
        let refresh_in = self.refresh_in(members.extra.get("refresh_in"));
        let is_form = members.is_form;
        let authorization_details = details(members.take(Field::AuthorizationDetails), is_form)?;
        self.refuse_if_strict(&token_type)?;
        Ok(TokenResponse::from_inner(Inner {
            authorization_details_changed: self.differs_from_asked(authorization_details.as_ref()),
            expires_at: expires_in.map(|lifetime| end_of_life(self.now, lifetime)),
            requested_scope: self.asked.scope().cloned(),
            access_token: access_token.into(),
            token_type,
            expires_in,
            refresh_in,
            scope,
            refresh_token: refresh_token.map(Into::into),
            authorization_details,
            extra: members.extra,
            quirks: self.quirks,
        }))
    }

    fn token_type(&mut self, member: Member<'_>) -> Result<TokenType, Cause> {
        match member {
            Member::Text(name) => Ok(TokenType::from(&*name)),
            Member::Json(_) => Err(Cause::Field("token_type")),
            Member::Absent | Member::Null => {
                self.quirks.push(Quirk::TokenTypeMissing);
                Ok(TokenType::Bearer)
            }
        }
    }

    fn expires_in(&mut self, member: Member<'_>) -> Result<Option<Duration>, Cause> {
        let malformed = Cause::Field("expires_in");
        let (seconds, is_text) = match &member {
            Member::Absent | Member::Null => return Ok(None),
            Member::Text(text) => (Seconds::from_text(text), true),
            Member::Json(json) => (number(json), false),
        };
        let Some(seconds) = seconds else {
            return Err(malformed);
        };
        self.note_if(is_text, Quirk::ExpiresInString);
        self.note_if(seconds.has_fraction, Quirk::ExpiresInFraction);
        self.note_if(seconds.is_clamped, Quirk::ExpiresInClamped);
        let lifetime = match self.decoder.zero_lifetime {
            ZeroLifetime::Never => None,
            ZeroLifetime::After(lifetime) => Some(lifetime),
            ZeroLifetime::Expired => Some(Duration::ZERO),
        };
        if seconds.duration.is_zero() {
            self.note_if(lifetime != Some(Duration::ZERO), Quirk::ExpiresInReplaced);
            return Ok(lifetime);
        }
        Ok(Some(seconds.duration))
    }

    fn scope(&mut self, member: Member<'_>) -> Result<Option<Scope>, Cause> {
        match member {
            Member::Absent | Member::Null => Ok(None),
            Member::Text(text) if self.decoder.comma_separated_scope && text.contains(',') => {
                self.quirks.push(Quirk::ScopeCommas);
                Ok(Some(Scope::granted(
                    text.split(',').flat_map(scope::tokens),
                )))
            }
            Member::Text(text) => Ok(Some(Scope::granted_text(&text))),
            Member::Json(json) => {
                let list: Vec<String> =
                    serde_json::from_str(json).map_err(|_| Cause::Field("scope"))?;
                self.quirks.push(Quirk::ScopeArray);
                Ok(Some(Scope::granted(
                    list.iter().flat_map(|item| scope::tokens(item)),
                )))
            }
        }
    }

    /// Nobody uses it with this grant, so it is not worth losing a token over.
    fn refresh_token(&mut self, member: Member<'_>) -> Option<String> {
        self.note_if(
            matches!(member, Member::Json(_)),
            Quirk::RefreshTokenIgnored,
        );
        member.into_text()
    }

    /// It is only a wish, so a malformed one is left alone.
    fn refresh_in(&mut self, member: Option<&Value>) -> Option<Duration> {
        let seconds = match member? {
            Value::String(text) => Seconds::from_text(text),
            Value::Number(value) => Seconds::from_json_number(&value.to_string()),
            _ => None,
        };
        self.note_if(seconds.is_none(), Quirk::RefreshInIgnored);
        seconds.map(|seconds| seconds.duration)
    }

    fn differs_from_asked(&self, granted: Option<&Value>) -> bool {
        let asked = self.asked.authorization_details();
        asked.zip(granted).is_some_and(|(asked, granted)| {
            serde_json::from_str::<Value>(asked).is_ok_and(|asked| asked != *granted)
        })
    }

    fn refuse_if_strict(&self, token_type: &TokenType) -> Result<(), Cause> {
        if !self.decoder.is_strict {
            return Ok(());
        }
        if let Some(quirk) = self.quirks.iter().find(|quirk| !quirk.is_harmless()) {
            return Err(Cause::Quirk(*quirk));
        }
        match token_type {
            TokenType::Other(name) => Err(Cause::TokenType(name.clone())),
            TokenType::Bearer | TokenType::DPoP => Ok(()),
        }
    }

    fn note_if(&mut self, condition: bool, quirk: Quirk) {
        if condition {
            self.quirks.push(quirk);
        }
    }
}

fn access_token(member: Member<'_>) -> Result<String, Cause> {
    match member.into_text() {
        Some(text) if text.is_empty() => Err(Cause::NoToken),
        Some(text) if is_access_token(&text) => Ok(text),
        Some(text) => {
            drop(crate::SecretString::from(text));
            Err(Cause::Field("access_token"))
        }
        None => Err(Cause::NoToken),
    }
}

fn number(json: &str) -> Option<Seconds> {
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    is_number.then(|| Seconds::from_json_number(json)).flatten()
}

/// They are JSON text where the answer is a form.
fn details(member: Member<'_>, is_form: bool) -> Result<Option<Value>, Cause> {
    let malformed = |_| Cause::Field("authorization_details");
    match member {
        Member::Absent | Member::Null => Ok(None),
        Member::Json(json) => serde_json::from_str(json).map(Some).map_err(malformed),
        Member::Text(text) if is_form => Ok(Some(
            serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned())),
        )),
        Member::Text(text) => Ok(Some(Value::String(text.into_owned()))),
    }
}
