//! Tokens that are shown in other ways than in a bearer header.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http::{HeaderValue, Request, Response, StatusCode, Uri, header, request, response};
use oauth2_client_credentials::{
    Bearer, BearerInQuery, Fresh, Presentation, PresentationError, TokenRequest, TokenResponse,
    TokenType,
};
use support::origins;
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Fetch, OnExisting, Origins, TokenError, TokenErrorKind,
    TokenSource, replay,
};

/// A resource that answers what it is told, and remembers the heads of its requests.
#[derive(Clone, Default)]
struct Resource {
    answers: Arc<Mutex<Vec<Response<()>>>>,
    seen: Arc<Mutex<Vec<request::Parts>>>,
}

impl Resource {
    /// These answers, the first one first; then 200.
    fn answering(answers: impl IntoIterator<Item = Response<()>>) -> Self {
        let resource = Self::default();
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        *resource.answers.lock().unwrap() = answers;
        resource
    }

    async fn answer(self, request: Request<()>) -> Result<Response<()>, Infallible> {
        self.seen.lock().unwrap().push(request.into_parts().0);
        Ok(self.answers.lock().unwrap().pop().unwrap_or_default())
    }

    fn seen(&self) -> Vec<request::Parts> {
        self.seen.lock().unwrap().clone()
    }
}

fn source(token_type: &'static str) -> (TokenSource, Arc<Mutex<u32>>) {
    let fetches = Arc::new(Mutex::new(0));
    let service = tower::service_fn({
        let fetches = Arc::clone(&fetches);
        move |_: Fetch| {
            let mut fetches = fetches.lock().unwrap();
            *fetches += 1;
            let token = TokenResponse::builder(format!("t{fetches}"))
                .token_type(TokenType::from(token_type))
                .expires_in(std::time::Duration::from_secs(3_600))
                .build();
            std::future::ready(token)
        }
    });
    (TokenSource::new(service), fetches)
}

async fn send<R>(
    layer: &ClientCredentialsLayer<R>,
    resource: &Resource,
    request: Request<()>,
) -> Result<StatusCode, BoxError>
where
    R: replay::Replay<()> + Clone,
{
    let resource = resource.clone();
    let transport = tower::service_fn(move |request| resource.clone().answer(request));
    let answer = layer.layer(transport).oneshot(request).await?;
    Ok(answer.status())
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

const API: &str = "https://api.example.com/items?page=2";

fn kind(error: &BoxError) -> TokenErrorKind {
    TokenError::find(&**error).unwrap().kind()
}

/// The source's own, or one that the request names.
#[tokio::test]
async fn a_token_goes_where_its_presentation_puts_it_warm_and_cold() {
    for named in [None, Some("orders")] {
        let (source, _) = source("Bearer");
        let layer = ClientCredentialsLayer::new(source, origins())
            .presentation(BearerInQuery::against_rfc_9700());
        let resource = Resource::default();
        for _ in 0..3 {
            let mut request = get(API);
            if let Some(scope) = named {
                let named = TokenRequest::builder().scope(scope).build().unwrap();
                request.extensions_mut().insert(named);
            }
            assert_eq!(send(&layer, &resource, request).await.unwrap(), 200);
        }
        for seen in resource.seen() {
            assert_eq!(
                seen.uri,
                "https://api.example.com/items?page=2&access_token=t1"
            );
            assert!(!seen.headers.contains_key(header::AUTHORIZATION));
        }
    }
}

#[tokio::test]
async fn a_bearer_token_by_another_name_is_shown_if_the_layer_is_told() {
    let (source, _) = source("Application Access Token");
    let layer = ClientCredentialsLayer::new(source, origins());
    let resource = Resource::default();
    let error = send(&layer, &resource, get(API)).await.unwrap_err();
    assert_eq!(kind(&error), TokenErrorKind::UnsupportedTokenType);
    let layer = layer.presentation(Bearer::new().treat_as_bearer("Application Access Token"));
    assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
    assert_eq!(
        resource.seen()[0].headers[header::AUTHORIZATION],
        "Bearer t1"
    );
}

#[tokio::test]
async fn a_presentation_that_fails_says_why_and_sends_nothing() {
    #[derive(Debug)]
    struct Never;
    impl Presentation for Never {
        fn attach(
            &self,
            _: &mut request::Parts,
            _: &TokenResponse,
            _: &Fresh,
        ) -> Result<(), PresentationError> {
            Err(PresentationError::Other("there is no way".to_owned()))
        }
    }
    let (source, _) = source("Bearer");
    let layer = ClientCredentialsLayer::new(source, origins()).presentation(Never);
    let resource = Resource::default();
    for _ in 0..2 {
        let error = send(&layer, &resource, get(API)).await.unwrap_err();
        assert_eq!(kind(&error), TokenErrorKind::Configuration);
        assert!(error.to_string().contains("there is no way"), "{error}");
    }
    assert!(resource.seen().is_empty());
}

/// What the layer was told, whether the request has an authorization, then what is sent.
#[tokio::test]
async fn an_authorization_that_is_there_already_is_treated_as_with_a_bearer_header() {
    for (on_existing, sent) in [
        (OnExisting::Keep, Some("Basic own")),
        (OnExisting::Replace, Some("Bearer t1")),
        (OnExisting::Refuse, None),
    ] {
        let (source, _) = source("Bearer");
        let layer = ClientCredentialsLayer::new(source, origins())
            .presentation(Bearer::new())
            .on_existing(on_existing);
        let resource = Resource::default();
        for _ in 0..2 {
            let mut request = get(API);
            let own = HeaderValue::from_static("Basic own");
            request.headers_mut().insert(header::AUTHORIZATION, own);
            let result = send(&layer, &resource, request).await;
            assert_eq!(result.is_ok(), sent.is_some());
        }
        for seen in resource.seen() {
            assert_eq!(seen.headers[header::AUTHORIZATION], sent.unwrap());
        }
    }
}

/// A scheme that wants the answer's `x-hint` in the next request, and once more if there was a new one with a 401.
#[derive(Clone, Debug, Default)]
struct Hinted {
    hint: Arc<Mutex<Option<HeaderValue>>>,
    learned_from: Arc<Mutex<Vec<Uri>>>,
}

impl Presentation for Hinted {
    fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        _: &Fresh,
    ) -> Result<(), PresentationError> {
        assert!(*token.token_type() == TokenType::Bearer && parts.uri.authority().is_some());
        Bearer::new().attach(parts, token)?;
        if let Some(hint) = &*self.hint.lock().unwrap() {
            parts.headers.insert("x-hint", hint.clone());
        }
        Ok(())
    }

    fn learn(&self, uri: &Uri, response: &response::Parts) -> bool {
        self.learned_from.lock().unwrap().push(uri.clone());
        let Some(hint) = response.headers.get("x-hint") else {
            return false;
        };
        *self.hint.lock().unwrap() = Some(hint.clone());
        response.status == StatusCode::UNAUTHORIZED
    }
}

