//! The request side: readiness, origins, the header, the future.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    mem::size_of,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::Full;
use oauth2_client_credentials::{TokenResponse, TokenType};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use support::{origins, request, send, source, stack, token_error};
use tokio::{
    task::JoinHandle,
    time::{Sleep, sleep},
};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Fetch, OnExisting, Origins, ResponseFuture,
    TokenError, TokenErrorKind, TokenSource,
};
use tower_test::mock;

type Inner = mock::Mock<Request<()>, Response<()>>;
type Handle = mock::Handle<Request<()>, Response<()>>;
type Answered = Result<Response<()>, BoxError>;

fn token_of(request: &Request<()>) -> &str {
    request.headers()[AUTHORIZATION].to_str().unwrap()
}

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

/// The layer can stand in a field without a type argument, the service with one.
#[derive(Clone)]
struct Greeter {
    layer: ClientCredentialsLayer,
    client: ClientCredentials<Inner>,
}

#[tokio::test]
async fn the_layer_needs_no_type_argument_and_the_service_one() {
    let source = TokenSource::new(tower::service_fn(|_: Fetch| {
        ready(TokenResponse::new("t1"))
    }));
    let (inner, mut handle) = mock::pair::<Request<()>, Response<()>>();
    let layer = ClientCredentialsLayer::new(source, origins());
    let greeter = Greeter {
        client: layer.layer(inner),
        layer,
    };
    let answer = tokio::spawn(greeter.client.oneshot(request()));
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(&sent), "Bearer t1");
    respond.send_response(Response::new(()));
    answer.await.unwrap().unwrap();
    let _: Origins = origins();
    drop(greeter.layer);
}

/// Neither it nor its future can be sent to another thread.
#[derive(Clone)]
struct Local(Rc<Cell<u32>>);

impl Service<Request<Rc<str>>> for Local {
    type Response = Response<Rc<str>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Rc<str>>) -> Self::Future {
        self.0.set(self.0.get() + 1);
        ready(Ok(Response::new(Rc::clone(request.body()))))
    }
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_need_not_be_send() {
    let server = AuthorizationServer::new();
    let calls = Rc::new(Cell::new(0));
    let service =
        ClientCredentials::new(Local(Rc::clone(&calls)), source(&server).build(), origins());
    for _ in 0..2 {
        let request = Request::get("https://api.example.com/")
            .body(Rc::from("hello"))
            .unwrap();
        assert_eq!(
            &**service.clone().oneshot(request).await.unwrap().body(),
            "hello"
        );
    }
    assert_eq!(calls.get(), 2);
}

#[test]
fn the_future_is_at_most_32_bytes_larger_than_the_inner_one() {
    /// A service whose future has a given size.
    #[derive(Clone)]
    struct Sized<const N: usize>;
    struct Answer<const N: usize>(#[allow(dead_code, reason = "its size is what matters")] [u8; N]);
    impl<const N: usize> Future for Answer<N> {
        type Output = Result<Response<Full<Bytes>>, BoxError>;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            unreachable!("only its size is asked for")
        }
    }
    impl<const N: usize> Service<Request<Full<Bytes>>> for Sized<N> {
        type Response = Response<Full<Bytes>>;
        type Error = BoxError;
        type Future = Answer<N>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            unreachable!("only its size is asked for")
        }
        fn call(&mut self, _: Request<Full<Bytes>>) -> Answer<N> {
            unreachable!("only its size is asked for")
        }
    }
    fn over<const N: usize>() -> usize {
        size_of::<ResponseFuture<Sized<N>, Full<Bytes>>>() - size_of::<Answer<N>>()
    }
    for over in [
        over::<0>(),
        over::<1>(),
        over::<8>(),
        over::<9>(),
        over::<32>(),
        over::<127>(),
        over::<128>(),
        over::<800>(),
    ] {
        assert!(over <= 32, "{over} bytes over the inner future");
    }
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
