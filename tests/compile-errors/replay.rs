//! What the compiler says of a body that a replay policy cannot keep. This must not compile.
//!
//! `tests/checks/compile-errors` has it checked and looks for each line that begins with `//~` in what the compiler says.

use std::{
    fs::File,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use tower_layer::Layer;
use tower_oauth2_client_credentials::{BoxError, ClientCredentialsLayer, replay};
use tower_service::Service;

/// A body that can neither be copied nor be made from nothing.
pub struct Upload(pub File);

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(None)
    }
}

/// As generated clients, servers and other middleware ask for it.
fn give_away(_: impl Service<Request<Upload>>) {}

pub fn empty<S>(layer: ClientCredentialsLayer, client: S)
where
    S: Service<Request<Upload>, Response = Response<()>, Error = BoxError> + Clone,
{
    give_away(layer.replay(replay::Empty::new()).layer(client));
}
//~ the replay policy `tower_oauth2_client_credentials::replay::Empty` cannot keep a request body of type `Upload`
//~ requests with this body cannot be sent a second time by `tower_oauth2_client_credentials::replay::Empty`

pub fn cloned<S>(layer: ClientCredentialsLayer, client: S)
where
    S: Service<Request<Upload>, Response = Response<()>, Error = BoxError> + Clone,
{
    give_away(layer.replay(replay::Cloned::new()).layer(client));
}
//~ the replay policy `tower_oauth2_client_credentials::replay::Cloned` cannot keep a request body of type `Upload`
//~ requests with this body cannot be sent a second time by `tower_oauth2_client_credentials::replay::Cloned`
//~ note: `replay::Empty` keeps bodies that are empty, of types that are `http_body::Body + Default`
//~ note: `replay::Cloned` keeps bodies that are `Clone`
//~ note: `replay::Never`, the default, takes any body and sends nothing twice
//~ note: a policy of your own implements `replay::Replay<Upload>`

/// Called right away, the compiler names the trait, though not what it says of itself.
pub fn called<S>(layer: ClientCredentialsLayer, client: S, upload: Upload)
where
    S: Service<Request<Upload>, Response = Response<()>, Error = BoxError> + Clone,
{
    let mut service = layer.replay(replay::Empty::new()).layer(client);
    drop(service.call(Request::new(upload)));
}
//~ `tower_oauth2_client_credentials::replay::Empty: Replay<Upload>`

/// What needs no policy compiles.
pub fn never<S>(layer: ClientCredentialsLayer, client: S)
where
    S: Service<Request<Upload>, Response = Response<()>, Error = BoxError> + Clone,
{
    give_away(layer.layer(client));
}