fn hint(status: u16, hint: &'static str) -> Response<()> {
    Response::builder()
        .status(status)
        .header("x-hint", hint)
        .body(())
        .unwrap()
}

fn hints(resource: &Resource) -> Vec<Option<String>> {
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let seen = resource.seen();
    seen.iter()
        .map(|seen| seen.headers.get("x-hint").map(text))
        .collect()
}

#[tokio::test]
async fn what_an_answer_teaches_is_worth_one_more_attempt_with_the_same_token() {
    let (source, fetches) = source("Bearer");
    let scheme = Hinted::default();
    let layer = ClientCredentialsLayer::new(source, origins())
        .presentation(scheme.clone())
        .replay(replay::Cloned::new());
    let resource = Resource::answering([hint(401, "a"), hint(200, "b"), hint(200, "c")]);
    assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
    assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
    assert_eq!(hints(&resource), [None, Some("a".into()), Some("b".into())]);
    assert_eq!(*fetches.lock().unwrap(), 1, "the token was not at fault");
    assert_eq!(
        scheme.learned_from.lock().unwrap().len(),
        3,
        "it learns from every answer"
    );
    for seen in resource.seen() {
        assert_eq!(seen.headers[header::AUTHORIZATION], "Bearer t1");
    }
    // A server that is never content gets two attempts.
    let resource = Resource::answering([hint(401, "d"), hint(401, "e"), hint(401, "f")]);
    assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 401);
    assert_eq!(hints(&resource).len(), 2);
}

#[tokio::test]
async fn without_a_replay_policy_the_next_request_has_what_was_learned() {
    let (source, fetches) = source("Bearer");
    let layer = ClientCredentialsLayer::new(source, origins()).presentation(Hinted::default());
    let resource = Resource::answering([hint(401, "a")]);
    assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 401);
    assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
    assert_eq!(hints(&resource), [None, Some("a".into())]);
    assert_eq!(*fetches.lock().unwrap(), 1);
}

