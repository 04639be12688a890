//! The service: what happens to a request.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Extensions, HeaderMap, Method, Request, Response, Uri};
use oauth2_client_credentials::TokenRequest;
use tower_service::Service;

use crate::{
    attach::{Attach, Put},
    error::{BoxError, TokenError},
    event::Event,
    future::ResponseFuture,
    origin::{Origins, Refused},
    refusal::RejectedWhen,
    replay::{Never, Replay},
    source::{Sent, TokenSource},
    waiting::Waiting,
    watching::{Again, Watching},
};

/// A service whose requests carry a token.
///
/// - A request to an origin that the token was not given for is not sent, and nothing is fetched for it.
/// - One that goes there and has an `Authorization` header already goes out as it is, unless the layer was told otherwise.
/// - While there is a token that works, a request waits for nothing.
/// - Without one it waits for the token request, with all others. The inner service's readiness is given back meanwhile.
/// - An answer that refuses the token ([`is_rejection`](crate::is_rejection)) gets another, for this request too if its
///   [replay policy](crate::replay) kept it. Any number of refusals of one token cost one token request.
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
    replay: R,
}

/// What all services of one layer share.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) source: TokenSource,
    pub(crate) origins: Origins,
    pub(crate) attach: Attach,
    pub(crate) rejected_when: Option<RejectedWhen>,
    pub(crate) tells: bool,
    /// Whether the three above ask for no more than a bearer header, as they mostly do: one look instead of three.
    pub(crate) bearer_only: bool,
}

impl<S> ClientCredentials<S> {
    /// Attaches the tokens of `source` to requests that go to `origins`. The same as through the layer.
    #[must_use]
    pub fn new(inner: S, source: TokenSource, origins: Origins) -> Self {
        tower_layer::Layer::layer(&crate::ClientCredentialsLayer::new(source, origins), inner)
    }
}

impl<S, R> ClientCredentials<S, R> {
    pub(crate) fn from_layer(inner: S, settings: Arc<Settings>, replay: R) -> Self {
        Self {
            inner,
            settings,
            replay,
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
    R: Replay<ReqBody>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, ReqBody>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    // Not part of whoever calls it: there, the request would be copied before it gets its token.
    #[inline(never)]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let settings = &*self.settings;
        let mut kept = None;
        if settings.is_plain(request.method(), request.uri(), request.extensions()) {
            let again = self.replay.keep(request.body());
            if again.is_none()
                && let Some(sent) = settings.attach_at_once(request.headers_mut())
            {
                return ResponseFuture::called(self.inner.call(request), Some(sent));
            }
            kept = Some(again);
        }
        self.call_with_care(request, kept)
    }
}

/// The way of nearly all requests. Nothing here is generic, so that what is long of it is compiled with this crate.
impl Settings {
    /// Whether nobody asked for more than a bearer header, and the request may have it.
    #[inline(always)]
    fn is_plain(&self, method: &Method, uri: &Uri, extensions: &Extensions) -> bool {
        self.bearer_only
            && self.origins.are_plainly(method, uri)
            && extensions.get::<TokenRequest>().is_none()
    }

    /// Attaches the token, if this thread has it and this is a time at which nothing changes for a request.
    fn attach_at_once(&self, headers: &mut HeaderMap) -> Option<Sent> {
        self.source.with_held_header(|header, sent| {
            let put = self.attach.put(headers, header.clone());
            (put == Put::Done).then_some(sent)
        })
    }
}

impl<S, R> ClientCredentials<S, R> {
    /// Any request. `kept`: what the replay policy made of its body, if it was asked already.
    #[inline(never)]
    fn call_with_care<B>(
        &mut self,
        mut request: Request<B>,
        kept: Option<Option<B>>,
    ) -> ResponseFuture<S, B>
    where
        S: Service<Request<B>> + Clone,
        R: Replay<B>,
    {
        let Settings {
            source,
            origins,
            attach,
            ..
        } = &*self.settings;
        if let Err(refused) = origins.check(request.method(), request.uri()) {
            return self.refuse(refused);
        }
        if attach.leaves_alone(request.headers()) {
            return self.send(request, None, None);
        }
        let again = kept.unwrap_or_else(|| self.replay.keep(request.body()));
        let watching = self.watch(&request, again);
        let named = request.extensions().get::<TokenRequest>().cloned();
        if attach.presentation.is_none() {
            let header = match &named {
                Some(named) => source.header_in_window_for(named),
                None => source.header_in_window(),
            };
            if let Some((header, sent)) = header
                && attach.put(request.headers_mut(), header) == Put::Done
            {
                return self.send(request, Some(sent), watching);
            }
        }
        self.call_without_window(named, request, watching)
    }

    /// What is needed beside the request if its token should be refused: nothing, unless somebody asked for it.
    fn watch<B>(&self, request: &Request<B>, again: Option<B>) -> Option<Box<Watching<S, B>>>
    where
        S: Clone,
    {
        let Settings {
            rejected_when,
            tells,
            ..
        } = &*self.settings;
        if again.is_none() && rejected_when.is_none() && !tells {
            return None;
        }
        let attach = self.settings.attach.clone();
        let again = again.map(|body| Again::new(self.inner.clone(), attach, request, body));
        Some(Box::new(Watching {
            sent: None,
            rejected_when: rejected_when.clone(),
            shown: None,
            tells: *tells,
            again,
        }))
    }

    fn send<B>(
        &mut self,
        request: Request<B>,
        sent: Option<Sent>,
        watching: Option<Box<Watching<S, B>>>,
    ) -> ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        ResponseFuture::watched(self.inner.call(request), sent, watching)
    }

    #[cold]
    #[inline(never)]
    fn call_without_window<B>(
        &mut self,
        named: Option<TokenRequest>,
        request: Request<B>,
        mut watching: Option<Box<Watching<S, B>>>,
    ) -> ResponseFuture<S, B>
    where
        S: Service<Request<B>> + Clone,
    {
        let Settings { source, attach, .. } = &*self.settings;
        let source =
            match named.map_or_else(|| Ok(source.clone()), |named| source.for_named(&named)) {
                Ok(source) => source,
                Err(error) => return self.fail(error),
            };
        let Some(kept) = source.ready() else {
            let attach = attach.clone();
            let inner = self.give_back_readiness();
            let waiting = Waiting::new(inner, source, attach, request, watching);
            return ResponseFuture::waiting(waiting);
        };
        match attach.attach(&source, &kept, request) {
            Ok(attached) => {
                Watching::remember(&mut watching, attached.shown);
                self.send(attached.request, attached.sent, watching)
            }
            Err(error) => self.fail(error),
        }
    }

    #[cold]
    #[inline(never)]
    fn refuse<B>(&mut self, refused: Refused) -> ResponseFuture<S, B>
    where
        S: Service<Request<B>> + Clone,
    {
        self.settings.source.observe(&Event::OriginRefused);
        self.fail(refused.into())
    }

    fn fail<B>(&mut self, error: TokenError) -> ResponseFuture<S, B>
    where
        S: Service<Request<B>> + Clone,
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
