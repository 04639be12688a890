//! The protected resource in-process.

use std::time::Duration;

use http::{Request, StatusCode, header};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use tokio::time::{Instant, advance};
use tower::ServiceExt;

use crate::support::{call, fetch_token, status};

async fn challenge(resource: &ResourceServer, authorization: Option<&str>) -> String {
    let response = call(resource, authorization).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    response.headers()[header::WWW_AUTHENTICATE]
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_active_token_is_served_and_no_other() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_secs(60))
        .build();
    let resource = ResourceServer::new(&server);
    let invalid = "Bearer error=\"invalid_token\"";
    assert_eq!(challenge(&resource, Some("Bearer t1")).await, invalid);

    fetch_token(&server).await;
    let response = call(&resource, Some("bearer  t1")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().into_bytes().await.unwrap(), "ok");

    advance(Duration::from_secs(60)).await;
    assert_eq!(challenge(&resource, Some("Bearer t1")).await, invalid);
}

#[tokio::test]
async fn without_a_token_the_challenge_has_no_error() {
    let resource = ResourceServer::builder().build();
    for authorization in [
        None,
        Some("Bearer"),
        Some("Bearer "),
        Some("Basic dDE="),
        Some("t1"),
    ] {
        assert_eq!(challenge(&resource, authorization).await, "Bearer");
    }
    assert_eq!((resource.requests(), resource.without_token()), (5, 5));
    assert_eq!(resource.tokens_seen(), []);
}

#[tokio::test]
async fn two_authorization_headers_are_no_token() {
    let resource = ResourceServer::builder().build();
    let request = Request::get("/")
        .header(header::AUTHORIZATION, "Bearer t1")
        .header(header::AUTHORIZATION, "Bearer t1");
    let response = resource.clone().oneshot(request.body(()).unwrap()).await;
    assert_eq!(response.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!((resource.served(), resource.without_token()), (0, 1));
}

#[tokio::test]
async fn tokens_are_rejected_by_name_or_all() {
    let resource = ResourceServer::builder().build();
    resource.reject(["t1", "t2"]);
    assert_eq!(
        (status(&resource, "t1").await, status(&resource, "t3").await),
        (401, 200)
    );
    resource.reject(["t3"]);
    assert_eq!(
        (status(&resource, "t1").await, status(&resource, "t3").await),
        (200, 401)
    );
    resource.reject_all(true);
    assert_eq!(
        (status(&resource, "t1").await, status(&resource, "t3").await),
        (401, 401)
    );
    resource.reject_all(false);
    resource.reject([""; 0]);
    assert_eq!(
        (status(&resource, "t1").await, status(&resource, "t3").await),
        (200, 200)
    );
}

#[tokio::test]
async fn the_answers_to_good_and_bad_tokens_can_be_set() {
    let resource = ResourceServer::builder()
        .answer_with(Answer::body(201, "{n}"))
        .reject_with(Answer::body(200, "").header("grpc-status", "16"))
        .build();
    resource.reject(["bad"]);
    let response = call(&resource, Some("Bearer good")).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.into_body().into_bytes().await.unwrap(), "1");
    let response = call(&resource, Some("Bearer bad")).await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["grpc-status"]),
        (StatusCode::OK, &"16".parse().unwrap())
    );

    resource.set_answer(Answer::reset());
    assert!(
        call(&resource, Some("Bearer good"))
            .await
            .unwrap_err()
            .is_reset()
    );
    resource.set_answer(Answer::usual());
    resource.set_rejection(Answer::body(403, ""));
    assert_eq!(
        (
            status(&resource, "good").await,
            status(&resource, "bad").await
        ),
        (200, 403)
    );
    resource.set_rejection(Answer::usual());
    assert_eq!(status(&resource, "bad").await, 401);
}

#[tokio::test]
async fn every_request_is_counted_once_and_every_token_by_name() {
    let resource = ResourceServer::builder().build();
    resource.reject(["b"]);
    for token in ["b", "a", "b", "a", "a"] {
        status(&resource, token).await;
    }
    call(&resource, None).await.unwrap();
    assert_eq!((resource.requests(), resource.served()), (6, 3));
    assert_eq!((resource.refused(), resource.without_token()), (2, 1));
    assert_eq!(
        resource.tokens_seen(),
        [("b".to_owned(), 2), ("a".to_owned(), 3)]
    );

    resource.reset_counters();
    assert_eq!((resource.requests(), resource.tokens_seen().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_judged_when_the_request_arrives_not_when_it_is_answered() {
    let server = AuthorizationServer::new();
    let resource = ResourceServer::builder()
        .authorization_server(&server)
        .latency(Duration::from_secs(3))
        .build();
    let token = fetch_token(&server).await;
    let sent = Instant::now();
    let revoked = async {
        tokio::task::yield_now().await;
        server.revoke_all();
    };
    let (status_, ()) = tokio::join!(status(&resource, &token), revoked);
    assert_eq!((status_, sent.elapsed()), (200, Duration::from_secs(3)));
    resource.set_latency(Duration::ZERO);
    assert_eq!(status(&resource, &token).await, 401);
    assert_eq!(sent.elapsed(), Duration::from_secs(3));
}
