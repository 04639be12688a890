//! What was asked of an authorization server, counted where the token source asks it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use oauth2_client_credentials::TokenResponse;
use tower::Service;
use tower_oauth2_client_credentials::{BoxError, Fetch};

/// Every token request of a source, and the token that came of it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    requests: u64,
    tokens: Vec<Life>,
}

/// When a token was there for requests.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    came: Instant,
    ends: Instant,
}

/// A token service whose requests are noted.
#[derive(Clone, Debug)]
pub struct Noted<S> {
    inner: S,
    asked: Asked,
}

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

    /// The tokens that came, the first one first.
    #[must_use]
    pub fn tokens(&self) -> Vec<Life> {
        self.log().tokens.clone()
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Life {
    /// When it came.
    #[must_use]
    pub fn came(&self) -> Instant {
        self.came
    }

    /// When it ends: its lifetime after it was asked for.
    #[must_use]
    pub fn ends(&self) -> Instant {
        self.ends
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
        let asked = self.asked.clone();
        asked.log().requests += 1;
        let sent = Instant::now();
        let answer = self.inner.call(fetch);
        Box::pin(async move {
            let token = answer.await.map_err(Into::into)?;
            let lifetime = token.expires_in().unwrap_or(Duration::MAX);
            let ends = sent.checked_add(lifetime).unwrap_or(sent);
            let came = Instant::now();
            let mut log = asked.log();
            // A soak makes thousands: those that have ended are of no more use than their number.
            if log.tokens.len() >= 1_024 {
                log.tokens.drain(..512);
            }
            log.tokens.push(Life { came, ends });
            drop(log);
            Ok(token)
        })
    }
}
