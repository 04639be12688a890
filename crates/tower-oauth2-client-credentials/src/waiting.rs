//! A request that waits for a token: before it is sent, or before it is sent once more.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Request;
use tower_service::Service;

use crate::{
    attach::Attach,
    error::{BoxError, TokenError, TokenErrorKind},
    source::{Acquired, Budget, Sent, TokenSource},
    watching::{Again, Refused, Watching},
};

/// A request without a token.
pub(crate) struct Waiting<S, ReqBody, Res> {
    inner: S,
    source: TokenSource,
    attach: Attach,
    request: Option<Request<ReqBody>>,
    watching: Option<Box<Watching<S, ReqBody>>>,
    step: Step,
    /// How many tokens it has outlived.
    outlived: u32,
    /// The answer it had before, and which token that refused.
    refused: Option<(Res, u64)>,
}

/// After so many tokens that were gone when the service below was ready, it is not going to be in time.
const OUTLIVED: u32 = 5;

/// First the token, then the inner service's readiness, so that none is held while the other is awaited.
enum Step {
    Token(Acquiring),
    Ready(Acquired),
}

type Acquiring = Pin<Box<dyn Future<Output = Result<Acquired, TokenError>> + Send>>;

/// How the waiting ends.
pub(crate) enum Ended<F, S, ReqBody, Res> {
    Called {
        future: F,
        sent: Option<Sent>,
        watching: Option<Box<Watching<S, ReqBody>>>,
    },
    /// There is no other token: this was its answer.
    Answered(Res),
}

type End<S, ReqBody, Res> =
    Result<Ended<<S as Service<Request<ReqBody>>>::Future, S, ReqBody, Res>, BoxError>;

impl<S, ReqBody, Res> Waiting<S, ReqBody, Res> {
    pub(crate) fn new(
        inner: S,
        source: TokenSource,
        attach: Attach,
        request: Request<ReqBody>,
        watching: Option<Box<Watching<S, ReqBody>>>,
    ) -> Box<Self> {
        let step = Step::Token(acquire(&source, None));
        Box::new(Self {
            inner,
            source,
            attach,
            request: Some(request),
            watching,
            step,
            outlived: 0,
            refused: None,
        })
    }

    /// For a request whose token was refused.
    pub(crate) fn again(refused: Refused<S, ReqBody, Res>) -> Box<Self> {
        let Refused {
            source,
            generation,
            answer,
            again,
            watching,
        } = refused;
        let Again {
            inner,
            attach,
            request,
        } = again;
        let mut waiting = Self::new(inner, source, attach, request, Some(watching));
        waiting.refused = Some((answer, generation));
        waiting
    }
}

impl<S, ReqBody, Res> Waiting<S, ReqBody, Res>
where
    S: Service<Request<ReqBody>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Waits for a token and for the inner service, then calls it.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<End<S, ReqBody, Res>> {
        loop {
            match &mut self.step {
                Step::Token(acquiring) => match ready!(acquiring.as_mut().poll(cx)) {
                    Ok(acquired) if self.is_refused(&acquired) => return self.fall_back(None),
                    Ok(acquired) => self.step = Step::Ready(acquired),
                    Err(error) => return self.fall_back(Some(error.into())),
                },
                Step::Ready(acquired) => {
                    if let Err(error) = ready!(self.inner.poll_ready(cx)) {
                        return self.fall_back(Some(error.into()));
                    }
                    if self.source.still_good(acquired) {
                        let request = self
                            .request
                            .take()
                            .expect("a future is not polled after it is done");
                        let attached = self.attach.attach(&self.source, &acquired.kept, request);
                        let attached = match attached {
                            Ok(attached) => attached,
                            Err(error) => return self.fall_back(Some(error.into())),
                        };
                        Watching::remember(&mut self.watching, attached.shown);
                        if self.refused.is_some() {
                            self.source.observe_replayed();
                        }
                        return Poll::Ready(Ok(Ended::Called {
                            future: self.inner.call(attached.request),
                            sent: attached.sent,
                            watching: self.watching.take(),
                        }));
                    }
                    // The token ended, or was thrown away or refused, while the service was busy: once more from the start, without the
                    // readiness.
                    self.outlived += 1;
                    if self.outlived == OUTLIVED {
                        return self.fall_back(Some(outlived().into()));
                    }
                    self.inner = self.inner.clone();
                    self.step = Step::Token(acquire(&self.source, Some(acquired.budget())));
                }
            }
        }
    }

    /// Whether this is the token that was refused already.
    fn is_refused(&self, acquired: &Acquired) -> bool {
        let generation = acquired.kept.generation();
        self.refused
            .as_ref()
            .is_some_and(|(_, refused)| generation <= *refused)
    }

    /// What the caller gets who cannot be given another token: the answer to the one there was.
    fn fall_back(&mut self, error: Option<BoxError>) -> Poll<End<S, ReqBody, Res>> {
        Poll::Ready(match (self.refused.take(), error) {
            (Some((answer, _)), _) => Ok(Ended::Answered(answer)),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("no token is refused without an answer"),
        })
    }
}

/// Waits for a token: for the first time, or with what is left of the budget.
fn acquire(source: &TokenSource, budget: Option<Budget>) -> Acquiring {
    let source = source.clone();
    Box::pin(async move {
        match budget {
            Some(budget) => source.acquire_within(budget).await,
            None => source.acquire().await,
        }
    })
}

fn outlived() -> TokenError {
    TokenError::new(
        TokenErrorKind::Timeout,
        "the request was not sent: its tokens ended or were thrown away while the service below was not ready; \
         that service is overloaded, or tokens are very short",
    )
}
