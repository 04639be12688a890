//! Faults at random, the same ones for the same seed.

use std::time::Duration;

use tests::{Api, Fault, OidcProvider, Proxy};
use tokio::time::{Instant, sleep, sleep_until};
use tower_oauth2_client_credentials::BoxError;

/// What fails, and how often it did.
#[derive(Debug)]
pub(crate) struct Faults {
    draws: fastrand::Rng,
    count: u64,
}

/// All that may happen between the program and its servers.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    Network(Fault),
    HangUp,
    /// The authorization server is stopped.
    Stop,
    /// The API refuses every token that it has seen.
    Revoke,
}

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const GARBAGE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\nconnection: close\r\n\r\n<html>no</htm";
const FAILED: &str =
    "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const NO_HTTP: &str = "220 mail.example.com ESMTP\r\n";

const MISHAPS: [Mishap; 12] = [
    Mishap::Network(Fault::Swallow),
    Mishap::Network(Fault::Reset),
    Mishap::Network(Fault::Cut),
    Mishap::Network(Fault::CutByReset),
    Mishap::Network(Fault::Slow(Duration::from_millis(700))),
    Mishap::Network(Fault::Answer(BUSY)),
    Mishap::Network(Fault::Answer(GARBAGE)),
    Mishap::Network(Fault::Answer(FAILED)),
    Mishap::Network(Fault::Answer(NO_HTTP)),
    Mishap::HangUp,
    Mishap::Stop,
    Mishap::Revoke,
];

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            draws: fastrand::Rng::with_seed(seed),
            count: 0,
        }
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// One after another until `end`; then all is well.
    pub(crate) async fn until(
        &mut self,
        end: Instant,
        servers: (&OidcProvider, &Proxy, &Api),
    ) -> Result<(), BoxError> {
        while Instant::now() < end {
            let calm = Duration::from_millis(self.draws.u64(500..8_000));
            sleep_until(end.min(Instant::now() + calm)).await;
            let mishap = MISHAPS[self.draws.usize(..MISHAPS.len())];
            let lasts = Duration::from_millis(self.draws.u64(100..6_000));
            let until = end.min(Instant::now() + lasts);
            self.count += 1;
            happen(mishap, until, servers).await?;
        }
        Ok(())
    }
}

/// The worst that may happen, and so the most memory that is ever needed: everybody waits, and then all at once do not.
pub(crate) async fn storm(lasts: Duration, proxy: &Proxy) {
    proxy.set(Fault::Swallow);
    sleep(lasts).await;
    proxy.set(Fault::None);
    proxy.hang_up();
}

async fn happen(
    mishap: Mishap,
    until: Instant,
    (provider, proxy, api): (&OidcProvider, &Proxy, &Api),
) -> Result<(), BoxError> {
    match mishap {
        Mishap::Network(fault) => proxy.set(fault),
        Mishap::HangUp => proxy.hang_up(),
        Mishap::Stop => provider.pause(true)?,
        Mishap::Revoke => api.revoke_all(),
    }
    sleep_until(until).await;
    proxy.set(Fault::None);
    if matches!(mishap, Mishap::Stop) {
        provider.pause(false)?;
    }
    Ok(())
}
