//! What the compiler says where a service is of the wrong type. This must not compile.
//!
//! `tests/checks/compile-errors` has it checked and looks for each line that begins with `//~` in what the compiler says.

use std::{future::Future, rc::Rc};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Fetch, Origins, TokenEndpoint, TokenSource,
    oauth2_client_credentials::{Client, EndpointUri, TokenResponse},
};
use tower_service::Service;

pub fn a_layer_over_an_endpoint(endpoint: TokenEndpoint, to: Origins) -> ClientCredentialsLayer {
    ClientCredentialsLayer::new(endpoint, to)
}
//~ expected `TokenSource`, found `TokenEndpoint`

pub fn a_source_of_texts<S>(vault: S) -> TokenSource
where
    S: Service<Fetch, Response = String, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    TokenSource::new(vault)
}
//~ type mismatch resolving `<S as Service<Fetch>>::Response == TokenResponse`

/// A token service whose answer stays on its thread.
#[derive(Clone)]
pub struct Local;

/// What it answers with, some day.
pub struct Pending(pub Rc<()>);

impl Future for Pending {
    type Output = Result<TokenResponse, BoxError>;

    fn poll(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::task::Poll::Pending
    }
}

impl Service<Fetch> for Local {
    type Response = TokenResponse;
    type Error = BoxError;
    type Future = Pending;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Fetch) -> Self::Future {
        Pending(Rc::new(()))
    }
}

pub fn a_source_over_what_is_not_send() -> TokenSource {
    TokenSource::new(Local)
}
//~ `Rc<()>` cannot be sent between threads safely
//~ required by a bound in `TokenSource::new`

/// A body that is not made of bytes by itself, as `BoxBody` is not.
pub struct Boxed;

pub fn an_endpoint_over_a_client_of_another_body<S, B>(
    http: S,
    endpoint: EndpointUri,
    client: Client,
) -> TokenEndpoint
where
    S: Service<Request<Boxed>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    TokenEndpoint::new(http, endpoint, client)
}
//~ the trait bound `Boxed: From<bytes::Bytes>` is not satisfied

/// What is right compiles.
pub fn with_its_own_body<S, B>(http: S, endpoint: EndpointUri, client: Client) -> TokenEndpoint
where
    S: Service<Request<Boxed>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    TokenEndpoint::with_body(http, |_: Bytes| Boxed, endpoint, client)
}
