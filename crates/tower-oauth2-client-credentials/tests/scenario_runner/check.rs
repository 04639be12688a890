//! Compares what happened with what must hold.

use std::{collections::BTreeSet, fmt::Display, time::Duration};

use super::{
    format::{About, NeverAttached, OfFetches, OfRequests, Scenario},
    log::{End, Entries, Request},
};

/// So many instants or messages are shown of a longer list.
const SHOWN: usize = 30;

/// Everything that does not hold, each with what was seen.
pub(crate) fn failures(scenario: &Scenario, log: &Entries) -> Vec<String> {
    let mut failures = log.faults.clone();
    failures.extend(never_ended(log));
    for expectation in &scenario.expect {
        let found = match &expectation.about {
            About::Fetches(expected) => of_fetches(expected, log),
            About::Requests(expected) => of_requests(expected, log),
            About::NeverAttached(expected) => never_attached(expected, log),
            About::EndpointConcurrency { max } => {
                at_most("token requests at a time", *max, log.fetching_max)
            }
        };
        let text = &expectation.text;
        failures.extend(found.into_iter().map(|found| format!("{text}: {found}")));
    }
    failures
}

fn never_ended(log: &Entries) -> Vec<String> {
    let of = |request: &&Request| request.end.is_none();
    log.requests
        .iter()
        .filter(of)
        .map(|request| {
            format!(
                "request {:?} of {} never ended",
                request.name,
                ms(request.called)
            )
        })
        .collect()
}

fn of_fetches(expected: &OfFetches, log: &Entries) -> Vec<String> {
    let seen: Vec<_> = log
        .fetches
        .iter()
        .filter(|at| expected.covers(**at))
        .collect();
    let bounds = &expected.fetches;
    if bounds.min <= seen.len() && bounds.max.is_none_or(|max| seen.len() <= max) {
        return Vec::new();
    }
    let all = list(log.fetches.iter().map(|at| ms(*at)));
    vec![format!("there were {}, of all these: {all}", seen.len())]
}

fn never_attached(expected: &NeverAttached, log: &Entries) -> Vec<String> {
    let seen: Vec<_> = log
        .sends
        .iter()
        .filter(|send| send.at >= expected.from())
        .filter_map(|send| Some((send, send.token.as_ref()?)))
        .filter(|(_, token)| expected.tokens.contains(token))
        .map(|(send, token)| {
            let name = &log.requests[send.request].name;
            format!("{token} by {name:?} at {}", ms(send.at))
        })
        .collect();
    match seen.is_empty() {
        true => Vec::new(),
        false => vec![format!("attached: {}", list(seen))],
    }
}

/// The requests of one name, and what became of them.
struct Group<'a> {
    log: &'a Entries,
    /// With their indexes.
    requests: Vec<(usize, &'a Request)>,
}

fn of_requests(expected: &OfRequests, log: &Entries) -> Vec<String> {
    let requests = log
        .requests
        .iter()
        .enumerate()
        .filter(|(_, request)| request.name == expected.request)
        .collect();
    let group = Group { log, requests };
    let counts = [
        ("served", expected.served, is_served as fn(&End) -> bool),
        ("failed", expected.failed, is_failed),
        ("gave up", expected.gave_up, is_given_up),
        ("refused", expected.refused, is_refused),
    ];
    let mut found = Vec::new();
    for (what, count, is) in counts {
        if let Some(count) = count
            && count != group.count(is)
        {
            found.push(format!("{} {what}; {}", group.count(is), group.summary()));
        }
    }
    if let Some(min) = expected.served_min
        && group.count(is_served) < min
    {
        let served = group.count(is_served);
        found.push(format!("{served} served; {}", group.summary()));
    }
    found.extend(
        expected
            .status
            .into_iter()
            .flat_map(|status| group.status(status)),
    );
    found.extend(expected.token.iter().flat_map(|token| group.token(token)));
    found.extend(
        expected
            .tokens
            .iter()
            .flat_map(|tokens| group.tokens(tokens)),
    );
    found.extend(
        expected
            .waited_max()
            .into_iter()
            .flat_map(|max| group.waited(max)),
    );
    found.extend(expected.error_kind.iter().flat_map(|kind| group.kind(kind)));
    if let Some(max) = expected.sends_max {
        let most = group
            .requests
            .iter()
            .map(|(index, _)| group.sends(*index).count());
        found.extend(at_most(
            "sends of one request",
            max,
            most.max().unwrap_or(0),
        ));
    }
    found
}

