//! An OAuth 2.0 authorization server and a protected resource for tests, which fail in every way they are told to.

mod answer;
mod authorization_server;
mod body;
mod builder;
mod client_authentication;
#[cfg(feature = "serve")]
mod connection;
mod fault;
mod form;
mod future;
mod policy;
mod received;
mod reply;
mod resource_builder;
mod resource_server;
mod script;
#[cfg(feature = "serve")]
mod serve;
mod tokens;

#[cfg(feature = "serve")]
pub use self::serve::Serving;
pub use self::{
    answer::Answer, authorization_server::AuthorizationServer, body::Body,
    builder::AuthorizationServerBuilder, client_authentication::ClientAuthentication, fault::Fault,
    future::ResponseFuture, received::ReceivedRequest, resource_builder::ResourceServerBuilder,
    resource_server::ResourceServer,
};
