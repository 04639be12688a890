//! One attempt: the token service is asked once.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    time::Duration,
};

use http::StatusCode;
use oauth2_client_credentials::ResponseError;
use tokio::time;
use tower::ServiceExt;

use super::Task;
use crate::{
    clock::Moment,
    credential::Tried,
    endpoint::EndpointError,
    error::{BoxError, TokenError, TokenErrorKind, find},
    fetch::Fetch,
    panics::catch_panic,
    source::{errors, gate::Failure, landing::Landing, weigh::Answer},
};

/// One attempt that failed.
pub(super) struct Attempt {
    pub(super) error: TokenError,
    tried: Option<Tried>,
    /// What panicked once is not asked again.
    pub(super) panicked: bool,
    /// What the server asked for, and whether it asked for all clients.
    pub(super) retry_after: Option<(Duration, bool)>,
}

impl Task {
    /// Asks the token service once. Assertions, proofs and secrets are made anew by it. A panic in it is a failure like another.
    pub(super) async fn attempt(&self, limit: Duration, sent: Moment) -> Result<Answer, Attempt> {
        let tried = self.context.tried();
        let failed = |error, panicked| Attempt {
            error,
            tried: tried.clone(),
            panicked,
            retry_after: None,
        };
        let fetch = Fetch::new(self.cell.request().clone());
        let fetch = match self.flight.instead_of() {
            Some(token) => fetch.with_instead_of(token),
            None => fetch,
        };
        let mut answer: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(async { self.context.service().oneshot(fetch).await });
        let outcome = time::timeout(limit, catch_panic(answer.as_mut())).await;
        // A future may panic where it is dropped, too.
        let panicked = catch_unwind(AssertUnwindSafe(|| drop(answer))).is_err();
        match outcome {
            Ok(Some(Ok(response))) => {
                let clock = &self.context.clock;
                Ok(Answer::new(response, sent, clock.now(), clock.wall()))
            }
            Ok(Some(Err(error))) => Err(Attempt::failed(error, tried)),
            Err(_) if !panicked => Err(failed(errors::attempt_timed_out(limit), false)),
            Ok(None) | Err(_) => Err(failed(errors::panicked(), true)),
        }
    }
}

impl Attempt {
    fn failed(error: BoxError, tried: Option<Tried>) -> Self {
        let told = find::<EndpointError>(&*error).map(|error| error.tried().clone());
        let retry_after = find::<ResponseError>(&*error).and_then(|answer| {
            let for_all = matches!(
                answer.status(),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            );
            Some((answer.retry_after()?, for_all))
        });
        Self {
            error: TokenError::from_service(error),
            tried: told.or(tried),
            panicked: false,
            retry_after,
        }
    }

    pub(super) fn landing(self, retry_after: Option<Moment>) -> Landing {
        let tried = match self.error.kind() {
            TokenErrorKind::ClientAuthentication => self.tried,
            // One that came meanwhile would have met the same failure.
            _ => self.tried.map(Tried::now),
        };
        Landing::Failed(Failure {
            error: self.error,
            tried,
            retry_after,
        })
    }
}
