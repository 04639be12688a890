//! The request side: readiness, origins, the header, the future.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod readiness;
#[path = "../support/mod.rs"]
mod support;
mod types;

use std::{convert::Infallible, future::ready, time::Duration};

use http::{Request, Response, header::AUTHORIZATION};
use oauth2_client_credentials::{TokenResponse, TokenType};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use support::{origins, request, send, source, stack, token_error};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Fetch, OnExisting, TokenErrorKind, TokenSource,
};

fn token_of(request: &Request<()>) -> &str {
    request.headers()[AUTHORIZATION].to_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_foreign_origin_is_refused_and_nothing_is_fetched() {
    let server = AuthorizationServer::new();
    let (resource, service) = stack(&server);
    for uri in [
        "https://evil.test/",
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "/",
    ] {
        let request = Request::get(uri).body(()).unwrap();
        let error = token_error(service.clone().oneshot(request).await.unwrap_err());
        assert_eq!(error.kind(), TokenErrorKind::Origin, "{uri}");
        assert!(!error.is_transient() && error.retry_in().is_none());
    }
    assert_eq!((server.token_requests(), resource.requests()), (0, 0));
    // Warm, it is refused as well.
    assert_eq!(send(&service).await.unwrap(), 200);
    let request = Request::get("https://evil.test/").body(()).unwrap();
    service.clone().oneshot(request).await.unwrap_err();
    assert_eq!(resource.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_authorization_that_is_there_is_kept_replaced_or_refused() {
    let server = AuthorizationServer::new();
    let own = || {
        let request = Request::get("https://api.example.com/").header(AUTHORIZATION, "Basic eA==");
        request.body(()).unwrap()
    };
    // Cold, then warm: what is done must not depend on it.
    for (on_existing, seen) in [
        (OnExisting::Keep, Some("Basic eA==")),
        (OnExisting::Replace, Some("Bearer")),
        (OnExisting::Refuse, None),
    ] {
        let source = source(&server).build();
        let echo = tower::service_fn(|request: Request<()>| async move {
            let value = request
                .headers()
                .get_all(AUTHORIZATION)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned());
            Ok::<_, Infallible>(Response::new(value.collect::<Vec<_>>()))
        });
        let layer = ClientCredentialsLayer::new(source.clone(), origins()).on_existing(on_existing);
        for warm in [false, true] {
            let answer = layer.layer(echo).oneshot(own()).await;
            match (answer, seen) {
                (Ok(answer), Some(seen)) => {
                    assert_eq!(answer.body().len(), 1, "{on_existing:?} {warm}");
                    assert!(
                        answer.body()[0].starts_with(seen),
                        "{on_existing:?} {warm}: {answer:?}"
                    );
                }
                (Err(error), None) => {
                    assert_eq!(token_error(error).kind(), TokenErrorKind::Configuration)
                }
                (answer, _) => panic!("{on_existing:?} {warm}: {answer:?}"),
            }
            source.token().await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_its_own_authorization_waits_for_no_token() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::connect_error()));
    let (resource, service) = stack(&server);
    let request = Request::get("https://api.example.com/")
        .header(AUTHORIZATION, "Basic eA==")
        .body(())
        .unwrap();
    assert_eq!(service.oneshot(request).await.unwrap().status(), 401);
    assert_eq!((server.token_requests(), resource.requests()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_header_is_sensitive() {
    let server = AuthorizationServer::new();
    let source = source(&server).build();
    let check = tower::service_fn(|request: Request<()>| {
        let value = &request.headers()[AUTHORIZATION];
        assert!(value.is_sensitive());
        assert!(!format!("{request:?}").contains("t1"));
        ready(Ok::<_, Infallible>(Response::new(())))
    });
    let service = ClientCredentials::new(check, source, origins());
    for _ in 0..2 {
        service.clone().oneshot(request()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_type_is_not_attached() {
    let service = tower::service_fn(|_: Fetch| {
        let token = TokenResponse::builder("t")
            .token_type(TokenType::DPoP)
            .expires_in(Duration::from_secs(60));
        ready(Ok::<_, Infallible>(token.build().unwrap()))
    });
    let source = TokenSource::new(service);
    assert_eq!(source.token().await.unwrap().token_type(), &TokenType::DPoP);
    let resource = ResourceServer::new(&AuthorizationServer::new());
    let service = ClientCredentials::new(resource.clone(), source, origins());
    let error = token_error(send(&service).await.unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::UnsupportedTokenType);
    assert!(error.to_string().contains("DPoP"), "{error}");
    assert_eq!(resource.requests(), 0);
}
