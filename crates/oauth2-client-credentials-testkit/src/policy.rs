//! What an authorization server grants when it does its work.

use std::collections::{HashMap, HashSet};

use http::{HeaderMap, Method, header};
use serde_json::json;

use crate::{Answer, ClientAuthentication, ReceivedRequest, form};

/// Why a token request is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refusal {
    Method,
    ContentType,
    Form,
    Repeated,
    SecretInUri,
    Incomplete,
    SeveralAuthentications,
    Client,
    NoGrantType,
    GrantType,
    Scope,
}

impl Refusal {
    /// The error response (RFC 6749, section 5.2). Its description tells the author of a client what to repair.
    pub(crate) fn answer(self) -> Answer {
        let (status, code, description) = match self {
            Self::Method => (405, "invalid_request", "a token request is a POST"),
            Self::ContentType => (
                400,
                "invalid_request",
                "the Content-Type is not that of a form",
            ),
            Self::Form => (400, "invalid_request", "the body is not a well-formed form"),
            Self::Repeated => (400, "invalid_request", "a parameter is repeated"),
            Self::SecretInUri => (400, "invalid_request", "a secret is in the URI"),
            Self::Incomplete => (
                400,
                "invalid_request",
                "a client_id, a client_assertion or a client_assertion_type is empty or missing",
            ),
            Self::SeveralAuthentications => (
                400,
                "invalid_request",
                "the client authenticates in more than one way",
            ),
            Self::Client => (
                401,
                "invalid_client",
                "the client is unknown or its secret is wrong",
            ),
            Self::NoGrantType => (400, "invalid_request", "there is no grant_type"),
            Self::GrantType => (
                400,
                "unsupported_grant_type",
                "the only grant_type is client_credentials",
            ),
            Self::Scope => (
                400,
                "invalid_scope",
                "a scope is malformed or does not exist",
            ),
        };
        let document = json!({ "error": code, "error_description": description });
        let answer = Answer::json(status, document);
        match self {
            Self::Method => answer.header(header::ALLOW, "POST"),
            Self::Client => answer.header(header::WWW_AUTHENTICATE, "Basic realm=\"testkit\""),
            _ => answer,
        }
    }
}

/// The registered clients and the scopes that exist.
#[derive(Default)]
pub(crate) struct Policy {
    /// By id; a public client has no secret. Empty: any client is accepted.
    clients: HashMap<String, Option<String>>,
    /// Empty: any scope is granted.
    scopes: Vec<String>,
}

impl Policy {
    pub(crate) fn register(&mut self, id: String, secret: Option<String>) {
        self.clients.insert(id, secret);
    }

    pub(crate) fn set_scopes(&mut self, scopes: Vec<String>) {
        self.scopes = scopes;
    }

    /// The scope that a token request is granted, if it named one or if there is a default.
    ///
    /// # Errors
    ///
    /// The first reason that is found to refuse the request.
    pub(crate) fn judge(&self, request: &ReceivedRequest) -> Result<Option<String>, Refusal> {
        judge_form(request)?;
        judge_authentication(request)?;
        self.judge_client(request)?;
        match request.parameter("grant_type") {
            Some("client_credentials") => self.judge_scope(request),
            None | Some("") => Err(Refusal::NoGrantType),
            Some(_) => Err(Refusal::GrantType),
        }
    }

    fn judge_client(&self, request: &ReceivedRequest) -> Result<(), Refusal> {
        let known = match request.client_authentication() {
            ClientAuthentication::Several => return Err(Refusal::SeveralAuthentications),
            ClientAuthentication::Unreadable => false,
            _ if self.clients.is_empty() => true,
            authentication => match request.client_id().and_then(|id| self.clients.get(id)) {
                None => false,
                Some(_) if authentication == ClientAuthentication::ClientAssertion => true,
                Some(secret) => secret.as_deref() == request.client_secret(),
            },
        };
        if known { Ok(()) } else { Err(Refusal::Client) }
    }

    fn judge_scope(&self, request: &ReceivedRequest) -> Result<Option<String>, Refusal> {
        let Some(scope) = request.parameter("scope").filter(|scope| !scope.is_empty()) else {
            return Ok((!self.scopes.is_empty()).then(|| self.scopes.join(" ")));
        };
        let granted = |token: &str| {
            let offered = self.scopes.is_empty() || self.scopes.iter().any(|scope| scope == token);
            is_scope_token(token) && offered
        };
        if !scope.split(' ').all(granted) {
            return Err(Refusal::Scope);
        }
        Ok(Some(scope.to_owned()))
    }
}

/// RFC 6749, section 3.2: a POST of a form, no parameter twice. `resource` (RFC 8707) and `audience` (RFC 8693) may be.
fn judge_form(request: &ReceivedRequest) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method);
    }
    if !declares_form(request.headers()) {
        return Err(Refusal::ContentType);
    }
    if !request.is_form() {
        return Err(Refusal::Form);
    }
    let mut names = request.parameters().iter().map(|(name, _)| name.as_str());
    let mut seen = HashSet::new();
    if !names.all(|name| matches!(name, "resource" | "audience") || seen.insert(name)) {
        return Err(Refusal::Repeated);
    }
    Ok(())
}

/// RFC 6749, section 2.3.1 and RFC 7521, section 4.2: nothing of an authentication without the rest of it, no secret in
/// the URI. A secret may be empty.
fn judge_authentication(request: &ReceivedRequest) -> Result<(), Refusal> {
    let query = request.uri().query().unwrap_or_default();
    let in_uri = form::parse(query.as_bytes()).unwrap_or_default();
    if in_uri
        .iter()
        .any(|(name, _)| matches!(&**name, "client_secret" | "client_assertion"))
    {
        return Err(Refusal::SecretInUri);
    }
    // Two ways at once have a refusal of their own.
    if request.client_authentication() == ClientAuthentication::Several {
        return Ok(());
    }
    let assertion = request.parameter("client_assertion");
    let assertion_type = request.parameter("client_assertion_type");
    let is_whole = request.client_id() != Some("")
        && request.parameter("client_id") != Some("")
        && (request.parameter("client_secret").is_none() || request.client_id().is_some())
        && assertion != Some("")
        && assertion_type != Some("")
        && assertion.is_some() == assertion_type.is_some();
    if is_whole {
        Ok(())
    } else {
        Err(Refusal::Incomplete)
    }
}

/// Exactly one Content-Type, that of a form.
fn declares_form(headers: &HeaderMap) -> bool {
    let mut content_types = headers.get_all(header::CONTENT_TYPE).iter();
    let content_type = content_types
        .next()
        .filter(|_| content_types.next().is_none());
    let media_type = content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| {
        media_type
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// RFC 6749, section 3.3: printable ASCII without space, quote and backslash.
fn is_scope_token(token: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    !token.is_empty() && token.bytes().all(allowed)
}
