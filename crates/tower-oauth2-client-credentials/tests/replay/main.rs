//! Sending a request once more whose token was refused: which ones, how often, and what the second one looks like.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod policies;
#[path = "../refusals/mod.rs"]
mod refusals;
mod second_send;
#[path = "../support/mod.rs"]
mod support;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, Version, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use refusals::{Told, token_of};
use support::{TokioClock, credential, origins, source};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tower::{
    Layer, Service, ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer, service_fn,
};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, OnExisting, TokenSource, replay,
};
use tower_test::mock;

type Body = Full<Bytes>;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn post(body: &'static str) -> Request<Body> {
    let request = Request::post("https://api.example.com/");
    request
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .unwrap()
}

/// A server, one of its resources whose first token is refused already, and a source that has it.
async fn revoked() -> (AuthorizationServer, ResourceServer, TokenSource, Told) {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let resource = ResourceServer::new(&server);
    let told = Told::default();
    let source = source(&server).observer(told.clone()).build();
    source.token().await.unwrap();
    server.revoke_all();
    told.take();
    (server, resource, source, told)
}

async fn ask<R>(service: &ClientCredentials<ResourceServer, R>, body: &'static str) -> u16
where
    R: replay::Replay<Body> + Clone,
{
    let answer = service.clone().oneshot(post(body)).await.unwrap();
    answer.status().as_u16()
}
