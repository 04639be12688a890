//! `staggered-401`: fifty requests carry a token that was revoked, and their 401s come 10 ms after one another. Whoever got one sends
//! its request once more, as a new one. Token requests are counted from the revocation on.

use std::time::Duration;

use http::HeaderValue;
use tokio::task::JoinSet;

use super::runtime;
use crate::{
    api::{Judge, Request, TAKES},
    endpoint::Endpoint,
    report::Row,
    requests::Requests,
    subjects::{self, Setting},
};

pub const CASES: [&str; 1] = ["staggered-401"];

const CALLERS: u16 = 50;

pub fn rows(case: &'static str) -> Vec<Row> {
    let names = subjects::names(|peer| peer.told || peer.replay);
    runtime().block_on(async {
        let mut rows = Vec::new();
        for name in names {
            rows.push(staggered(case, name).await);
        }
        rows
    })
}

fn request(takes_ms: u16) -> Request {
    let mut request = Requests::new(0).make();
    let headers = request.headers_mut();
    headers.insert(TAKES, HeaderValue::from(takes_ms));
    request
}

async fn staggered(case: &'static str, name: &'static str) -> Row {
    let endpoint = Endpoint::new(Duration::from_millis(5));
    let judge = Judge(endpoint.clone());
    let setting = Setting {
        replay: name != "this",
        ..Setting::default()
    };
    let subject = subjects::make(name, setting, &endpoint, judge).await;
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let _ = subject.send(request(0)).await;
    endpoint.revoke_all();
    let before = endpoint.fetches();
    let mut callers = JoinSet::new();
    for number in 1..=CALLERS {
        let (first, again) = (subject.send(request(10 * number)), subject.fork());
        callers.spawn(async move {
            let answer = match first.await {
                Ok(answer) if answer.status() == 401 => again.send(request(0)).await,
                answer => answer,
            };
            answer.is_ok_and(|answer| answer.status() == 200)
        });
    }
    let answers = callers.join_all().await;
    Row {
        fetches: Some(endpoint.fetches() - before),
        served: Some(answers.into_iter().filter(|served| *served).count() as u64),
        ..Row::new(case, name)
    }
}
