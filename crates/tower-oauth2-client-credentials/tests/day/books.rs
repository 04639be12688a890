//! How the requests of the day ended.

use std::{collections::BTreeMap, fmt};

use tower_oauth2_client_credentials::TokenErrorKind;

use crate::servers::Servers;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    Served,
    /// The resource's 401 came through.
    Refused,
    Failed(TokenErrorKind),
    GaveUp,
}

#[derive(Debug, Default)]
pub(crate) struct Books {
    requests: usize,
    served: usize,
    refused: usize,
    gave_up: usize,
    failed: BTreeMap<&'static str, usize>,
    mishaps: usize,
}

impl Books {
    pub(crate) fn requests(&self) -> usize {
        self.requests
    }

    pub(crate) fn began(&mut self) {
        self.requests += 1;
    }

    pub(crate) fn mishap(&mut self) {
        self.mishaps += 1;
    }

    pub(crate) fn ended(&mut self, ended: Ended) {
        match ended {
            Ended::Served => self.served += 1,
            Ended::Refused => self.refused += 1,
            Ended::GaveUp => self.gave_up += 1,
            Ended::Failed(kind) => *self.failed.entry(kind.as_str()).or_default() += 1,
        }
    }

    /// That the day was a day, and that most of it went well: for a good part of it there is no authorization server.
    pub(crate) fn check(&self, servers: &Servers) {
        let failed: usize = self.failed.values().sum();
        let ended = self.served + self.refused + self.gave_up + failed;
        assert_eq!(ended, self.requests, "every request ends");
        assert!(self.served * 4 > self.requests * 3, "{self}");
        servers.check();
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requests,
            served,
            refused,
            gave_up,
            failed,
            mishaps,
        } = self;
        write!(
            f,
            "requests={requests} served={served} refused={refused} gave_up={gave_up} failed={failed:?} mishaps={mishaps}"
        )
    }
}
