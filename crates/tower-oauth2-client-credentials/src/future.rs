//! The future of a request.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    error::{BoxError, TokenError},
    refusal::may_be_refusal,
    source::Sent,
    waiting::{Ended, Waiting},
    watching::{self, Watching},
};

pin_project! {
    /// The future of a request through [`ClientCredentials`](crate::ClientCredentials).
    ///
    /// While the token is warm it is the inner service's future and a few words; all that waiting needs is in a box.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, ReqBody>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, ReqBody, S::Response, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody, Res, F> {
        // With the token that it carries, if that is one of ours.
        Called { #[pin] future: F, sent: Option<Sent> },
        // The same, where more than a refusal is to be told or done.
        Watched { #[pin] future: F, watching: Option<Box<Watching<S, ReqBody>>> },
        Waiting { waiting: Box<Waiting<S, ReqBody, Res>> },
        Failed { error: Option<TokenError> },
    }
}

impl<S, ReqBody> ResponseFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>>,
{
    #[inline]
    pub(crate) fn called(future: S::Future, sent: Option<Sent>) -> Self {
        Self {
            state: State::Called { future, sent },
        }
    }

    pub(crate) fn watched(
        future: S::Future,
        sent: Option<Sent>,
        watching: Option<Box<Watching<S, ReqBody>>>,
    ) -> Self {
        Self {
            state: State::watched(future, sent, watching),
        }
    }

    pub(crate) fn failed(error: TokenError) -> Self {
        Self {
            state: State::Failed { error: Some(error) },
        }
    }

    pub(crate) fn waiting(waiting: Box<Waiting<S, ReqBody, S::Response>>) -> Self {
        Self {
            state: State::Waiting { waiting },
        }
    }
}

impl<S, ReqBody, Res, F> State<S, ReqBody, Res, F> {
    fn watched(future: F, sent: Option<Sent>, watching: Option<Box<Watching<S, ReqBody>>>) -> Self {
        match (sent, watching) {
            (Some(sent), Some(mut watching)) => {
                watching.sent = Some(sent);
                Self::Watched {
                    future,
                    watching: Some(watching),
                }
            }
            (sent, _) => Self::Called { future, sent },
        }
    }
}

impl<S, ReqBody, ResBody> Future for ResponseFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<ResBody>, BoxError>;

    // Part of whoever polls it: through a call, the answer is moved once more, which costs more than the look at it.
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let StateProj::Called { future, sent } = self.as_mut().project().state.project() else {
            return self.poll_with_care(cx);
        };
        let polled = future.poll(cx);
        // Looked at before it is moved.
        if let Poll::Ready(Ok(answer)) = &polled
            && may_be_refusal(answer)
        {
            return polled.map(|answer| Ok(watching::tell(*sent, answer.map_err(Into::into)?)));
        }
        polled.map_err(Into::into)
    }
}

impl<S, ReqBody, ResBody> ResponseFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Of a request that waits for a token, or is watched.
    #[inline(never)]
    fn poll_with_care(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResBody>, BoxError>> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Called { future, sent } => {
                    let answer = ready!(future.poll(cx)).map_err(Into::into)?;
                    return Poll::Ready(Ok(watching::tell(*sent, answer)));
                }
                StateProj::Watched { future, watching } => {
                    let answer = ready!(future.poll(cx)).map_err(Into::into)?;
                    let watching = watching
                        .take()
                        .expect("a future is not polled after it is done");
                    match watching::look(watching, answer) {
                        Ok(answer) => return Poll::Ready(Ok(answer)),
                        Err(refused) => {
                            let waiting = Waiting::again(*refused);
                            state.set(State::Waiting { waiting });
                        }
                    }
                }
                StateProj::Waiting { waiting } => match ready!(waiting.poll_end(cx))? {
                    Ended::Answered(answer) => return Poll::Ready(Ok(answer)),
                    Ended::Called {
                        future,
                        sent,
                        watching,
                    } => state.set(State::watched(future, sent, watching)),
                },
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

impl<S, ReqBody> fmt::Debug for ResponseFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Called { .. } | State::Watched { .. } => "Called",
            State::Waiting { .. } => "Waiting",
            State::Failed { .. } => "Failed",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
