//! Where a token goes: each row of the page `docs/origins.md`, which is the table that these tests read.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;
mod named;
mod page;
mod redirects;
mod requests;

use std::future::ready;

use http::{Request, Response, header::AUTHORIZATION};
use oauth2_client_credentials::TokenResponse;
use tower_oauth2_client_credentials::{ClientCredentialsLayer, Fetch, Origins, TokenSource};

/// What a row may say of a request.
const WITH: &str = "with the token";
const WITHOUT: &str = "without";
const REFUSED: &str = "refused";

fn layer(origins: Origins) -> ClientCredentialsLayer {
    let service = tower::service_fn(|_: Fetch| ready(TokenResponse::new("canary")));
    ClientCredentialsLayer::new(TokenSource::new(service), origins)
}

/// Whether a request has the token, in a row's words.
fn told<B>(request: &Request<B>) -> &'static str {
    match request.headers().get(AUTHORIZATION) {
        Some(value) if value == "Bearer canary" => WITH,
        None => WITHOUT,
        Some(other) => panic!("{other:?}"),
    }
}

fn empty() -> Response<()> {
    Response::new(())
}
