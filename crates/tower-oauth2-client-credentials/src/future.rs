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
        Waiting { waiting: Box<Waiting<S, ReqBody, Res>> },
        Called {
            #[pin]
            future: F,
            // The token that the request carries, if it is one of ours.
            sent: Option<Sent>,
            watching: Option<Box<Watching<S, ReqBody>>>,
        },
        Failed { error: Option<TokenError> },
    }
}

impl<S, ReqBody> ResponseFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>>,
{
    #[inline]
    pub(crate) fn called(
        future: S::Future,
        sent: Option<Sent>,
        watching: Option<Box<Watching<S, ReqBody>>>,
    ) -> Self {
        Self {
            state: State::Called {
                future,
                sent,
                watching,
            },
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

impl<S, ReqBody, ResBody> Future for ResponseFuture<S, ReqBody>
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
                StateProj::Called {
                    future,
                    sent,
                    watching,
                } => {
                    let answer = ready!(future.poll(cx)).map_err(Into::into)?;
                    let (sent, watching) = (sent.take(), watching.take());
                    let is_suspect = watching.is_some() || may_be_refusal(&answer);
                    let Some(sent) = sent.filter(|_| is_suspect) else {
                        return Poll::Ready(Ok(answer));
                    };
                    match watching::look(sent, watching, answer) {
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
                    } => state.set(State::Called {
                        future,
                        sent,
                        watching,
                    }),
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
            State::Waiting { .. } => "Waiting",
            State::Called { .. } => "Called",
            State::Failed { .. } => "Failed",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
