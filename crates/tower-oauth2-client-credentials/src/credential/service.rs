//! A credential that a service of the user's gives.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, time::Instant};
use tower::{ServiceExt, util::BoxCloneService};
use tower_service::Service;

use super::{
    ask::{Answering, Asking, Question},
    current::Current,
    evidence::Evidence,
};
use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    heard::Hidden,
};

/// A service that is asked for the credential, with its types erased.
pub(super) struct CredentialService {
    /// It need not be `Sync`, and is locked for one clone.
    service: Mutex<BoxCloneService<(), Evidence, BoxError>>,
    max_age: Duration,
    question: Question,
    failed_at: Mutex<Option<Instant>>,
}

/// How often it is asked while requests fail because of what it gave, and while it fails.
const LOOK_EVERY: Duration = Duration::from_secs(10);

impl CredentialService {
    pub(super) fn new<T>(service: T, max_age: Duration) -> Self
    where
        T: Service<()> + Clone + Send + 'static,
        T::Response: Into<Evidence>,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        Self {
            service: Mutex::new(BoxCloneService::new(
                service.map_response(Into::into).map_err(Into::into),
            )),
            max_age,
            question: Question::default(),
            failed_at: Mutex::new(None),
        }
    }

    /// Whether what it gave is too old. With an old one at hand, a service that fails is left alone for a while.
    pub(super) fn is_due(&self, current: &Current) -> bool {
        let old = current
            .read_at()
            .is_none_or(|read_at| read_at.elapsed() >= self.max_age);
        let failed_at = *self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let left_alone = current.version() > 0
            && failed_at.is_some_and(|failed_at| failed_at.elapsed() < LOOK_EVERY);
        old && !left_alone
    }

    /// It does not answer: with an old credential at hand, nobody waits for it again for a while.
    pub(super) fn leave_alone(&self) {
        self.set_failed_at(Some(Instant::now()));
    }

    fn set_failed_at(&self, at: Option<Instant>) {
        *self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(super) fn may_look(&self) -> bool {
        self.question.may_look(LOOK_EVERY)
    }

    /// Asks it, in a task of its own.
    pub(super) fn ask(self: &Arc<Self>, runtime: &Handle, current: &Arc<Current>) -> Asking {
        self.question.ask(|answering| {
            let (this, current) = (Arc::clone(self), Arc::clone(current));
            drop(runtime.spawn(async move {
                let mut outcome = Outcome {
                    service: this,
                    current,
                    answering,
                    answer: None,
                };
                let service = outcome.service.clone_service();
                outcome.answer = Some(service.oneshot(()).await);
            }));
        })
    }

    fn clone_service(&self) -> BoxCloneService<(), Evidence, BoxError> {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        service.clone()
    }

    /// `None`: there is no answer, nor will there be.
    fn take(&self, current: &Current, answer: Option<Result<Evidence, BoxError>>) {
        let outcome = match answer {
            Some(Ok(evidence)) => current.adopt(evidence).map_err(|error| unfit(&*error)),
            Some(Err(error)) => Err(problem(error, &current.hidden())),
            None => Err(failed(
                "it panicked, and the panic hook was told why, or its runtime was shut down",
            )),
        };
        self.set_failed_at(outcome.as_ref().err().map(|_| Instant::now()));
        if let Err(problem) = outcome {
            current.fail(problem);
        }
    }
}

/// What comes of one question. Without an answer, the service panicked or its runtime ended.
struct Outcome {
    service: Arc<CredentialService>,
    current: Arc<Current>,
    answering: Answering,
    answer: Option<Result<Evidence, BoxError>>,
}

impl Drop for Outcome {
    fn drop(&mut self) {
        let answer = self.answer.take();
        let service = &self.service;
        service.question.publish(&self.answering, || {
            service.take(&self.current, answer);
        });
    }
}

/// Its own word if it has one, else a failure that may pass. A part of it may be a server's, which has seen the credential that there was.
fn problem(error: BoxError, hidden: &Hidden) -> TokenError {
    if let Some(known) = TokenError::find(&*error) {
        return hidden.in_token_error(known);
    }
    failed(&hidden.in_causes(&*error))
}

fn failed(why: &str) -> TokenError {
    let message =
        format!("the service that gives the client's credential failed: {why}; look there why");
    TokenError::new(TokenErrorKind::Transient, message)
}

fn unfit(error: &(dyn Error + 'static)) -> TokenError {
    let message = format!(
        "the service that gives the client's credential gave none that can be used: {}",
        Hidden::default().in_causes(error)
    );
    TokenError::new(TokenErrorKind::Configuration, message)
}
