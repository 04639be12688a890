//! One fault under load.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tests::{Load, Outcome, Traffic};
use tokio::time::{sleep, timeout};
use tower_oauth2_client_credentials::BoxError;

use crate::{
    judge::{Row, judge},
    kind::Kind,
    scale::Scale,
    stack::{Requester, Stack},
};

/// An hour, in seconds.
const HOUR: i64 = 3_600;

/// All that happened.
pub(crate) struct Run {
    pub(crate) traffic: Traffic,
    /// Of the fault.
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

/// Requests through the stack, before the fault, during it and after it.
pub(crate) async fn run(kind: Kind, scale: &Scale, stack: &Stack) -> Result<Row, BoxError> {
    let clock = &stack.requester.clock;
    let begin = || {
        match kind {
            Kind::ClockForward => clock.set(HOUR),
            Kind::ClockBack => clock.set(-HOUR),
            _ => {}
        }
        stack.network.fail(kind)
    };
    let end = || {
        clock.set(0);
        stack.network.mend(kind)
    };
    let run = play(kind, scale, &stack.requester, begin, end).await?;
    let row = judge(kind, scale, &run, &stack.requester);
    Ok(row
        .at_the_api(&stack.api)
        .on_the_network(kind, &stack.network))
}

/// Requests at a steady rate until some have been served after the fault.
pub(crate) async fn play(
    kind: Kind,
    scale: &Scale,
    requester: &Requester,
    begin: impl Fn() -> Result<(), BoxError>,
    end: impl Fn() -> Result<(), BoxError>,
) -> Result<Run, BoxError> {
    let (since, over) = (OnceLock::new(), OnceLock::new());
    let is_over = AtomicBool::default();
    let recovered = Arc::<AtomicBool>::default();
    // All start at once, and on a busy machine the first token may take its time.
    while requester.call().await != Outcome::Served {
        sleep(scale.after).await;
    }
    let story = async {
        sleep(scale.before).await;
        if kind.sets_the_clock() {
            // The token is new: nothing but the clock asks for another one soon.
            requester.renewed().await;
        }
        since.get_or_init(Instant::now);
        let began = begin();
        sleep(scale.fault).await;
        let ended = end();
        over.get_or_init(Instant::now);
        is_over.store(true, Ordering::Relaxed);
        let recovered = timeout(scale.recovery(), set(&recovered)).await;
        sleep(scale.after).await;
        let recovered = recovered.map_err(|_| "no request was served again".into());
        began.and(ended).and(recovered)
    };
    let outcome = Mutex::new(Ok(()));
    let story = async {
        let ended = story.await;
        if let Ok(mut outcome) = outcome.lock() {
            *outcome = ended;
        }
    };
    let call = || {
        let (answer, recovered) = (requester.call(), Arc::clone(&recovered));
        let begun_after = is_over.load(Ordering::Relaxed);
        async move {
            let outcome = answer.await;
            if outcome == Outcome::Served {
                recovered.fetch_or(begun_after, Ordering::Relaxed);
            }
            outcome
        }
    };
    let traffic = Load::per_second(scale.per_second).until(story, call).await;
    outcome.into_inner()??;
    let (began, ended) = since.get().zip(over.get()).ok_or("the fault never ended")?;
    Ok(Run {
        traffic,
        began: *began,
        ended: *ended,
    })
}

/// Waits until somebody sets it.
async fn set(flag: &AtomicBool) {
    while !flag.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(10)).await;
    }
}
