//! The authorization server, as far as a fleet sees it.

use std::{
    future::Future,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use oauth2_client_credentials::TokenResponse;
use tokio::time::{Instant, sleep};
use tower::Service;
use tower_oauth2_client_credentials::{BoxError, Fetch};

use crate::{counts::Counts, simulation::Setting};

/// How long an answer takes.
const LATENCY: Duration = Duration::from_millis(50);

/// Gives a token to whoever asks, unless it is away: then no connection comes about.
#[derive(Clone)]
pub(crate) struct AuthorizationServer {
    counts: Arc<Counts>,
    begin: Instant,
    outage: Option<Range<Duration>>,
    lifetime: Duration,
}

impl AuthorizationServer {
    pub(crate) fn new(setting: &Setting, counts: Arc<Counts>, begin: Instant) -> Self {
        Self {
            counts,
            begin,
            outage: setting.outage.clone(),
            lifetime: setting.lifetime,
        }
    }
}

impl Service<Fetch> for AuthorizationServer {
    type Response = TokenResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokenResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Fetch) -> Self::Future {
        let at = self.begin.elapsed();
        let is_away = self
            .outage
            .as_ref()
            .is_some_and(|outage| outage.contains(&at));
        let number = self.counts.token_request(at);
        let lifetime = self.lifetime;
        Box::pin(async move {
            if is_away {
                return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
            }
            sleep(LATENCY).await;
            let token = TokenResponse::builder(format!("t{number}")).expires_in(lifetime);
            Ok(token.build()?)
        })
    }
}