impl Group<'_> {
    fn ends(&self) -> impl Iterator<Item = (usize, &Request, Duration, &End)> {
        self.requests.iter().filter_map(|(index, request)| {
            let (at, end) = request.end.as_ref()?;
            Some((*index, *request, *at, end))
        })
    }

    fn count(&self, is: fn(&End) -> bool) -> usize {
        self.ends().filter(|(.., end)| is(end)).count()
    }

    fn sends(&self, index: usize) -> impl DoubleEndedIterator<Item = &super::log::Send> {
        self.log
            .sends
            .iter()
            .filter(move |send| send.request == index)
    }

    /// The status of all that were answered; if none was, that of the served.
    fn status(&self, expected: u16) -> Option<String> {
        let answered = self.ends().filter_map(|(.., end)| match end {
            End::Answered { status } => Some(status.as_u16()),
            _ => None,
        });
        let mut seen: BTreeSet<_> = answered.collect();
        if seen.is_empty() {
            let served = self.ends().filter_map(|(.., end)| match end {
                End::Served { status } => Some(status.as_u16()),
                _ => None,
            });
            seen.extend(served);
        }
        (seen != BTreeSet::from([expected])).then(|| format!("status {}", list(seen)))
    }

    /// What the last send of each that was served carried.
    fn token(&self, expected: &str) -> Option<String> {
        let served = self.ends().filter(|(.., end)| is_served(end));
        let other: BTreeSet<_> = served
            .map(|(index, ..)| {
                let last = self.sends(index).next_back();
                last.and_then(|send| send.token.as_deref())
                    .unwrap_or("none")
            })
            .filter(|token| *token != expected)
            .collect();
        (!other.is_empty()).then(|| format!("others carried {}", list(other)))
    }

    /// What all sends carried.
    fn tokens(&self, expected: &[String]) -> Option<String> {
        let seen: BTreeSet<_> = self
            .requests
            .iter()
            .flat_map(|(index, _)| self.sends(*index))
            .map(|send| send.token.as_deref().unwrap_or("none"))
            .collect();
        let expected: BTreeSet<_> = expected.iter().map(|token| &**token).collect();
        (seen != expected).then(|| format!("carried: {}", list(seen)))
    }

    /// From the call to the first send, or to the error.
    fn waited(&self, max: Duration) -> Option<String> {
        let waits = self.requests.iter().filter_map(|(index, request)| {
            let first = self.sends(*index).next().map(|send| send.at);
            let error = request
                .end
                .as_ref()
                .filter(|(_, end)| is_failed(end) || is_refused(end))
                .map(|(at, _)| *at);
            Some((
                first.or(error)?.saturating_sub(request.called),
                request.called,
            ))
        });
        let (longest, called) = waits.max()?;
        (longest > max).then(|| format!("one of {} waited {}", ms(called), ms(longest)))
    }

    /// Of all that failed or were refused.
    fn kind(&self, expected: &str) -> Option<String> {
        let other: BTreeSet<_> = self
            .ends()
            .filter_map(|(.., end)| match end {
                End::Failed { kind, message } => Some((kind, &**message)),
                End::Refused { kind } => Some((kind, "refused")),
                _ => None,
            })
            .filter(|(kind, _)| *kind != expected)
            .map(|(kind, message)| format!("{kind} ({message})"))
            .collect();
        (!other.is_empty()).then(|| format!("others: {}", list(other)))
    }

    fn summary(&self) -> String {
        let answered = |end: &End| matches!(end, End::Answered { .. });
        let kinds: BTreeSet<_> = self
            .ends()
            .filter_map(|(.., end)| match end {
                End::Failed { kind, message } => Some(format!("{kind}: {message}")),
                _ => None,
            })
            .collect();
        let mut summary = format!(
            "of {}: {} served, {} answered, {} failed, {} gave up, {} refused",
            self.requests.len(),
            self.count(is_served),
            self.count(answered),
            self.count(is_failed),
            self.count(is_given_up),
            self.count(is_refused),
        );
        if !kinds.is_empty() {
            summary = format!("{summary}; {}", list(kinds));
        }
        summary
    }
}

fn is_served(end: &End) -> bool {
    matches!(end, End::Served { .. })
}

fn is_failed(end: &End) -> bool {
    matches!(end, End::Failed { .. })
}

fn is_given_up(end: &End) -> bool {
    matches!(end, End::GaveUp)
}

fn is_refused(end: &End) -> bool {
    matches!(end, End::Refused { .. })
}

fn at_most(what: &str, max: usize, seen: usize) -> Vec<String> {
    match seen <= max {
        true => Vec::new(),
        false => vec![format!("{seen} {what}")],
    }
}

fn ms(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let all: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    match all.len() {
        0 => "none".to_owned(),
        len if len > SHOWN => format!("{}, … ({len})", all[..SHOWN].join(", ")),
        _ => all.join(", "),
    }
}
