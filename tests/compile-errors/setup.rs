//! What the compiler says of a stack that is put together in a wrong way. This must not compile.
//!
//! `tests/checks/compile-errors` has it checked and looks for each line that begins with `//~` in what the compiler says.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource,
    oauth2_client_credentials::{Client, ClientError, ClientSecretBasic, EndpointUri},
};
use tower_service::Service;

/// A client that is no tower service, as reqwest's is none of `http::Request`.
#[derive(Clone)]
pub struct NoService;

pub fn endpoint_over_what_is_no_service(endpoint: EndpointUri, client: Client) -> TokenEndpoint {
    TokenEndpoint::new(NoService, endpoint, client)
}
//~ the trait bound `NoService: Service<http::Request<_>>` is not satisfied

pub fn endpoint_at_a_text<S, B>(http: S, client: Client) -> TokenEndpoint
where
    S: Service<Request<Bytes>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    TokenEndpoint::new(http, "https://as.example.com/token", client)
}
//~ the trait bound `EndpointLocation: From<&str>` is not satisfied

pub fn a_secret_without_its_method() -> Result<Client, ClientError> {
    Client::new("svc", "s3cret")
}
//~ ClientAuthentication: From<&str>` is not satisfied
//~ implements `From<ClientSecretBasic>`

pub fn a_layer_without_origins(source: TokenSource) -> ClientCredentialsLayer {
    ClientCredentialsLayer::new(source)
}
//~ this function takes 2 arguments but 1 argument was supplied
//~ argument #2 of type `Origins` is missing

/// An inner service that is not `Clone`: the layer needs a second one for the slow path.
pub struct Once;

impl Service<Request<Bytes>> for Once {
    type Response = Response<Bytes>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        std::future::ready(Err("never".into()))
    }
}

fn give_away(_: impl Service<Request<Bytes>>) {}

pub fn an_inner_service_that_is_not_clone(source: TokenSource, origins: Origins) {
    give_away(ClientCredentialsLayer::new(source, origins).layer(Once));
}
//~ the trait bound `Once: Clone` is not satisfied
//~ help: consider annotating `Once` with `#[derive(Clone)]`

/// What is right compiles.
pub fn all_of_it<S, B>(http: S) -> Result<ClientCredentials<S>, BoxError>
where
    S: Service<Request<Bytes>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    let client = Client::new("svc", ClientSecretBasic::new("s3cret"))?;
    let endpoint = EndpointUri::new("https://as.example.com/token")?;
    let endpoint = TokenEndpoint::new(http.clone(), endpoint, client);
    let origins = Origins::new(["https://api.example.com"])?;
    Ok(ClientCredentialsLayer::new(TokenSource::new(endpoint), origins).layer(http))
}
