//! What happened in a scenario, written down while it runs. All times are true time since the beginning.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::StatusCode;

/// What everybody writes into; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// When token requests arrived at the endpoint.
    pub(crate) fetches: Vec<Duration>,
    /// How many of them are there now, and were at most.
    pub(crate) fetching: usize,
    pub(crate) fetching_max: usize,
    /// What reached the resource.
    pub(crate) sends: Vec<Send>,
    pub(crate) requests: Vec<Request>,
    /// What went wrong with the run itself.
    pub(crate) faults: Vec<String>,
}

/// A request that reached the resource.
#[derive(Debug)]
pub(crate) struct Send {
    pub(crate) request: usize,
    pub(crate) at: Duration,
    /// `None`: it carried none.
    pub(crate) token: Option<String>,
}

/// A request of the timeline.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) called: Duration,
    pub(crate) end: Option<(Duration, End)>,
}

/// How a request ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Served { status: StatusCode },
    Answered { status: StatusCode },
    Failed { kind: String, message: String },
    GaveUp,
    Refused { kind: String },
}

impl Log {
    pub(crate) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token request arrives. Returns its number, from 1, and what ends it when dropped.
    pub(crate) fn fetch(&self, at: Duration) -> (usize, Fetching) {
        let mut entries = self.entries();
        entries.fetches.push(at);
        entries.fetching += 1;
        entries.fetching_max = entries.fetching_max.max(entries.fetching);
        (entries.fetches.len(), Fetching(self.clone()))
    }

    /// A request is called. Returns its index.
    pub(crate) fn request(&self, name: &str, called: Duration) -> usize {
        let mut entries = self.entries();
        entries.requests.push(Request {
            name: name.to_owned(),
            called,
            end: None,
        });
        entries.requests.len() - 1
    }

    pub(crate) fn end(&self, request: usize, at: Duration, end: End) {
        self.entries().requests[request].end = Some((at, end));
    }

    pub(crate) fn fault(&self, fault: String) {
        self.entries().faults.push(fault);
    }
}

/// A token request under way.
#[derive(Debug)]
pub(crate) struct Fetching(Log);

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.entries().fetching -= 1;
    }
}
