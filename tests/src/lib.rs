//! What whole-stack tests share: real servers, started for one test each, and the HTTP client that they are called with.
//!
//! Nothing here knows of another test: every server listens on a port of its own and ends with the value that started it.

mod api;
mod asked;
mod authlib;
mod client;
mod envoy;
mod load;
mod node_oauth2_server;
mod oidc_provider;
mod outcome;
mod pki;
mod process;
mod proxy;
mod rabbitmq;
mod redis;
mod report;

pub use crate::{
    api::Api,
    asked::{Asked, Attempt, Noted},
    authlib::Authlib,
    client::{Answer, HttpClient, HttpsClient, ask, exchange, http_client, https_client},
    envoy::Envoy,
    load::{Load, Sent, Traffic},
    node_oauth2_server::NodeOauth2Server,
    oidc_provider::{OidcProvider, OidcProviderBuilder, Stats},
    outcome::Outcome,
    pki::{Identity, Pki},
    process::{StartError, signal},
    proxy::{Fault, Proxy},
    rabbitmq::RabbitMq,
    redis::Redis,
    report::{with_table, write_table},
};
