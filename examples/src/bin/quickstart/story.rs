//! What is told, step by step, and held against what the servers counted.

use std::ops::RangeInclusive;

use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tower_oauth2_client_credentials::BoxError;

/// Compares what is told with what the servers counted.
pub(crate) struct Story {
    authorization_server: AuthorizationServer,
    resource_server: ResourceServer,
    told: Counts,
}

/// What the servers have counted.
#[derive(Clone, Copy, Default)]
struct Counts {
    served: u64,
    refused: u64,
    token_requests: u64,
}

impl Story {
    pub(crate) fn new(
        authorization_server: AuthorizationServer,
        resource_server: ResourceServer,
    ) -> Self {
        Self {
            authorization_server,
            resource_server,
            told: Counts::default(),
        }
    }

    /// Tells one step; an error if the servers counted something else since the last one, or a refusal.
    pub(crate) fn expect(
        &mut self,
        step: &str,
        served: u64,
        token_requests: RangeInclusive<u64>,
    ) -> Result<(), BoxError> {
        let seen = self.tell(step);
        if seen.served != served
            || !token_requests.contains(&seen.token_requests)
            || seen.refused != 0
        {
            return Err(format!(
                "expected {served} served, none refused by the API, and {token_requests:?} token requests"
            )
            .into());
        }
        Ok(())
    }

    /// The same for requests that were refused first and served then.
    pub(crate) fn expect_healing(
        &mut self,
        step: &str,
        served: u64,
        token_requests: u64,
    ) -> Result<(), BoxError> {
        let seen = self.tell(step);
        println!(
            "{:<46} {:>5} refused first, and sent once more; 0 failed",
            "", seen.refused
        );
        // Those that came late to the line had the new token from the start.
        if seen.served != served
            || seen.token_requests != token_requests
            || !(1..=served).contains(&seen.refused)
        {
            return Err(format!(
                "expected {served} served, some of them after a refusal, and {token_requests} token requests"
            )
            .into());
        }
        Ok(())
    }

    /// Tells all that was counted, and how many requests were not sent.
    pub(crate) fn sum_up(&self, not_sent: usize) {
        println!(
            "\nrequests={} token_requests={} refused={not_sent}",
            self.resource_server.requests(),
            self.authorization_server.token_requests(),
        );
    }

    fn tell(&mut self, step: &str) -> Counts {
        let now = Counts {
            served: self.resource_server.served(),
            refused: self.resource_server.refused(),
            token_requests: self.authorization_server.token_requests(),
        };
        let seen = Counts {
            served: now.served - self.told.served,
            refused: now.refused - self.told.refused,
            token_requests: now.token_requests - self.told.token_requests,
        };
        self.told = now;
        println!(
            "{step:<46} {:>5} served, {:>2} token requests",
            seen.served, seen.token_requests
        );
        seen
    }
}
