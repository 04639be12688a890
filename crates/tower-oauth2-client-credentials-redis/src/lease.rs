//! The right to fetch a token for all.

use std::{fmt::Write, sync::Arc, time::Duration};

use tokio::{runtime::Handle, time};

use crate::guarded::{Away, Guarded};

/// A holder that dies is noticed after this time.
pub(crate) const TTL: Duration = Duration::from_secs(2);
/// How often a holder says that it lives.
const BEAT: Duration = Duration::from_millis(500);

/// A lease that this replica holds, or thinks that it does. Dropped, it is given back.
#[derive(Debug)]
pub(crate) struct Lease {
    store: Arc<Guarded>,
    name: String,
    holder: String,
    held: bool,
}

impl Lease {
    /// One that is still to be acquired; `None`: the system has no randomness to give.
    pub(crate) fn new(store: &Arc<Guarded>, name: &str) -> Option<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        let mut holder = String::with_capacity(32);
        for byte in random {
            let _ = write!(holder, "{byte:02x}");
        }
        Some(Self {
            store: Arc::clone(store),
            name: name.to_owned(),
            holder,
            held: false,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn holder(&self) -> &str {
        &self.holder
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    pub(crate) async fn acquire(&mut self) -> Result<bool, Away> {
        // Before the answer is here: one that is never read may have acquired it.
        self.held = true;
        let (name, holder) = (&self.name, &self.holder);
        let acquired = self
            .store
            .ask(|store| store.acquire(name, holder, TTL))
            .await;
        if let Ok(acquired) = acquired {
            self.held = acquired;
        }
        acquired
    }

    /// Says again and again that the holder lives.
    pub(crate) async fn keep(&self) {
        loop {
            time::sleep(BEAT).await;
            // A beat that is lost is no harm, and one that comes too late is seen when the token is written.
            let beat = self
                .store
                .ask(|store| store.extend(&self.name, &self.holder, TTL));
            let _ = beat.await;
        }
    }

    /// It was given back with the token, or is somebody else's.
    pub(crate) fn is_gone(&mut self) {
        self.held = false;
    }

    pub(crate) async fn release(mut self) {
        if std::mem::take(&mut self.held) {
            let released = self
                .store
                .ask(|store| store.release(&self.name, &self.holder));
            let _ = released.await;
        }
    }
}

impl Drop for Lease {
    /// A flight that is given up in the middle must not have the others wait until the lease ends.
    fn drop(&mut self) {
        if !self.held {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let store = Arc::clone(&self.store);
        let (name, holder) = (
            std::mem::take(&mut self.name),
            std::mem::take(&mut self.holder),
        );
        runtime.spawn(async move {
            let _ = store.ask(|store| store.release(&name, &holder)).await;
        });
    }
}
