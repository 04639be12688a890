//! What became of the requests of a run, and whether it is what was promised.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tests::{Api, Attempt, Outcome, Sent};
use tower_oauth2_client_credentials::BoxError;

use crate::{
    happened::happened,
    kind::Kind,
    pace::Pace,
    play::Run,
    scale::Scale,
    stack::{Network, Requester},
};

/// Between what a test sees of a token's life and what the layer does, and what a busy machine adds to any wait.
const UNCERTAINTY: Duration = Duration::from_millis(500);

/// A request that fails without asking anybody. It takes microseconds; the rest is for a busy machine.
const AT_ONCE: Duration = Duration::from_millis(100);

/// What else there is between the end of a pause and an answer.
const SLACK: Duration = Duration::from_secs(1);

/// What the table says of a fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) requests: u64,
    pub(crate) served: u64,
    /// By kind.
    pub(crate) failed: BTreeMap<String, u64>,
    pub(crate) at_once: u64,
    /// Milliseconds.
    pub(crate) longest: u64,
    pub(crate) token_requests: u64,
    /// Those from the first one that failed until a token came after the fault, and how many there may be.
    pub(crate) meanwhile: u64,
    pub(crate) at_most: u64,
    /// Milliseconds from the end of the fault.
    pub(crate) again: u64,
    problems: Vec<String>,
}

/// Counts, and looks for what should not be.
pub(crate) fn judge(kind: Kind, scale: &Scale, run: &Run, requester: &Requester) -> Row {
    let all = run.traffic.requests();
    // What was under way while the program stood still took as long as that; nobody could have told it sooner.
    let stood_still = |sent: &Sent| kind == Kind::ProgramStopped && sent.begun() < run.ended;
    let longest = all.iter().filter(|sent| !stood_still(sent));
    let longest = longest.map(Sent::took).max().unwrap_or_default();
    let failed = all.iter().filter(|sent| sent.outcome().failure().is_some());
    let failed: Vec<_> = failed.collect();
    let attempts = requester.asked.attempts();
    let pace = Pace::new(kind, scale);
    let (meanwhile, at_most) = meanwhile(kind, &pace, run, &attempts);
    let mut row = Row {
        requests: all.len() as u64,
        served: run.traffic.served() as u64,
        at_once: failed.iter().filter(|sent| sent.took() < AT_ONCE).count() as u64,
        longest: millis(longest),
        token_requests: requester.asked.requests(),
        meanwhile,
        at_most,
        again: millis(again(run)),
        ..Row::default()
    };
    for name in failed.iter().filter_map(|sent| sent.outcome().failure()) {
        *row.failed.entry(name.to_owned()).or_default() += 1;
    }

    let lived = |sent: &Sent| {
        let begun = sent.begun();
        let alive = |token: &Attempt| {
            let came = token.ended().is_some_and(|came| came < begun);
            came && token
                .token_ends()
                .is_some_and(|end| begun + UNCERTAINTY < end)
        };
        attempts.iter().any(alive)
    };
    let unlucky = failed
        .iter()
        .filter(|sent| sent.is_without() && lived(sent));
    let unlucky = unlucky.count();
    let mut expected: Vec<_> = kind.fails_with().iter().map(|kind| kind.as_str()).collect();
    if kind == Kind::Descriptors {
        // A request that needs another connection to the API has no descriptor for it either.
        expected.push("client error (Connect)");
    }
    let strange = row
        .failed
        .keys()
        .filter(|name| !expected.contains(&name.as_str()));
    let strange: Vec<_> = strange.cloned().collect();
    let untold = failed.iter().filter(|sent| !is_told(sent)).count();
    let dared = happened(kind, scale, run, requester, failed.len());
    let late = Duration::from_millis(row.longest) > scale.budget + UNCERTAINTY;
    // The first pauses are hardly longer than the token requests before them.
    let few = if scale.is_short { 10 } else { 2 };
    let early = pace.too_early(&attempts);
    let back = allowed(kind, scale, run, &failed);
    for (broken, problem) in [
        (
            unlucky > 0,
            format!("{unlucky} failed while their token lived"),
        ),
        (!strange.is_empty(), format!("some failed with {strange:?}")),
        (
            untold > 0,
            format!("{untold} were not told when to try again"),
        ),
        (!dared, "nothing is seen of a fault".to_owned()),
        (late, "some waited longer than they may".to_owned()),
        (
            !kind.is_silent() && row.at_once * few < failed.len() as u64,
            "most failed late".to_owned(),
        ),
        (
            row.meanwhile > row.at_most,
            "more token requests than there may be".to_owned(),
        ),
        (
            early.is_some(),
            format!(
                "the last of these came before its time: {}",
                told(&attempts, early)
            ),
        ),
        (
            again(run) > back,
            format!("requests were to be served again within {back:.1?}"),
        ),
    ] {
        if broken {
            row.problems.push(problem);
        }
    }
    if !row.problems.is_empty() {
        let last = failed.last().map(|sent| sent.outcome());
        row.problems.push(format!("{row:?}, such as {last:?}"));
    }
    row
}

