//! Callers that go on and on, each with a connection of its own that it keeps for as long as the proxy does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use tokio::{task::JoinSet, time};

use crate::stack::caller;

/// Callers that stop when the proxy is gone.
pub(crate) struct Traffic {
    callers: JoinSet<Vec<String>>,
    served: Arc<AtomicU64>,
    ends: Arc<AtomicBool>,
}

impl Traffic {
    pub(crate) fn start(uri: &str, callers: usize, version: Version) -> Self {
        let (served, ends) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let mut all = JoinSet::new();
        for _ in 0..callers {
            let (uri, served, ends) = (uri.to_owned(), Arc::clone(&served), Arc::clone(&ends));
            all.spawn(async move {
                let caller = caller(version);
                let mut cut = Vec::new();
                while !ends.load(Ordering::Relaxed) {
                    let request = Request::get(&uri).body(Full::<bytes::Bytes>::default());
                    match caller.request(request.unwrap()).await {
                        Ok(answer) if answer.status() == 200 => match answer.collect().await {
                            Ok(_) => drop(served.fetch_add(1, Ordering::Relaxed)),
                            Err(error) => cut.push(format!("{error:?}")),
                        },
                        Ok(answer) => cut.push(format!("{}", answer.status())),
                        // Nobody listens there any more: that was no request.
                        Err(error) if error.is_connect() => break,
                        // It came after the last that is answered, and was not begun: to be sent again (RFC 9113 §6.8).
                        Err(error) if format!("{error:?}").contains("GoAway(b\"\", NO_ERROR") => {}
                        Err(error) => cut.push(format!("{error:?}")),
                    }
                }
                cut
            });
        }
        Self {
            callers: all,
            served,
            ends,
        }
    }

    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Waits until so many more were served.
    pub(crate) async fn goes_on(&self, more: u64) {
        let until = self.served() + more;
        let served = async {
            while self.served() < until {
                time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = time::timeout(crate::proxy::LIMIT, served).await;
        assert!(in_time.is_ok(), "{} served", self.served());
    }

    /// How many were served, and what became of all others.
    pub(crate) async fn end(self) -> (u64, Vec<String>) {
        self.ends.store(true, Ordering::Relaxed);
        let cut = self.callers.join_all().await;
        (
            self.served.load(Ordering::Relaxed),
            cut.into_iter().flatten().collect(),
        )
    }

    /// The same, when the proxy is gone.
    pub(crate) async fn ended(self) -> (u64, Vec<String>) {
        let cut = time::timeout(crate::proxy::LIMIT, self.callers.join_all()).await;
        let cut = cut.expect("they end with the proxy");
        (
            self.served.load(Ordering::Relaxed),
            cut.into_iter().flatten().collect(),
        )
    }
}
