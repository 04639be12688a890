//! Reading one answer, from its bytes to a token.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::scope::{self, Scope};
use crate::secret::SecretString;
use crate::token_request::TokenRequest;
use crate::token_response::{Inner, TokenResponse, end_of_life, is_access_token, whole_seconds};
use crate::token_type::TokenType;

use super::body::{Body, MAX_BODY};
use super::decoder::{Decoder, ZeroLifetime};
use super::error::Cause;
use super::expires_in::Seconds;
use super::headers;
use super::members::{Field, Member, Members};
use super::quirk::Quirk;
use super::same_json::is_same_json;

/// One answer while it is read.
pub(super) struct Answer<'a> {
    decoder: &'a Decoder,
    asked: &'a TokenRequest,
    status: StatusCode,
    headers: &'a HeaderMap,
    now: SystemTime,
    quirks: Vec<Quirk>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        decoder: &'a Decoder,
        asked: &'a TokenRequest,
        status: StatusCode,
        headers: &'a HeaderMap,
        now: SystemTime,
    ) -> Self {
        Self {
            decoder,
            asked,
            status,
            headers,
            now,
            quirks: Vec::new(),
        }
    }

    pub(super) fn read(mut self, body: &[u8]) -> Result<TokenResponse, Cause> {
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
        let Body {
            members,
            is_marked,
            has_other_space,
        } = Body::read(body)?;
        self.note_if(self.status != StatusCode::OK, Quirk::Status);
        self.note_if(!headers::is_json(self.headers), Quirk::ContentType);
        self.note_if(is_marked, Quirk::ByteOrderMark);
        self.note_if(has_other_space && !members.is_form, Quirk::WhiteSpace);
        self.note_if(members.is_form, Quirk::FormBody);
        self.note_if(members.has_null && !members.is_form, Quirk::NullMember);
        self.note_if(members.has_unreadable, Quirk::ExtraIgnored);
        Some(members)
    }

    /// An error code wins over all else, in any status and beside a token.
    fn error_code(&mut self, members: &mut Members<'_>) -> Result<(), Cause> {
        match members.take(Field::Error) {
            Member::Text(code) if !code.is_empty() => Err(Cause::code(code.into_owned(), members)),
            // It says that something went wrong, though not what.
            Member::NoText => Err(Cause::unnamed(self.status)),
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
        let details = members.take(Field::AuthorizationDetails);
        let details = self.details(details, members.is_form)?;
        self.refuse_if_strict(&token_type)?;
        Ok(TokenResponse::from_inner(Inner {
            authorization_details_changed: details.is_changed,
            expires_at: expires_in.map(|lifetime| end_of_life(self.now, lifetime)),
            requested_scope: self.asked.scope().cloned(),
            access_token,
            token_type,
            expires_in,
            refresh_in,
            scope,
            refresh_token: refresh_token.map(Into::into),
            authorization_details: details.value,
            extra: members.extra,
            quirks: self.quirks,
        }))
    }

    fn token_type(&mut self, member: Member<'_>) -> Result<TokenType, Cause> {
        match member {
            Member::Text(name) => Ok(TokenType::from(&*name)),
            Member::Json(_) | Member::NoText => Err(Cause::Field("token_type")),
            Member::Absent | Member::Null => {
                self.quirks.push(Quirk::TokenTypeMissing);
                Ok(TokenType::Bearer)
            }
        }
    }

    fn expires_in(&mut self, member: Member<'_>) -> Result<Option<Duration>, Cause> {
        let (seconds, is_text) = match &member {
            Member::Absent | Member::Null => return Ok(None),
            Member::Text(text) => (Seconds::from_text(text), true),
            Member::Json(json) => (number(json), false),
            Member::NoText => (None, true),
        };
        let seconds = seconds.ok_or(Cause::Field("expires_in"))?;
        self.note_if(is_text, Quirk::ExpiresInString);
        self.note_if(seconds.has_fraction, Quirk::ExpiresInFraction);
        self.note_if(seconds.is_clamped, Quirk::ExpiresInClamped);
        Ok(if seconds.duration.is_zero() {
            self.zero_lifetime()
        } else {
            Some(seconds.duration)
        })
    }

    fn zero_lifetime(&mut self) -> Option<Duration> {
        let lifetime = match self.decoder.zero_lifetime {
            ZeroLifetime::Expired => return Some(Duration::ZERO),
            ZeroLifetime::Never => None,
            ZeroLifetime::After(lifetime) => Some(whole_seconds(lifetime)),
        };
        self.quirks.push(Quirk::ExpiresInReplaced);
        lifetime
    }

    fn scope(&mut self, member: Member<'_>) -> Result<Option<Scope>, Cause> {
        match member {
            Member::Absent | Member::Null => Ok(None),
            Member::NoText => Err(Cause::Field("scope")),
            Member::Text(text) => Ok(Some(self.scope_of_text(&text))),
            Member::Json(json) => {
                let list: Vec<String> =
                    serde_json::from_str(json).map_err(|_| Cause::Field("scope"))?;
                self.quirks.push(Quirk::ScopeArray);
                Ok(Some(self.scope_of_list(list.iter().map(|item| &**item))))
            }
        }
    }

    fn scope_of_text(&mut self, text: &str) -> Scope {
        if self.decoder.comma_separated_scope && text.contains(',') {
            return self.scope_of_list(std::iter::once(text));
        }
        let is_legal = text.split(' ').all(scope::is_scope_token);
        self.note_if(!is_legal, Quirk::ScopeSyntax);
        Scope::granted_text(text, self.asked.scope())
    }

    /// A space inside an item separates tokens too: there is none in a token.
    fn scope_of_list<'b>(&mut self, items: impl Iterator<Item = &'b str> + Clone) -> Scope {
        let splits = self.decoder.comma_separated_scope;
        let has_commas = splits && items.clone().any(|item| item.contains(','));
        self.note_if(has_commas, Quirk::ScopeCommas);
        let separators: &[char] = if splits { &[' ', ','] } else { &[' '] };
        let tokens = items
            .flat_map(|item| item.split(separators))
            .filter(|token| !token.is_empty());
        let is_legal = tokens.clone().all(scope::is_scope_token);
        self.note_if(!is_legal, Quirk::ScopeSyntax);
        Scope::granted(tokens)
    }

    /// Nobody uses it with this grant, so it is not worth losing a token over.
    fn refresh_token(&mut self, member: Member<'_>) -> Option<String> {
        let is_text = matches!(member, Member::Absent | Member::Null | Member::Text(_));
        self.note_if(!is_text, Quirk::RefreshTokenIgnored);
        let token = member.into_text()?;
        let is_legal = |token: &str| token.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        self.note_if(
            token.is_empty() || !is_legal(&token),
            Quirk::RefreshTokenSyntax,
        );
        Some(token)
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

    /// They are JSON text where the answer is a form.
    fn details(&mut self, member: Member<'_>, is_form: bool) -> Result<Details, Cause> {
        let malformed = |_| Cause::Field("authorization_details");
        let asked = self.asked.authorization_details();
        let is_other = |json: &str| asked.is_some_and(|asked| !is_same_json(asked, json));
        let (value, is_changed) = match member {
            Member::Absent | Member::Null => return Ok(Details::default()),
            Member::NoText => return Err(Cause::Field("authorization_details")),
            Member::Json(json) => (
                serde_json::from_str(json).map_err(malformed)?,
                is_other(json),
            ),
            Member::Text(text) => match serde_json::from_str(&text) {
                Ok(value) if is_form => (value, is_other(&text)),
                _ => (Value::String(text.into_owned()), asked.is_some()),
            },
        };
        self.note_if(!is_details(&value), Quirk::AuthorizationDetailsSyntax);
        Ok(Details {
            value: Some(value),
            is_changed,
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

/// The authorization details that were granted.
#[derive(Default)]
struct Details {
    value: Option<Value>,
    is_changed: bool,
}

fn is_details(value: &Value) -> bool {
    let is_detail = |detail: &Value| detail.get("type").is_some_and(Value::is_string);
    value
        .as_array()
        .is_some_and(|details| details.iter().all(is_detail))
}

fn access_token(member: Member<'_>) -> Result<SecretString, Cause> {
    if matches!(member, Member::NoText) {
        return Err(Cause::Field("access_token"));
    }
    let token = SecretString::from(member.into_text().unwrap_or_default());
    match token.expose() {
        "" => Err(Cause::NoToken),
        text if is_access_token(text) => Ok(token),
        _ => Err(Cause::Field("access_token")),
    }
}

fn number(json: &str) -> Option<Seconds> {
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    is_number.then(|| Seconds::from_json_number(json)).flatten()
}
