//! The future of a request.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    replay::Never,
    service::Settings,
    source::Acquired,
};

pin_project! {
    /// The future of a request through [`ClientCredentials`](crate::ClientCredentials).
    ///
    /// While the token is warm it is the inner service's future and a word; all that waiting needs is in a box.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, ReqBody, R = Never>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, ReqBody, S::Future>,
        replay: PhantomData<fn() -> R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody, F> {
        Waiting { waiting: Box<Waiting<S, ReqBody>> },
        Called { #[pin] future: F },
        Failed { error: Option<TokenError> },
    }
}

/// A request without a token yet.
struct Waiting<S, ReqBody> {
    inner: S,
    settings: Arc<Settings>,
    request: Option<Request<ReqBody>>,
    step: Step,
    again: bool,
}

/// First the token, then the inner service's readiness, so that none is held while the other is awaited.
enum Step {
    Token(Acquiring),
    Ready(Acquired),
}

type Acquiring = Pin<Box<dyn Future<Output = Result<Acquired, TokenError>> + Send>>;

impl<S, ReqBody, R> ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>>,
{
    #[inline]
    pub(crate) fn called(future: S::Future) -> Self {
        Self::new(State::Called { future })
    }

    pub(crate) fn failed(error: TokenError) -> Self {
        Self::new(State::Failed { error: Some(error) })
    }

    pub(crate) fn waiting(inner: S, settings: Arc<Settings>, request: Request<ReqBody>) -> Self {
        let step = Step::Token(acquire(&settings));
        let waiting = Waiting {
            inner,
            settings,
            request: Some(request),
            step,
            again: false,
        };
        Self::new(State::Waiting {
            waiting: Box::new(waiting),
        })
    }

    #[inline]
    fn new(state: State<S, ReqBody, S::Future>) -> Self {
        Self {
            state,
            replay: PhantomData,
        }
    }
}

impl<S, R, ReqBody, ResBody> Future for ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<ResBody>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Called { future } => return future.poll(cx).map_err(Into::into),
                StateProj::Waiting { waiting } => {
                    let future = ready!(waiting.poll_call(cx))?;
                    state.set(State::Called { future });
                }
                StateProj::Failed { error } => {
                    let error = error
                        .take()
                        .expect("a future is not polled after it is done");
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
    }
}

impl<S, ReqBody> Waiting<S, ReqBody>
where
    S: Service<Request<ReqBody>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Waits for a token and for the inner service, then calls it.
    fn poll_call(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Future, BoxError>> {
        loop {
            match &mut self.step {
                Step::Token(acquiring) => {
                    let acquired = ready!(acquiring.as_mut().poll(cx))?;
                    self.step = Step::Ready(acquired);
                }
                Step::Ready(acquired) => {
                    ready!(self.inner.poll_ready(cx)).map_err(Into::into)?;
                    if self.settings.source.still_good(acquired) {
                        let mut request = self
                            .request
                            .take()
                            .expect("a future is not polled after it is done");
                        self.settings
                            .attach(&acquired.kept, request.headers_mut())?;
                        return Poll::Ready(Ok(self.inner.call(request)));
                    }
                    // The token ended, or was invalidated, while the service was busy: once more from the start, without the readiness.
                    if mem::replace(&mut self.again, true) {
                        return Poll::Ready(Err(outlived().into()));
                    }
                    self.inner = self.inner.clone();
                    self.step = Step::Token(acquire(&self.settings));
                }
            }
        }
    }
}

fn acquire(settings: &Arc<Settings>) -> Acquiring {
    let settings = Arc::clone(settings);
    Box::pin(async move { settings.source.wait().await })
}

fn outlived() -> TokenError {
    TokenError::new(
        TokenErrorKind::Timeout,
        "the request was not sent: twice its token ended or was invalidated while the service below was not ready; \
         that service is overloaded, or tokens are very short",
    )
}

impl<S, ReqBody, R> fmt::Debug for ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Waiting { .. } => "Waiting",
            State::Called { .. } => "Called",
            State::Failed { .. } => "Failed",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
