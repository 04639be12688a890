//! What stands in memory.
//!
//! - `future-size`: the future of a request, on the stack of who awaits it.
//! - `memory-waiter`: the heap that a request takes while it waits for the first token, its future included, beyond itself.
//! - `memory-cell`: what an idle token of a thousand characters takes, one of a thousand scopes, the token included.

use std::time::Duration;

use oauth2_client_credentials::TokenRequest;
use tower::Service;

use super::runtime;
use crate::{
    api::{Api, Noop, Request},
    endpoint::Endpoint,
    report::Row,
    requests::Requests,
    subjects::{self, Client, Setting},
};

pub const CASES: [&str; 3] = ["future-size", "memory-waiter", "memory-cell"];

const WAITERS: usize = 10_000;
const CELLS: usize = 1_000;

pub fn rows(case: &'static str) -> Vec<Row> {
    match case {
        "future-size" => futures(case),
        "memory-waiter" => waiters(case),
        _ => vec![Row {
            bytes: Some(cell(CELLS, 1_000)),
            ..Row::new(case, "this")
        }],
    }
}

fn futures(case: &'static str) -> Vec<Row> {
    let endpoint = Endpoint::new(Duration::ZERO);
    let row = |subject, bytes: usize| Row {
        bytes: Some(bytes as f64),
        ..Row::new(case, subject)
    };
    vec![
        row("none", future_of(&Api::<_>::new(Noop))),
        row("static", future_of(&subjects::fixed(&endpoint, Noop).0)),
        row("this", future_of(&subjects::this_of(&endpoint, Noop, 0).0)),
    ]
}

fn future_of<S: Service<Request>>(_: &S) -> usize {
    size_of::<S::Future>()
}

fn waiters(case: &'static str) -> Vec<Row> {
    let mut names = subjects::names(|peer| peer.lazy);
    names.retain(|name| !matches!(*name, "none" | "static" | "control"));
    let one = |name| Row {
        bytes: Some(waiter(name, WAITERS)),
        ..Row::new(case, name)
    };
    names.into_iter().map(one).collect()
}

/// The bytes that each of so many takes.
pub fn waiter(name: &str, waiters: usize) -> f64 {
    let runtime = runtime();
    let endpoint = Endpoint::new(Duration::from_secs(600));
    runtime.block_on(async {
        let subject = subjects::make(name, Setting::default(), &endpoint, Noop).await;
        let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
        // The flight, and what is there once for all.
        let first = tokio::spawn(subject.send(Requests::new(0).make()));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let bytes = subject.waiting(waiters);
        first.abort();
        bytes
    })
}

/// The bytes that each of so many tokens of this length takes, with what it was asked for.
pub fn cell(cells: usize, length: usize) -> f64 {
    let endpoint = Endpoint::with(Duration::ZERO, 3_600, length);
    runtime().block_on(async {
        let mut client = subjects::this_of(&endpoint, Noop, cells + 1);
        let mut requests = Requests::new(0);
        let mut before = 0;
        for number in 0..=cells {
            // The first brings what there is once for all.
            if number == 1 {
                before = subjects::live();
            }
            let mut request = requests.make();
            let named = TokenRequest::builder().scope(&format!("orders.{number}.read"));
            let extensions = request.extensions_mut();
            extensions.insert(named.build().expect("a scope"));
            let answer = client.send(request).await;
            requests.take_back(answer.expect("a token"));
        }
        // The tasks that fetched have ended by then, but not all of their memory may have been given back.
        tokio::time::sleep(Duration::from_millis(20)).await;
        (subjects::live() - before) as f64 / cells as f64
    })
}
