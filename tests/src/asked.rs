//! What was asked of an authorization server, noted where the token source asks it.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use oauth2_client_credentials::TokenResponse;
use tower::Service;
use tower_oauth2_client_credentials::{BoxError, Fetch};

/// Every token request of a source, and what came of it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    requests: u64,
    /// The last ones.
    attempts: VecDeque<Attempt>,
}

/// A token request.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    sent: Instant,
    ended: Option<Instant>,
    token_ends: Option<Instant>,
}

/// A token service whose requests are noted.
#[derive(Clone, Debug)]
pub struct Noted<S> {
    inner: S,
    asked: Asked,
}

/// A soak makes thousands: of those before the last ones the number is enough.
const REMEMBERED: usize = 512;

impl Asked {
    /// `service`, with a note of what it is asked.
    pub fn note<S>(&self, service: S) -> Noted<S> {
        Noted {
            inner: service,
            asked: self.clone(),
        }
    }

    /// Token requests that were sent.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.log().requests
    }

    /// Each of them, up to a few hundred, the first one first.
    #[must_use]
    pub fn attempts(&self) -> Vec<Attempt> {
        self.log().attempts.iter().copied().collect()
    }

    fn begin(&self) -> UnderWay {
        let mut log = self.log();
        let number = log.requests;
        log.requests += 1;
        if log.attempts.len() == REMEMBERED {
            log.attempts.pop_front();
        }
        log.attempts.push_back(Attempt::new(Instant::now()));
        UnderWay {
            asked: self.clone(),
            number,
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// One that is under way.
    #[must_use]
    pub fn new(sent: Instant) -> Self {
        Self {
            sent,
            ended: None,
            token_ends: None,
        }
    }

    /// Its end, and how long the token lives that came, if one did.
    #[must_use]
    pub fn ended_at(self, at: Instant, lifetime: Option<Duration>) -> Self {
        Self {
            ended: Some(at),
            token_ends: lifetime.map(|lifetime| self.sent.checked_add(lifetime).unwrap_or(at)),
            ..self
        }
    }

    /// When it was sent.
    #[must_use]
    pub fn sent(&self) -> Instant {
        self.sent
    }

    /// When it ended, also by being given up.
    #[must_use]
    pub fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// When the token ends that came: its lifetime after it was asked for.
    #[must_use]
    pub fn token_ends(&self) -> Option<Instant> {
        self.token_ends
    }
}

/// Notes the end of a token request, whatever that is.
#[derive(Debug)]
struct UnderWay {
    asked: Asked,
    number: u64,
}

impl UnderWay {
    fn end(&self, lifetime: Option<Duration>) {
        let mut log = self.asked.log();
        let later = usize::try_from(log.requests - self.number).unwrap_or(usize::MAX);
        let index = log.attempts.len().checked_sub(later);
        if let Some(attempt) = index.and_then(|index| log.attempts.get_mut(index))
            && attempt.ended.is_none()
        {
            *attempt = attempt.ended_at(Instant::now(), lifetime);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.end(None);
    }
}

impl<S> Service<Fetch> for Noted<S>
where
    S: Service<Fetch, Response = TokenResponse>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
{
    type Response = TokenResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokenResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        let under_way = self.asked.begin();
        let answer = self.inner.call(fetch);
        Box::pin(async move {
            let token = answer.await.map_err(Into::into)?;
            under_way.end(Some(token.expires_in().unwrap_or(Duration::MAX)));
            Ok(token)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tower::{ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn a_token_request_is_noted_with_its_end_and_its_tokens() {
        let asked = Asked::default();
        let lives = service_fn(|_: Fetch| async {
            let token = TokenResponse::builder("t").expires_in(Duration::from_secs(5));
            Ok::<_, BoxError>(token.build()?)
        });
        let fails = service_fn(|_: Fetch| async { Err::<TokenResponse, BoxError>("no".into()) });
        let fetch = || Fetch::new(Default::default());
        asked.note(lives).oneshot(fetch()).await.unwrap();
        asked.note(fails).oneshot(fetch()).await.unwrap_err();
        let hangs = service_fn(|_: Fetch| pending::<Result<TokenResponse, BoxError>>());
        let given_up = asked.note(hangs).call(fetch());
        assert!(asked.attempts()[2].ended().is_none());
        drop(given_up);

        assert_eq!(asked.requests(), 3);
        let [first, second, third] = asked.attempts()[..] else {
            panic!("{asked:?}");
        };
        let lives = first.token_ends().map(|end| end - first.sent());
        assert_eq!(lives, Some(Duration::from_secs(5)));
        for none in [second, third] {
            assert!(none.ended().is_some() && none.token_ends().is_none());
        }
    }

    #[tokio::test]
    async fn only_the_last_ones_are_remembered() {
        let asked = Asked::default();
        let all: Vec<_> = (0..=REMEMBERED).map(|_| asked.begin()).collect();
        all[0].end(None);
        assert!(
            asked
                .attempts()
                .iter()
                .all(|attempt| attempt.ended().is_none())
        );
        all[1].end(None);
        assert!(asked.attempts()[0].ended().is_some());
        assert_eq!(asked.requests(), 1 + REMEMBERED as u64);
    }
}
