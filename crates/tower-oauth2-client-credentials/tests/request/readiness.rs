//! The readiness of the inner service, before the token and after.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use tokio::{
    task::JoinHandle,
    time::{Sleep, sleep},
};
use tower::{BoxError, Service, ServiceExt};
use tower_oauth2_client_credentials::{ClientCredentials, TokenError, TokenErrorKind};
use tower_test::mock;

use super::{
    support::{origins, request, send, source, token_error},
    token_of,
};

type Handle = mock::Handle<Request<()>, Response<()>>;
type Answered = Result<Response<()>, BoxError>;

/// `tower_test::mock` panics on a call without readiness.
#[tokio::test(start_paused = true)]
async fn the_inner_service_is_called_only_when_it_is_ready() {
    let server = AuthorizationServer::builder()
        .latency(Duration::from_millis(50))
        .build();
    let (inner, mut handle) = mock::pair::<Request<()>, Response<()>>();
    let service = ClientCredentials::new(inner, source(&server).build(), origins());
    let mut mock = mock::Spawn::new(service);

    handle.allow(0);
    assert!(mock.poll_ready().is_pending(), "the inner service is not");
    handle.allow(2);
    assert!(mock.poll_ready().is_ready());
    let cold = tokio::spawn(mock.call(request()));
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(&sent), "Bearer t1");
    respond.send_response(Response::new(()));
    cold.await.unwrap().unwrap();

    // The instance that was ready went with the slow path: this one has to be asked anew.
    assert!(mock.poll_ready().is_ready());
    let warm = tokio::spawn(mock.call(request()));
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(&sent), "Bearer t1");
    respond.send_response(Response::new(()));
    warm.await.unwrap().unwrap();
    assert_eq!(server.token_requests(), 1);
}

/// A request that was begun when the inner service was ready. It is so no longer.
async fn called_and_busy(server: &AuthorizationServer) -> (JoinHandle<Answered>, Handle) {
    let (inner, mut handle) = mock::pair();
    let mut service = ClientCredentials::new(inner, source(server).build(), origins());
    handle.allow(1);
    let ready = ServiceExt::<Request<()>>::ready(&mut service).await;
    let response = ready.unwrap().call(request());
    handle.allow(0);
    (tokio::spawn(response), handle)
}

#[tokio::test(start_paused = true)]
async fn the_slow_path_waits_for_the_inner_service_after_the_token() {
    let server = AuthorizationServer::new();
    let (response, mut handle) = called_and_busy(&server).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(server.token_requests(), 1, "the token is there");
    assert!(
        !response.is_finished(),
        "and the request waits for readiness"
    );
    handle.allow(1);
    handle
        .next_request()
        .await
        .unwrap()
        .1
        .send_response(Response::new(()));
    response.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_while_the_inner_service_is_busy_is_not_sent() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_secs(60))
        .build();
    let (response, mut handle) = called_and_busy(&server).await;
    sleep(Duration::from_secs(61)).await;
    handle.allow(2);
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(&sent), "Bearer t2");
    respond.send_response(Response::new(()));
    response.await.unwrap().unwrap();
}

/// Takes 61 s to become ready, each instance anew.
struct Slow(Pin<Box<Sleep>>);

impl Slow {
    fn new() -> Self {
        Self(Box::pin(sleep(Duration::from_secs(61))))
    }
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Service<Request<()>> for Slow {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.as_mut().poll(cx).map(Ok)
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_never_ready_in_time_is_not_waited_for_without_end() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_secs(60))
        .build();
    let service = ClientCredentials::new(Slow::new(), source(&server).build(), origins());
    let error = token_error(send(&service).await.unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::Timeout);
    assert!(error.to_string().contains("not ready"), "{error}");
    assert_eq!(server.token_requests(), 5, "that is enough");
}

#[tokio::test(start_paused = true)]
async fn poll_ready_fetches_nothing_and_fails_only_with_the_inner_service() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::connect_error()));
    let (inner, mut handle) = mock::pair::<Request<()>, Response<()>>();
    let service = ClientCredentials::new(inner, source(&server).build(), origins());
    let mut mock = mock::Spawn::new(service);
    handle.allow(1);
    assert!(mock.poll_ready().is_ready());
    assert_eq!(server.token_requests(), 0);
    handle.send_error("the inner service is broken");
    let Poll::Ready(Err(error)) = mock.poll_ready() else {
        panic!("it is broken")
    };
    assert_eq!(error.to_string(), "the inner service is broken");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_inner_service_is_its_own() {
    let server = AuthorizationServer::new();
    let (inner, mut handle) = mock::pair::<Request<()>, Response<()>>();
    let service = ClientCredentials::new(inner, source(&server).build(), origins());
    handle.allow(2);
    let response = tokio::spawn(service.oneshot(request()));
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(&sent), "Bearer t1");
    respond.send_error("reset by peer");
    let error = response.await.unwrap().unwrap_err();
    assert!(TokenError::find(&*error).is_none());
    assert_eq!(error.to_string(), "reset by peer");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_invalidated_while_the_inner_service_is_busy_is_not_sent() {
    let server = AuthorizationServer::new();
    let (inner, mut handle) = mock::pair::<Request<()>, Response<()>>();
    let source = source(&server).build();
    let mut service = ClientCredentials::new(inner, source.clone(), origins());
    handle.allow(1);
    let ready = ServiceExt::<Request<()>>::ready(&mut service).await;
    let response = ready.unwrap().call(request());
    handle.allow(0);
    let response = tokio::spawn(response);
    sleep(Duration::from_secs(1)).await;
    source.invalidate();
    handle.allow(2);
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(&sent), "Bearer t2");
    respond.send_response(Response::new(()));
    response.await.unwrap().unwrap();
}
