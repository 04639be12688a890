//! What the types ask of those around them, and how large the future is.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    mem::size_of,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use oauth2_client_credentials::TokenResponse;
use oauth2_client_credentials_testkit::AuthorizationServer;
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Fetch, Origins, ResponseFuture, TokenSource,
};
use tower_test::mock;

use super::{
    support::{origins, request, source},
    token_of,
};

type Inner = mock::Mock<Request<()>, Response<()>>;

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
