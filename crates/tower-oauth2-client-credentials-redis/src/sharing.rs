//! From an order to a token: the store's, another replica's, or one of our own.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::time::{self, Instant};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{Fetch, oauth2_client_credentials::TokenResponse};
use tower_service::Service;

use crate::{
    cell::{Cell, Looked},
    event::CacheEvent,
    guarded::Away,
    lease::Lease,
};

/// How long another replica is waited for: longer than a lease lives on after its holder, and short enough that a token request of our
/// own still fits into the 6 s of an attempt.
const WAIT: Duration = Duration::from_secs(4);
/// How soon one looks again, at first and at last.
const PAUSE: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(400));

/// How the wait for the right to fetch ends.
enum Turn {
    /// Somebody else has fetched.
    Token(TokenResponse),
    /// It is ours to fetch; or there was no time for that any more, and the lease is not held.
    Ours(Lease, Looked),
}

/// Answers one order.
pub(crate) async fn fetch<S>(
    cell: &Cell<'_>,
    inner: S,
    fetch: Fetch,
) -> Result<TokenResponse, S::Error>
where
    S: Service<Fetch, Response = TokenResponse>,
{
    match turn(cell).await {
        Ok(Turn::Token(token)) => Ok(token),
        Ok(Turn::Ours(lease, looked)) => mint(cell, inner, fetch, lease, looked).await,
        Err(Away) => alone(cell, inner, fetch).await,
    }
}

async fn turn(cell: &Cell<'_>) -> Result<Turn, Away> {
    let begun = Instant::now();
    let looked = cell.look().await?;
    if let Some(token) = cell.good(&looked) {
        cell.tell(&CacheEvent::Hit);
        return Ok(Turn::Token(token));
    }
    let mut lease = cell.lease().ok_or(Away)?;
    let mut pause = PAUSE.0;
    loop {
        let acquired = lease.acquire().await?;
        // Whoever had it may have fetched since the last look.
        let looked = cell.look().await?;
        if let Some(token) = cell.good(&looked) {
            lease.release().await;
            let waited = begun.elapsed();
            cell.tell(&CacheEvent::Waited { waited });
            return Ok(Turn::Token(token));
        }
        let left = WAIT.saturating_sub(begun.elapsed());
        if acquired || left.is_zero() {
            return Ok(Turn::Ours(lease, looked));
        }
        time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0).min(left)).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Fetches for all, and says all the while that it lives.
async fn mint<S>(
    cell: &Cell<'_>,
    inner: S,
    fetch: Fetch,
    mut lease: Lease,
    looked: Looked,
) -> Result<TokenResponse, S::Error>
where
    S: Service<Fetch, Response = TokenResponse>,
{
    let sent = cell.now();
    let leased = lease.is_held();
    let outcome = {
        let mut answer = pin!(inner.oneshot(fetch));
        let mut beats = pin!(lease.keep());
        poll_fn(|cx| {
            let answer = answer.as_mut().poll(cx);
            if answer.is_pending() && leased {
                let _never: Poll<()> = beats.as_mut().poll(cx);
            }
            answer
        })
        .await
    };
    match outcome {
        Ok(token) => {
            let shared = cell.share(&token, sent, &lease, &looked).await;
            if shared {
                lease.is_gone();
            }
            lease.release().await;
            cell.tell(&CacheEvent::Minted { leased, shared });
            Ok(token)
        }
        Err(error) => {
            lease.release().await;
            cell.tell(&CacheEvent::MintFailed);
            cell.working(&looked).ok_or(error)
        }
    }
}

/// Fetches as if there were no store.
async fn alone<S>(cell: &Cell<'_>, inner: S, fetch: Fetch) -> Result<TokenResponse, S::Error>
where
    S: Service<Fetch, Response = TokenResponse>,
{
    let sent = cell.now();
    let outcome = inner.oneshot(fetch).await;
    match &outcome {
        Ok(token) => {
            cell.keep(token, sent);
            cell.tell(&CacheEvent::Minted {
                leased: false,
                shared: false,
            });
        }
        Err(_) => cell.tell(&CacheEvent::MintFailed),
    }
    outcome
}
