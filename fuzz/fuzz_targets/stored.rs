//! Any bytes as what the store of a fleet has for a token, unsealed: whoever can write there must not make a replica panic, nor
//! take for a token what is none.
#![no_main]

use std::{future::ready, sync::LazyLock, time::Duration};

use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{TokenRequest, TokenResponse};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{BoxError, Fetch};
use tower_oauth2_client_credentials_redis::{
    Entry, Put, Sealing, SharedCacheLayer, Store, StoreFuture,
};

/// Has these bytes for everything, and takes nothing.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Store for Bytes {
    fn get<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<Entry>> {
        let entry = Entry::new(self.0.clone(), Some(Duration::from_secs(60)));
        Box::pin(ready(Ok(Some(entry))))
    }

    fn put<'a>(&'a self, _: Put<'a>) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(true)))
    }

    fn remove<'a>(&'a self, _: &'a str, _: &'a [u8]) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(true)))
    }

    fn acquire<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(true)))
    }

    fn extend<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(true)))
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(true)))
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_current_thread();
    builder
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
});

fuzz_target!(|input: &[u8]| {
    let layer = SharedCacheLayer::new(
        Bytes(input.to_vec()),
        "https://as.example.com\nsvc",
        Sealing::unsealed(),
    );
    let minted = tower::service_fn(|_: Fetch| {
        let token = TokenResponse::builder("minted").expires_in(Duration::from_secs(60));
        ready(token.build().map_err(BoxError::from))
    });
    let token = RUNTIME.block_on(layer.layer(minted).oneshot(Fetch::new(TokenRequest::new())));
    let token = token.expect("there is always one");
    let text = token.access_token().expose();
    assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
});