/// A caller hears when to come again; one whose own patience ended does not, for the token request goes on.
fn is_told(sent: &Sent) -> bool {
    match sent.outcome() {
        Outcome::Without { retry_in, kind, .. } => {
            retry_in.is_some() || kind.is_some_and(|kind| kind.as_str() == "Timeout")
        }
        _ => true,
    }
}

/// Token requests from the first one that failed in the fault until one brings a token after it, and how many there may be.
fn meanwhile(kind: Kind, pace: &Pace, run: &Run, attempts: &[Attempt]) -> (u64, u64) {
    let again = attempts.iter().find(|attempt| {
        let after = attempt.ended().is_some_and(|ended| ended >= run.ended);
        after && attempt.token_ends().is_some()
    });
    let until = again.map_or(run.ended, Attempt::sent);
    let mut during = attempts.iter().filter(|attempt| {
        // Some of those that are under way as it begins are still answered.
        attempt.ended().is_none_or(|ended| ended >= run.began)
    });
    let failed = during.find(|attempt| attempt.token_ends().is_none());
    let from = failed.map_or(run.began, Attempt::sent);
    let meanwhile = |attempt: &&Attempt| (from..=until).contains(&attempt.sent());
    let count = attempts.iter().filter(meanwhile).count() as u64;
    let before = attempts.iter().filter(|attempt| attempt.sent() < from);
    let token_ends = before.filter_map(Attempt::token_ends).next_back();
    let at_most = match kind.fails_with() {
        [] => pace.at_most_steady(from, until),
        _ => pace.at_most_failing(from, until, token_ends),
    };
    (count, at_most)
}

/// When token requests were sent, up to one of them, and which of them brought a token.
fn told(attempts: &[Attempt], last: Option<usize>) -> String {
    let all = attempts.iter().take(last.map_or(0, |last| last + 1));
    let all = all.map(|attempt| {
        let after = millis(attempt.sent() - attempts[0].sent());
        let came = attempt.token_ends().map_or("", |_| " (a token)");
        format!("{after} ms{came}")
    });
    all.collect::<Vec<_>>().join(", ")
}

/// From the end of the fault until a request was served that was sent after it.
fn again(run: &Run) -> Duration {
    let all = run.traffic.requests().iter();
    let after = all.filter(|sent| sent.begun() >= run.ended && *sent.outcome() == Outcome::Served);
    let first = after.map(Sent::ended).min();
    first.map_or(Duration::MAX, |first| first - run.ended)
}

/// How long that may take: to the end of the pause that callers were told of last, or of a token request under way and its pause.
fn allowed(kind: Kind, scale: &Scale, run: &Run, failed: &[&Sent]) -> Duration {
    if kind.is_silent() {
        return scale.recovery();
    }
    let told = failed.iter().rfind(|sent| sent.ended() < run.ended);
    let gate = told.and_then(|told| match told.outcome() {
        Outcome::Without { retry_in, .. } => Some(told.ended() + (*retry_in)?),
        _ => None,
    });
    let gate = gate.map(|gate| gate.saturating_duration_since(run.ended));
    gate.unwrap_or_default() + 2 * SLACK
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Row {
    /// What should not have been.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// No token may have been sent that had ended.
    pub(crate) fn at_the_api(mut self, api: &Api) -> Self {
        if api.ended() > 0 {
            let count = api.ended();
            self.problems
                .push(format!("{count} requests carried a token that had ended"));
        }
        self
    }

    /// A certificate that was rotated has to have been shown to somebody.
    pub(crate) fn on_the_network(mut self, kind: Kind, network: &Network) -> Self {
        if kind == Kind::Rotated && network.shown() == 0 {
            self.problems
                .push("the certificate of the fault was shown to nobody".to_owned());
        }
        self
    }

    /// For another process.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "requests": self.requests, "served": self.served, "failed": self.failed, "at_once": self.at_once,
            "longest": self.longest, "token_requests": self.token_requests, "meanwhile": self.meanwhile, "at_most": self.at_most,
            "again": self.again, "problems": self.problems,
        })
    }

    pub(crate) fn from_json(json: &Value) -> Result<Self, BoxError> {
        let number = |name: &str| json[name].as_u64().ok_or_else(|| format!("no {name}"));
        let failed = json["failed"].as_object().ok_or("no failures")?;
        let failed = failed
            .iter()
            .map(|(name, count)| (name.clone(), count.as_u64()));
        let problems = json["problems"].as_array().ok_or("no problems")?;
        Ok(Self {
            requests: number("requests")?,
            served: number("served")?,
            failed: failed
                .filter_map(|(name, count)| Some((name, count?)))
                .collect(),
            at_once: number("at_once")?,
            longest: number("longest")?,
            token_requests: number("token_requests")?,
            meanwhile: number("meanwhile")?,
            at_most: number("at_most")?,
            again: number("again")?,
            problems: problems
                .iter()
                .filter_map(|text| text.as_str().map(str::to_owned))
                .collect(),
        })
    }
}
