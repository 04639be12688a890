//! An error without what its client keeps secret.

use std::sync::Arc;

use crate::challenge::Challenge;
use crate::redaction::Redaction;

use super::{Cause, ErrorKind, ResponseError};

impl ResponseError {
    /// With each text of the server's own as the redaction leaves it. What it
    /// means stays as it was.
    pub(crate) fn redacted(self, redaction: &Redaction) -> Self {
        if redaction.is_idle() {
            return self;
        }
        let hide = |text: &mut String| {
            if let Some(hidden) = redaction.hide_in_kept(text) {
                *text = hidden;
            }
        };
        let mut inner = Arc::unwrap_or_clone(self.inner);
        match &mut inner.cause {
            Cause::Code {
                code,
                description,
                uri,
            } => {
                // A name of the registry tells nothing that is secret.
                if !ErrorKind::is_known(code) {
                    hide(code);
                }
                description.as_mut().map(hide);
                uri.as_mut().map(hide);
            }
            Cause::TokenType(name) => hide(name),
            Cause::Status
            | Cause::Unreadable
            | Cause::NoToken
            | Cause::Field(_)
            | Cause::Quirk(_)
            | Cause::TooLarge => {}
        }
        let challenges = inner.challenges.iter();
        inner.challenges = challenges
            .map(|challenge| redacted(challenge, redaction))
            .collect();
        // With something else in its place it would be no nonce.
        inner.dpop_nonce = inner.dpop_nonce.filter(|nonce| !redaction.finds_in(nonce));
        Self {
            inner: Arc::new(inner),
        }
    }
}

fn redacted(challenge: &Challenge, redaction: &Redaction) -> Challenge {
    /// What a challenge is about, in lower case.
    const KNOWN: [&str; 16] = [
        "basic",
        "bearer",
        "digest",
        "dpop",
        "mac",
        "negotiate",
        "algs",
        "charset",
        "error",
        "error_description",
        "error_uri",
        "nonce",
        "realm",
        "resource_metadata",
        "scope",
        "use_dpop_nonce",
    ];
    challenge.map(|text| {
        if KNOWN.contains(&text) {
            return text.to_owned();
        }
        redaction.hide(text).unwrap_or_else(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;
    use crate::{
        Client, ClientAssertion, ClientAuthentication, ClientSecretBasic, ClientSecretPost,
    };

    fn error(cause: Cause, headers: &[(&'static str, &str)]) -> ResponseError {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect();
        ResponseError::new(
            cause,
            StatusCode::BAD_REQUEST,
            &headers,
            SystemTime::UNIX_EPOCH,
        )
    }

    fn code(code: &str, text: &str) -> Cause {
        Cause::Code {
            code: code.to_owned(),
            description: Some(text.to_owned()),
            uri: Some(format!("https://a/?{text}")),
        }
    }

    fn client(authentication: impl Into<ClientAuthentication>) -> Client {
        Client::new("svc", authentication).unwrap()
    }

    #[test]
    fn no_text_of_the_server_repeats_a_secret() {
        let clients = [
            client(ClientSecretBasic::new("canary+1")),
            client(ClientSecretPost::new("canary+1")),
            client(ClientAssertion::new(" canary+1\n")),
            #[cfg(feature = "jose")]
            client(crate::ClientSecretJwt::new("canary+1".repeat(4))),
        ];
        for client in clients {
            let canary = match client.authentication_method() {
                "client_secret_jwt" => "canary+1".repeat(4),
                _ => "canary+1".to_owned(),
            };
            let challenge = format!(
                "Bearer realm=\"{canary}\", canary%2b1=x, Basic canary+1==, canary%2B1 a=b"
            );
            let headers = [("www-authenticate", &*challenge), ("dpop-nonce", &*canary)];
            for cause in [
                code(&canary, &format!("a {canary} b")),
                Cause::TokenType(canary.clone()),
                Cause::Status,
            ] {
                let error = error(cause, &headers);
                assert!(format!("{error:?}").contains("canary"));
                let (kind, status) = (error.kind(), error.status());
                let error = client.redact(error);
                assert_eq!((error.kind(), error.status()), (kind, status));
                if client.authentication_method() != "client_secret_jwt" {
                    let shown = format!("{error} {error:?}");
                    assert!(!shown.contains("canary"), "{shown}");
                }
                assert_eq!(error.challenges()[0].param("realm"), Some("[secret]"));
                assert_eq!(error.dpop_nonce(), None);
                if error.code().is_some() {
                    assert_eq!(error.code(), Some("[secret]"));
                    assert_eq!(error.description(), Some("a [secret] b"));
                    assert_eq!(error.uri(), Some("https://a/?a [secret] b"));
                }
            }
        }
    }

    #[test]
    fn the_text_of_basic_is_not_repeated() {
        let client = client(ClientSecretBasic::new("s3cr3t"));
        let error = client.redact(error(code("x", "Basic c3ZjOnMzY3IzdA=="), &[]));
        assert_eq!(error.description(), Some("Basic [secret]=="));
    }

    #[test]
    fn what_is_registered_stays_whatever_the_secret() {
        let nonce = [
            (
                "www-authenticate",
                "DPoP error=\"use_dpop_nonce\", realm=\"an e\"",
            ),
            ("dpop-nonce", "eyes"),
        ];
        for secret in ["e", "error", "dpop", "invalid_client", "use_dpop_nonce"] {
            let client = client(ClientSecretPost::new(secret));
            let error = client.redact(error(code("invalid_client", "none"), &nonce));
            assert_eq!(error.code(), Some("invalid_client"), "{secret}");
            assert_eq!(error.challenges()[0].scheme(), "dpop", "{secret}");
            let asks = error.challenges()[0].param("error");
            assert_eq!(asks, Some("use_dpop_nonce"), "{secret}");
            assert_eq!(error.dpop_nonce(), Some("eyes"), "{secret}");
            let is_short = secret.len() < 4;
            let expected = if is_short { "[secret]" } else { "none" };
            assert_eq!(error.description(), Some(expected), "{secret}");
        }
    }

    #[test]
    fn a_client_without_a_secret_hides_nothing() {
        let client = client(crate::TlsClientAuth);
        let error = client.redact(error(code("x", "eyJh.eyJi.c"), &[]));
        assert_eq!(error.description(), Some("eyJh.eyJi.c"));
    }

    #[cfg(feature = "jose")]
    #[test]
    fn a_client_that_signs_hides_what_looks_like_an_assertion() {
        let key = crate::SigningKey::generate(|bytes| bytes.fill(7)).unwrap();
        let client = client(crate::PrivateKeyJwt::new(key));
        let error = client.redact(error(code("x", "bad eyJh.eyJi.c"), &[]));
        assert_eq!(error.description(), Some("bad [secret]"));
    }
}
