//! How a flight is carried out: a few attempts, each with its limit, and the landing whatever happens.

mod attempt;
mod report;

use std::{future::poll_fn, sync::Arc};

use tokio::{runtime::Handle, time};

use self::attempt::Attempt;
use super::{
    cell::Cell,
    context::{Context, LATE},
    flight::Flight,
    landing::Landing,
};
use crate::clock::Moment;

/// Carries out `flight` in a task of its own. Who asked for it may go away; the flight goes on.
pub(crate) fn launch(
    runtime: &Handle,
    context: &Arc<Context>,
    cell: &Arc<Cell>,
    flight: &Arc<Flight>,
) {
    context
        .governor
        .enter(flight, &context.schedule, context.clock.now());
    let task = Task {
        context: Arc::clone(context),
        cell: Arc::clone(cell),
        flight: Arc::clone(flight),
        attempts: 0,
        landed: false,
    };
    let task = task.run();
    #[cfg(feature = "tracing")]
    let task = tracing::Instrument::instrument(task, span());
    flight.carried_by(runtime.spawn(task).abort_handle());
}

/// A span of its own: the request that happened to start the flight is only one of those it is for.
#[cfg(feature = "tracing")]
fn span() -> tracing::Span {
    let span = tracing::info_span!(parent: None, "token_request");
    span.follows_from(tracing::Span::current());
    span
}

/// A flight under way. Dropping it lands the flight, so that nobody waits for a task that is gone.
struct Task {
    context: Arc<Context>,
    cell: Arc<Cell>,
    flight: Arc<Flight>,
    attempts: u32,
    landed: bool,
}

impl Task {
    async fn run(mut self) {
        let started = self.wait_in_line().await;
        let landing = self.attempt_until_done(started).await;
        self.land(landing);
    }

    /// Waits until it is let through. Looks itself now and then: those before it may stand still, with nobody left to notice.
    async fn wait_in_line(&self) -> Moment {
        let Context {
            governor,
            schedule,
            clock,
            ..
        } = &*self.context;
        loop {
            let started = poll_fn(|cx| self.flight.poll_started(cx));
            match time::timeout(schedule.flight_timeout(), started).await {
                Ok(started) => return started,
                Err(_) => governor.advance(schedule, clock.now()),
            }
        }
    }

    async fn attempt_until_done(&mut self, started: Moment) -> Landing {
        let mut last: Option<(Attempt, Option<Moment>)> = None;
        loop {
            let sent = self.context.clock.now();
            if let Some(error) = self.context.governor.paused(sent) {
                // Somebody else was told to leave the server alone, while this one stood in line or slept.
                return last.map_or(Landing::HeldBack(error), |(attempt, asked)| {
                    attempt.landing(asked)
                });
            }
            let limit = self.context.schedule.attempt_timeout(sent.since(started));
            if limit.is_zero() {
                // The machine slept in the middle of the flight: whoever needs a token starts another.
                return last.map_or(Landing::Lost, |(attempt, asked)| attempt.landing(asked));
            }
            self.attempts += 1;
            let attempt = match self.attempt(limit, sent).await {
                Ok(answer) => return Landing::Token(answer),
                Err(attempt) => attempt,
            };
            let now = self.context.clock.now();
            let late = now.since(sent) > limit + LATE && attempt.retry_after.is_none();
            if late && attempt.error.is_transient() {
                // The program was stopped, or the machine slept: that is no failure of the server's.
                return Landing::Lost;
            }
            let schedule = &self.context.schedule;
            let asked = attempt
                .retry_after
                .map(|(asked, _)| schedule.retry_after(asked));
            let sleep = schedule
                .backoff(self.attempts, self.context.draw())
                .max(asked.unwrap_or_default());
            let again = attempt.error.is_transient()
                && !attempt.panicked
                && self.attempts < schedule.attempts();
            if !again || !schedule.fits(now.since(started), sleep) {
                let until = asked.map(|asked| now + asked);
                if let (Some(until), Some((_, true))) = (until, attempt.retry_after) {
                    self.context.governor.pause(until, &attempt.error);
                }
                return attempt.landing(until);
            }
            self.flight.failed(&attempt.error);
            last = Some((attempt, asked.map(|asked| now + asked)));
            time::sleep(sleep).await;
        }
    }

