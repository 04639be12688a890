//! Callers that go on and on, each with a connection of its own that it keeps for as long as the proxy does.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use tokio::{task::JoinSet, time};

use crate::{
    proxy::LIMIT,
    stack::{Caller, caller},
    upstream::{ID, Upstream},
};

/// Callers that stop when the proxy is gone.
pub(crate) struct Traffic {
    callers: JoinSet<Told>,
    served: Arc<AtomicU64>,
    ends: Arc<AtomicBool>,
}

/// What callers were told.
#[derive(Default)]
struct Told {
    /// The ids of requests whose answers came to their ends.
    served: BTreeSet<String>,
    /// What became of others, but for those that were not begun.
    cut: Vec<String>,
}

impl Traffic {
    pub(crate) fn start(uri: &str, callers: usize, version: Version) -> Self {
        let (served, ends) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let mut all = JoinSet::new();
        for number in 0..callers {
            let (uri, served, ends) = (uri.to_owned(), Arc::clone(&served), Arc::clone(&ends));
            all.spawn(async move {
                let caller = caller(version);
                let mut told = Told::default();
                for request in 0.. {
                    let (id, before) = (format!("{number}-{request}"), told.served.len());
                    if ends.load(Ordering::Relaxed) || !told.ask(&caller, &uri, id).await {
                        break;
                    }
                    served.fetch_add((told.served.len() - before) as u64, Ordering::Relaxed);
                }
                told
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
        let in_time = time::timeout(LIMIT, served).await;
        assert!(in_time.is_ok(), "{} served", self.served());
    }

    /// How many were served, and what became of all others that are not as if they had never been sent: whatever callers were told,
    /// no request that `upstream` has seen is among those.
    pub(crate) async fn end(self, upstream: &Upstream) -> (usize, Vec<String>) {
        self.ends.store(true, Ordering::Relaxed);
        self.ended(upstream).await
    }

    /// The same, when the proxy is gone.
    pub(crate) async fn ended(self, upstream: &Upstream) -> (usize, Vec<String>) {
        let told = time::timeout(LIMIT, self.callers.join_all()).await;
        let mut all = Told::default();
        for told in told.expect("they end with the proxy") {
            all.served.extend(told.served);
            all.cut.extend(told.cut);
        }
        let begun = upstream.ids();
        let lost = begun.difference(&all.served);
        all.cut.extend(lost.map(|id| format!("{id} was begun")));
        (all.served.len(), all.cut)
    }
}

impl Told {
    /// Sends one request. Whether there may be a next.
    async fn ask(&mut self, caller: &Caller, uri: &str, id: String) -> bool {
        let request = Request::get(uri).header(ID, &id);
        let request = request.body(Full::<Bytes>::default()).unwrap();
        match caller.request(request).await {
            Ok(answer) if answer.status() == 200 => match answer.collect().await {
                Ok(_) => drop(self.served.insert(id)),
                Err(error) => self.cut.push(format!("{id}: {error:?}")),
            },
            Ok(answer) => self.cut.push(format!("{id}: {}", answer.status())),
            // Nobody listens there any more: that was no request.
            Err(error) if error.is_connect() => return false,
            // It came after the last that is answered, and was not begun: to be sent again (RFC 9113 §6.8).
            Err(error) if format!("{error:?}").contains("GoAway(b\"\", NO_ERROR") => {}
            Err(error) => self.cut.push(format!("{id}: {error:?}")),
        }
        true
    }
}
