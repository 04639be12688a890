//! A token without what its client keeps secret.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::redaction::Redaction;
use crate::scope::Scope;
use crate::token_type::TokenType;

use super::TokenResponse;

/// Which algorithm the key of a MAC token is for.
const ALGORITHM: &str = "mac_algorithm";

impl TokenResponse {
    /// With each name of the server's own as the redaction leaves it.
    pub(crate) fn redacted(mut self, redaction: &Redaction) -> Self {
        if redaction.is_idle() {
            return self;
        }
        if let TokenType::Other(name) = self.token_type()
            && let Some(hidden) = redaction.hide_in_name(name)
        {
            Arc::make_mut(&mut self.inner).token_type = TokenType::Other(hidden);
        }
        let asked = self.inner.requested_scope.as_ref();
        let granted = self.scope().filter(|scope| Some(*scope) != asked);
        if let Some(hidden) = granted.and_then(|scope| scope_without(scope, asked, redaction)) {
            Arc::make_mut(&mut self.inner).scope = Some(hidden);
        }
        let hide = |name: &String| redaction.hide_in_name(name);
        // The only member whose value an error repeats. With the secret in it, it is no algorithm.
        if let Some(Value::String(name)) = self.extra().get(ALGORITHM)
            && let Some(hidden) = hide(name)
        {
            let extra = &mut Arc::make_mut(&mut self.inner).extra;
            extra.insert(ALGORITHM.to_owned(), Value::String(hidden));
        }
        if self.extra().keys().any(|name| hide(name).is_some()) {
            let inner = Arc::make_mut(&mut self.inner);
            let extra = std::mem::replace(&mut inner.extra, Map::new());
            inner.extra = extra
                .into_iter()
                .map(|(name, value)| (hide(&name).unwrap_or(name), value))
                .collect();
        }
        self
    }
}

/// What was asked for is no secret of the client's, whatever the words.
fn scope_without(scope: &Scope, asked: Option<&Scope>, redaction: &Redaction) -> Option<Scope> {
    let is_asked = |token: &str| asked.is_some_and(|asked| asked.contains(token));
    let hidden: Vec<_> = scope
        .iter()
        .filter(|token| !is_asked(token))
        .filter_map(|token| Some((token, redaction.hide_in_name(token)?)))
        .collect();
    if hidden.is_empty() {
        return None;
    }
    let shown = scope.iter().map(|token| {
        let found = hidden.iter().find(|(secret, _)| *secret == token);
        found.map_or(token, |(_, hidden)| &**hidden)
    });
    Some(Scope::granted(shown))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bytes::Bytes;
    use http::Response;

    use crate::{Client, ClientSecretPost, Decoder, TokenRequest, TokenResponse};

    fn redacted(secret: &str, body: &'static str) -> TokenResponse {
        let asked = TokenRequest::builder().scope("read canary-1").build();
        let answer = Response::new(Bytes::from_static(body.as_bytes()));
        let decoder = Decoder::lenient();
        let token = decoder.decode(&asked.unwrap(), &answer, SystemTime::UNIX_EPOCH);
        let client = Client::new("svc", ClientSecretPost::new(secret)).unwrap();
        client.redact_response(token.unwrap())
    }

    #[test]
    fn what_is_shown_of_a_token_has_no_secret_in_it() {
        let token = redacted(
            "canary",
            r#"{"access_token":"canary","token_type":"a Canary","scope":"read canary-1 x-canary","canary":1,"a":2}"#,
        );
        assert_eq!(token.token_type().as_str(), "a [secret]");
        assert_eq!(token.access_token().expose(), "canary");
        assert_eq!(token.scope().unwrap().as_str(), "read canary-1 x-[secret]");
        assert_eq!(token.extra()["[secret]"], 1);
        assert_eq!(token.extra()["a"], 2);
    }

    #[test]
    fn what_an_error_would_repeat_has_no_secret_in_it() {
        let token = redacted(
            "canary",
            r#"{"access_token":"t","token_type":"mac","mac_key":"canary","mac_algorithm":"x-canary"}"#,
        );
        assert_eq!(token.extra()["mac_algorithm"], "x-[secret]");
        assert_eq!(token.extra()["mac_key"], "canary", "the server's to choose");
    }

    #[test]
    fn what_something_hangs_on_stays() {
        for secret in ["bearer", "read", "e", ""] {
            let body = r#"{"access_token":"t","token_type":"bearer","scope":"read here"}"#;
            let token = redacted(secret, body);
            assert_eq!(token.token_type().as_str(), "Bearer", "{secret}");
            assert_eq!(token.scope().unwrap().as_str(), "read here", "{secret}");
        }
        let body = r#"{"access_token":"t","token_type":"mac"}"#;
        assert_eq!(redacted("a", body).token_type().as_str(), "mac");
        assert_eq!(redacted("MAC", body).token_type().as_str(), "[secret]");
    }
}
