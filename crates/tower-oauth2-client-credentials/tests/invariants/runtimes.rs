//! Invariant 12: runtimes come and go.

use std::{sync::Mutex, time::Duration};

use oauth2_client_credentials::TokenResponse;
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tower_oauth2_client_credentials::{Fetch, TokenErrorKind, TokenSource};

use crate::config;

#[derive(Clone, Debug)]
enum Step {
    /// A request on this runtime, polled once and left to itself.
    Begin(usize),
    /// Lets this runtime run for a moment.
    Run(usize),
    /// Shuts this runtime down, and starts another in its place.
    Replace(usize),
    Invalidate,
    /// A request outside any runtime.
    Outside,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..3).prop_map(Step::Begin),
        3 => (0_usize..3).prop_map(Step::Run),
        2 => (0_usize..3).prop_map(Step::Replace),
        1 => Just(Step::Invalidate),
        1 => Just(Step::Outside),
    ]
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(config(|| {}))]

    #[test]
    fn runtimes_that_come_and_go_neither_panic_nor_strand_anybody(steps in prop::collection::vec(step(), 1..20), latency_ms in 0_u64..50) {
        let issued = std::sync::Arc::new(Mutex::new(0));
        let service = tower::service_fn(move |_: Fetch| {
            let issued = issued.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(latency_ms)).await;
                let mut issued = issued.lock().unwrap();
                *issued += 1;
                TokenResponse::new(format!("t{issued}"))
            }
        });
        let source = TokenSource::new(service);
        let mut runtimes: Vec<_> = (0..3).map(|_| runtime()).collect();
        for step in steps {
            match step {
                Step::Begin(index) => {
                    let source = source.clone();
                    drop(runtimes[index].spawn(async move { source.token().await }));
                    runtimes[index].block_on(async { tokio::task::yield_now().await });
                }
                Step::Run(index) => runtimes[index].block_on(async { tokio::time::sleep(Duration::from_millis(20)).await }),
                Step::Replace(index) => runtimes[index] = runtime(),
                Step::Invalidate => source.invalidate(),
                Step::Outside => {
                    let waker = std::task::Waker::noop();
                    let mut context = std::task::Context::from_waker(waker);
                    if let std::task::Poll::Ready(Err(error)) = std::pin::pin!(source.token()).poll(&mut context) {
                        assert_eq!(error.kind(), TokenErrorKind::Configuration);
                    }
                }
            }
        }
        // A flight may sit on a runtime that stands still: whoever waits has its budget, and then it is given up.
        let last = runtime();
        let token = last.block_on(async { source.token().await });
        match token {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), TokenErrorKind::Timeout),
        }
        drop(runtimes);
        last.block_on(async { source.token().await }).unwrap();
    }
}
