//! The token service that a fleet shares.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tower_oauth2_client_credentials::{Fetch, oauth2_client_credentials::TokenResponse};
use tower_service::Service;

use crate::{
    cell::{Cell, Settings},
    sharing,
};

/// A token service that looks in a [`Store`](crate::Store) first, and there leaves what it had to fetch for the others.
///
/// Made by a [`SharedCacheLayer`](crate::SharedCacheLayer).
///
/// # Errors
///
/// Those of the token service below: the store's are as good as an empty one.
///
/// # Cancel safety
///
/// A call that is dropped gives its lease back, if it had one.
#[derive(Clone)]
pub struct SharedCache<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> SharedCache<S> {
    pub(crate) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }

    /// The token service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The token service below.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The token service below.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S> Service<Fetch> for SharedCache<S>
where
    S: Service<Fetch, Response = TokenResponse> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = TokenResponse;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<TokenResponse, S::Error>> + Send>>;

    /// Always ready: that of the service below is awaited when it is called, and it seldom is.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        let (inner, settings) = (self.inner.clone(), Arc::clone(&self.settings));
        Box::pin(async move {
            let cell = Cell::new(&settings, &fetch);
            sharing::fetch(&cell, inner, fetch.clone()).await
        })
    }
}

impl<S> fmt::Debug for SharedCache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCache")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
