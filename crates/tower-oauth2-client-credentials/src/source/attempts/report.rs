//! What the observers are told of a flight.

use std::time::Duration;

use super::Task;
use crate::{
    clock::Moment,
    event::Event,
    source::{errors, flight::Outcome, landing::Landed},
};

impl Task {
    /// Tells the observers, after all who waited.
    pub(super) fn report(&self, landed: &Landed, waiters: usize, now: Moment) {
        let Self {
            context,
            cell,
            flight,
            attempts,
            ..
        } = self;
        let (request, stopped) = (cell.request(), errors::stopped());
        context.observe(&Event::Fetch {
            request,
            cause: flight.cause(),
            outcome: match &landed.outcome {
                Outcome::Token(_) => Ok(()),
                Outcome::Failed(error) => Err(error),
                Outcome::Lost => Err(&stopped),
            },
            attempts: *attempts,
            duration: flight
                .started()
                .map_or(Duration::ZERO, |started| now.since(started)),
            waiters,
        });
        if landed.opened {
            context.observe(&Event::GateOpened { request });
        }
        if let Some(retry_in) = landed.closed_for {
            context.observe(&Event::GateClosed { request, retry_in });
        }
        if let Outcome::Token(kept) = &landed.outcome {
            if kept.response().expires_in().is_none() {
                context.observe(&Event::NoLifetime { request });
            }
            let quirks = kept.response().quirks().iter();
            quirks.for_each(|quirk| context.observe(&Event::Quirk { request, quirk }));
            if kept.is_lifeless() {
                context.observe(&Event::Lifeless { request });
            }
            if landed.published {
                let left = kept.left(now);
                context.observe(&Event::SecondsToExpiry { request, left });
            }
        }
    }
}