#[tokio::test]
async fn where_the_transport_is_bound_a_scheme_sees_the_whole_uri_and_the_transport_the_path() {
    let (source, _) = source("Bearer");
    let scheme = Hinted::default();
    let origins = Origins::transport_bound_to("https://greeter.example:50051").unwrap();
    let layer = ClientCredentialsLayer::new(source, origins).presentation(scheme.clone());
    let resource = Resource::default();
    for _ in 0..2 {
        assert_eq!(
            send(&layer, &resource, get("/greeter/hello?a=b"))
                .await
                .unwrap(),
            200
        );
    }
    assert!(
        resource
            .seen()
            .iter()
            .all(|seen| seen.uri == "/greeter/hello?a=b")
    );
    let learned_from = scheme.learned_from.lock().unwrap();
    assert_eq!(
        *learned_from,
        ["https://greeter.example:50051/greeter/hello?a=b"; 2]
    );
}

#[cfg(feature = "dpop")]
mod dpop {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use oauth2_client_credentials::{Dpop, DpopKey};

    use super::*;

    fn handle() -> Dpop {
        Dpop::new(DpopKey::generate(|bytes| fastrand::Rng::with_seed(7).fill(bytes)).unwrap())
    }

    fn answer(status: u16, challenge: &'static str, nonce: Option<&'static str>) -> Response<()> {
        let mut answer = Response::builder().status(status);
        answer = answer.header(header::WWW_AUTHENTICATE, challenge);
        if let Some(nonce) = nonce {
            answer = answer.header("dpop-nonce", nonce);
        }
        answer.body(()).unwrap()
    }

    /// The claims of the proof that a request had.
    fn claims(seen: &request::Parts) -> serde_json::Value {
        let proof = seen.headers["dpop"].to_str().unwrap();
        let claims = proof.split('.').nth(1).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
    }

    const NONCE: &str = r#"DPoP error="use_dpop_nonce""#;
    const INVALID: &str = r#"DPoP error="invalid_token""#;

    #[tokio::test]
    async fn a_proof_goes_with_each_request_and_a_new_nonce_is_answered_once() {
        let (source, fetches) = source("DPoP");
        let layer = ClientCredentialsLayer::new(source, origins())
            .presentation(handle())
            .replay(replay::Cloned::new());
        let resource = Resource::answering([answer(401, NONCE, Some("n1"))]);
        assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
        assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
        let seen = resource.seen();
        let claims: Vec<_> = seen.iter().map(claims).collect();
        assert_eq!(seen.len(), 3);
        assert_eq!(claims[0].get("nonce"), None);
        assert!(claims[1..].iter().all(|claims| claims["nonce"] == "n1"));
        let ids: std::collections::HashSet<_> = claims
            .iter()
            .map(|claims| claims["jti"].to_string())
            .collect();
        assert_eq!(ids.len(), 3, "no proof twice");
        for (seen, claims) in seen.iter().zip(&claims) {
            assert_eq!(seen.headers[header::AUTHORIZATION], "DPoP t1");
            assert_eq!(claims["htu"], "https://api.example.com/items");
        }
        assert_eq!(*fetches.lock().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_like_any_other() {
        let (source, fetches) = source("DPoP");
        let layer = ClientCredentialsLayer::new(source, origins())
            .presentation(handle())
            .replay(replay::Cloned::new());
        let resource = Resource::answering([answer(401, INVALID, None)]);
        assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 200);
        assert_eq!(*fetches.lock().unwrap(), 2);
        assert_eq!(resource.seen()[1].headers[header::AUTHORIZATION], "DPoP t2");
        // A server that asks for the nonce that it got is no reason for a new token, nor for a second attempt.
        let resource = Resource::answering([
            answer(401, NONCE, Some("n1")),
            answer(401, NONCE, Some("n1")),
        ]);
        assert_eq!(send(&layer, &resource, get(API)).await.unwrap(), 401);
        assert_eq!((resource.seen().len(), *fetches.lock().unwrap()), (2, 2));
    }

    #[tokio::test]
    async fn a_bearer_token_is_refused_where_dpop_was_asked_for() {
        let (source, _) = source("Bearer");
        let layer = ClientCredentialsLayer::new(source, origins()).presentation(handle());
        let resource = Resource::default();
        let error = send(&layer, &resource, get(API)).await.unwrap_err();
        assert_eq!(kind(&error), TokenErrorKind::UnsupportedTokenType);
        assert!(resource.seen().is_empty());
    }
}