    fn land(&mut self, landing: Landing) {
        let Self {
            context,
            cell,
            flight,
            ..
        } = &*self;
        let now = context.clock.now();
        context.governor.leave(flight, &context.schedule, now);
        let landed = cell.land(context, flight, landing, now);
        let waiters = flight.land(landed.outcome.clone());
        self.landed = true;
        self.report(&landed, waiters, now);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.landed {
            self.land(Landing::Lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use oauth2_client_credentials::{Decoder, TokenRequest, TokenResponse};
    use tokio::time::Instant;

    use super::*;
    use crate::{
        clock::Clock,
        error::{BoxError, TokenError},
        fetch::Fetch,
        source::{flight::Outcome, state::Decision},
    };

    /// Goes by tokio's clock, which a test drives.
    #[derive(Debug)]
    struct TokioClock(Instant);

    impl Clock for TokioClock {
        fn monotonic(&self) -> Duration {
            self.0.elapsed()
        }

        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + self.0.elapsed()
        }
    }

    /// A server that always answers this.
    fn context(status: u16, retry_after: Option<&'static str>) -> Arc<Context> {
        let service = tower::service_fn(move |fetch: Fetch| async move {
            let mut answer = http::Response::builder().status(status);
            if let Some(retry_after) = retry_after {
                answer = answer.header("retry-after", retry_after);
            }
            let answer = answer.body(Bytes::new())?;
            let decoded =
                Decoder::lenient().decode(fetch.request(), &answer, SystemTime::UNIX_EPOCH);
            Ok::<TokenResponse, BoxError>(decoded?)
        });
        Context::with(service, TokioClock(Instant::now()))
    }

    fn cell() -> Arc<Cell> {
        Arc::new(Cell::new(TokenRequest::default()))
    }

    /// Asks once through `cell`; the error, and whether it was asked at all.
    async fn ask(context: &Arc<Context>, cell: &Arc<Cell>) -> (TokenError, bool) {
        match cell.decide(context, true, context.clock.now()) {
            Decision::Wait { flight, .. } => {
                launch(&Handle::current(), context, cell, &flight);
                match flight.outcome().await {
                    Outcome::Failed(error) => (error, flight.started().is_some()),
                    other => panic!("no token can come: {other:?}"),
                }
            }
            Decision::Fail(error) => (error, false),
            other => panic!("no token can be there: {other:?}"),
        }
    }

    /// Status and `Retry-After`; then whether another cell may ask.
    #[tokio::test(start_paused = true)]
    async fn a_pause_that_the_server_asks_for_with_429_or_503_is_for_every_cell() {
        for (status, retry_after, others_may_ask) in [
            (429, Some("90"), false),
            (503, Some("90"), false),
            (500, Some("90"), true),
            (408, Some("90"), true),
            (429, None, true),
            (503, None, true),
        ] {
            let (context, one, other) = (context(status, retry_after), cell(), cell());
            let (error, asked) = ask(&context, &one).await;
            assert!(asked);
            if retry_after.is_some() {
                assert_eq!(error.retry_in(), Some(Duration::from_secs(90)), "{status}");
            }
            let (error, asked) = ask(&context, &other).await;
            assert_eq!(asked, others_may_ask, "{status} {retry_after:?}: {error}");
        }
    }

    /// Nine cells ask at once; eight are told to go away, and the ninth, in line behind them, is not sent.
    #[tokio::test(start_paused = true)]
    async fn a_flight_in_line_looks_again_before_it_is_sent() {
        let context = context(429, Some("90"));
        let asked = (0..9).map(|_| {
            let context = Arc::clone(&context);
            tokio::spawn(async move { ask(&context, &cell()).await.0 })
        });
        let asked: Vec<_> = asked.collect();
        for (index, asked) in asked.into_iter().enumerate() {
            let error = asked.await.unwrap();
            assert_eq!(
                error.retry_in(),
                Some(Duration::from_secs(90)),
                "{index}: {error}"
            );
        }
    }
}
