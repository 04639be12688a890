//! The format of a scenario. What it does not know it refuses.

mod answer;
mod event;
mod expectation;

use std::time::Duration;

use serde::Deserialize;

pub(crate) use self::{
    answer::{Answer, Reply},
    event::{Action, BodyKind, Event, RequestEvent, Verdict},
    expectation::{About, Expectation, NeverAttached, OfFetches, OfRequests},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    #[allow(dead_code, reason = "for those who read the file")]
    name: String,
    #[serde(default)]
    pub(crate) options: Options,
    /// The answers to token requests, in order; the last one repeats.
    pub(crate) endpoint: Vec<Answer>,
    pub(crate) timeline: Vec<Event>,
    pub(crate) expect: Vec<Expectation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// What every draw gives.
    pub(crate) jitter: f64,
    pub(crate) preset: Preset,
    wait_budget_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Preset {
    #[default]
    Default,
    Economy,
}

impl Options {
    pub(crate) fn wait_budget(&self) -> Option<Duration> {
        self.wait_budget_ms.map(Duration::from_millis)
    }
}

impl Scenario {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !(0.0..=1.0).contains(&scenario.options.jitter) {
            return Err("options: jitter is from 0 to 1".to_owned());
        }
        if scenario.expect.is_empty() {
            return Err("expect: a scenario that expects nothing cannot fail".to_owned());
        }
        scenario.expected_names_exist()?;
        Ok(scenario)
    }

    /// Events in the order in which they happen: by time, and those of one instant as they are listed.
    pub(crate) fn happenings(&self) -> Vec<(Duration, &Action)> {
        let mut happenings: Vec<_> = self
            .timeline
            .iter()
            .flat_map(|event| {
                let instants = match &event.action {
                    Action::Request(request) => request.instants(),
                    _ => vec![Duration::ZERO],
                };
                instants
                    .into_iter()
                    .map(|after| (event.at() + after, &event.action))
            })
            .collect();
        happenings.sort_by_key(|(at, _)| *at);
        happenings
    }

    /// An expectation of requests that nobody makes is a slip of the pen.
    fn expected_names_exist(&self) -> Result<(), String> {
        let made = |name: &str| {
            self.timeline.iter().any(
                |event| matches!(&event.action, Action::Request(request) if request.name == name),
            )
        };
        for expectation in &self.expect {
            if let About::Requests(expected) = &expectation.about
                && !made(&expected.request)
            {
                let name = &expected.request;
                return Err(format!("expect: the timeline has no request {name:?}"));
            }
        }
        Ok(())
    }
}
