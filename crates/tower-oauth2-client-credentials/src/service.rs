//! The service: what happens to a request.

use std::{
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    HeaderMap, Request, Response,
    header::{AUTHORIZATION, Entry},
};
use tower_service::Service;

pub use oauth2_client_credentials::OnExisting;

use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    event::Event,
    future::ResponseFuture,
    origin::{Origins, Refused},
    replay::Never,
    source::{Kept, TokenSource},
};

/// A service whose requests carry a token.
///
/// - A request to an origin that the token was not given for is not sent, and nothing is fetched for it.
/// - One that goes there and has an `Authorization` header already goes out as it is, unless the layer was told otherwise.
/// - While there is a token that works, a request waits for nothing.
/// - Without one it waits for the token request, with all others. The inner service's readiness is given back meanwhile.
///
/// # Errors
///
/// A [`TokenError`] (see [`TokenError::find`]) if the request could not carry a token and was not sent; else the inner service's
/// error. [`poll_ready`](Service::poll_ready) fails only if the inner service does.
///
/// # Cancel safety
///
/// Dropping the future of a request that waits for a token ends its own waiting and nothing else.
#[derive(Clone, Debug)]
pub struct ClientCredentials<S, R = Never> {
    inner: S,
    settings: Arc<Settings>,
    replay: PhantomData<fn() -> R>,
}

/// What all services of one layer share.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) source: TokenSource,
    pub(crate) origins: Origins,
    pub(crate) on_existing: OnExisting,
}

impl<S> ClientCredentials<S> {
    /// Attaches the tokens of `source` to requests that go to `origins`. The same as through the layer.
    #[must_use]
    pub fn new(inner: S, source: TokenSource, origins: Origins) -> Self {
        tower_layer::Layer::layer(&crate::ClientCredentialsLayer::new(source, origins), inner)
    }
}

impl<S, R> ClientCredentials<S, R> {
    pub(crate) fn from_layer(inner: S, settings: Arc<Settings>) -> Self {
        Self {
            inner,
            settings,
            replay: PhantomData,
        }
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service. What is sent through it carries no token.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Where its tokens come from.
    pub fn source(&self) -> &TokenSource {
        &self.settings.source
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for ClientCredentials<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, ReqBody, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        if let Err(refused) = self.settings.origins.check(request.method(), request.uri()) {
            return self.refuse(refused);
        }
        let attached = self
            .settings
            .source
            .in_window(|kept| self.settings.attach(kept, request.headers_mut()));
        match attached {
            Some(Ok(())) => ResponseFuture::called(self.inner.call(request)),
            _ => self.call_without_window(request),
        }
    }
}

impl<S, R> ClientCredentials<S, R> {
    #[cold]
    #[inline(never)]
    fn call_without_window<ReqBody>(
        &mut self,
        mut request: Request<ReqBody>,
    ) -> ResponseFuture<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>> + Clone,
    {
        let settings = Arc::clone(&self.settings);
        let ready = match settings.on_existing {
            OnExisting::Keep if request.headers().contains_key(AUTHORIZATION) => Some(Ok(())),
            _ => settings
                .source
                .ready()
                .map(|kept| settings.attach(&kept, request.headers_mut())),
        };
        match ready {
            Some(Ok(())) => ResponseFuture::called(self.inner.call(request)),
            Some(Err(error)) => self.fail(error),
            None => ResponseFuture::waiting(self.give_back_readiness(), settings, request),
        }
    }

    #[cold]
    #[inline(never)]
    fn refuse<ReqBody>(&mut self, refused: Refused) -> ResponseFuture<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>> + Clone,
    {
        self.settings.source.observe(&Event::OriginRefused);
        self.fail(refused.into())
    }

    fn fail<ReqBody>(&mut self, error: TokenError) -> ResponseFuture<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>> + Clone,
    {
        self.give_back_readiness();
        ResponseFuture::failed(error)
    }

    /// Drops the instance that was polled ready, with whatever permit it holds: the one that it is polled for may never
    /// come, or come only after a token request that needs the same permit.
    fn give_back_readiness(&mut self) -> S
    where
        S: Clone,
    {
        let unready = self.inner.clone();
        self.inner = unready.clone();
        unready
    }
}

impl Settings {
    /// Puts the token on a request, in a header that is made already.
    #[inline]
    pub(crate) fn attach(&self, kept: &Kept, headers: &mut HeaderMap) -> Result<(), TokenError> {
        let Some(header) = kept.header() else {
            return Err(unsupported(kept));
        };
        match headers.entry(AUTHORIZATION) {
            Entry::Vacant(entry) => {
                entry.insert(header.clone());
            }
            Entry::Occupied(mut entry) => match self.on_existing {
                OnExisting::Keep => {}
                OnExisting::Replace => {
                    entry.insert(header.clone());
                }
                _ => return Err(authorized_already()),
            },
        }
        Ok(())
    }
}

#[cold]
fn unsupported(kept: &Kept) -> TokenError {
    TokenError::new(
        TokenErrorKind::UnsupportedTokenType,
        format!(
            "the request was not sent: the authorization server gave a token of type {:?}, and only Bearer can be attached; \
             ask for another type there",
            kept.response().token_type().as_str()
        ),
    )
}

#[cold]
fn authorized_already() -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        "the request was not sent: it has an Authorization header already, and the layer was told to refuse such; \
         remove one of the two",
    )
}
