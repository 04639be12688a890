//! What was to be reached, and what was, in each of several processes.

use benches::svg::show;

use crate::{
    data::Data,
    tables::{table, times},
};

/// How one number is read, and what it may be.
struct Goal {
    what: &'static str,
    unit: &'static str,
    limit: Limit,
    number: fn(&Data) -> Option<f64>,
}

#[derive(Clone, Copy)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

use Limit::{AtLeast, AtMost};

const GOALS: [Goal; 26] = [
    goal(
        "a request with a token, one client: time",
        "× `static`",
        AtMost(1.5),
        |data| data.number("warm", "this", "ratio"),
    ),
    goal(
        "the same: instructions",
        "× `static`",
        AtMost(1.6),
        |data| instructions(data, "warm"),
    ),
    goal("the same: allocations", "", AtMost(0.0), |data| {
        data.number("warm", "this", "allocations")
    }),
    goal(
        "a clone for each request: time",
        "× `static`",
        AtMost(1.6),
        |data| data.number("warm-clone-per-request", "this", "ratio"),
    ),
    goal(
        "two threads, a client each: scaling",
        "× `none`",
        AtLeast(0.9),
        |data| Some(scaling(data, "this")? / scaling(data, "none")?),
    ),
    goal("the same: throughput", "× `static`", AtLeast(1.1), |data| {
        throughput(data, "two-threads")
    }),
    goal(
        "two threads, a clone for each request: throughput",
        "× `static`",
        AtLeast(0.9),
        |data| throughput(data, "two-threads-clone-per-request"),
    ),
    goal(
        "future, over the inner one",
        "bytes",
        AtMost(32.0),
        |data| {
            let bytes = |subject| data.number("future-size", subject, "bytes");
            Some(bytes("this")? - bytes("none")?)
        },
    ),
    goal(
        "one of 1 000 scopes, beside the source's own: time",
        "×",
        AtMost(3.0),
        |data| Some(data.added("warm-keyed", "this")? / data.added("warm", "this")?),
    ),
    goal(
        "10 000 tasks, no token yet: token requests",
        "",
        AtMost(1.0),
        |data| data.number("cold-burst", "this", "fetches"),
    ),
    goal(
        "the same, beside the tasks and the endpoint's 50 ms",
        "ms",
        AtMost(5.0),
        |data| {
            let longest = |subject| data.number("cold-burst", subject, "longest_ms");
            Some(longest("this")? - longest("none")? - 50.0)
        },
    ),
    goal(
        "100 callers, endpoint fails: token requests",
        "",
        AtMost(3.0),
        |data| data.number("endpoint-down", "this", "fetches"),
    ),
    goal("the same: longest", "ms", AtMost(1_000.0), |data| {
        data.number("endpoint-down", "this", "longest_ms")
    }),
    goal(
        "200 callers with 40 ms each: served",
        "",
        AtLeast(195.0),
        |data| data.number("short-deadlines", "this", "served"),
    ),
    goal("the same: token requests", "", AtMost(1.0), |data| {
        data.number("short-deadlines", "this", "fetches")
    }),
    goal(
        "the first of ten callers gives up: served",
        "",
        AtLeast(9.0),
        |data| data.number("first-gives-up", "this", "served"),
    ),
    goal("the same: token requests", "", AtMost(1.0), |data| {
        data.number("first-gives-up", "this", "fetches")
    }),
    goal("50 late 401s: token requests", "", AtMost(1.0), |data| {
        data.number("staggered-401", "this", "fetches")
    }),
    goal(
        "renewal fails for 2 s: token requests",
        "",
        AtMost(9.0),
        |data| data.number("renewal-failing", "this", "fetches"),
    ),
    goal("the same: longest", "ms", AtMost(1.0), |data| {
        data.number("renewal-failing", "this", "longest_ms")
    }),
    goal(
        "a request that waits, beside itself",
        "bytes",
        AtMost(1_024.0),
        |data| data.number("memory-waiter", "this", "bytes"),
    ),
    goal(
        "an idle token of 1 000 characters",
        "bytes",
        AtMost(4_024.0),
        |data| data.number("memory-cell", "this", "bytes"),
    ),
    goal(
        "a token request built and its answer read: time",
        "× `oauth2`",
        AtMost(0.35),
        |data| data.number("protocol", "this", "ratio"),
    ),
    goal("the same: allocations", "", AtMost(6.0), |data| {
        data.number("protocol", "this", "allocations")
    }),
    goal("to build it: crates", "", AtMost(45.0), |data| {
        data.build("this", "crates")
    }),
    goal(
        "to build it cold: time",
        "× `oauth2`",
        AtMost(0.5),
        |data| Some(data.build("this", "seconds")? / data.build("oauth2", "seconds")?),
    ),
];

const fn goal(
    what: &'static str,
    unit: &'static str,
    limit: Limit,
    number: fn(&Data) -> Option<f64>,
) -> Goal {
    Goal {
        what,
        unit,
        limit,
        number,
    }
}

fn instructions(data: &Data, case: &str) -> Option<f64> {
    Some(data.added_instructions(case, "this")? / data.added_instructions(case, "static")?)
}

fn scaling(data: &Data, subject: &str) -> Option<f64> {
    Some(data.number("warm", subject, "ns")? / data.number("two-threads", subject, "ns")?)
}

fn throughput(data: &Data, case: &str) -> Option<f64> {
    Some(data.number(case, "static", "ns")? / data.number(case, "this", "ns")?)
}

/// A line for each goal, with the number of each process.
pub fn goals(processes: &[Data]) -> String {
    let row = |goal: &Goal| {
        let numbers: Vec<f64> = processes.iter().filter_map(goal.number).collect();
        let (limit, holds): (_, fn(f64, f64) -> bool) = match goal.limit {
            AtMost(limit) => (limit, |number, limit| number <= limit),
            AtLeast(limit) => (limit, |number, limit| number >= limit),
        };
        let sign = if let AtMost(_) = goal.limit {
            "≤"
        } else {
            "≥"
        };
        let is_ratio = goal.unit.starts_with('×');
        let shown = |number: &f64| match number {
            number if is_ratio => times(Some(*number)),
            number if goal.unit == "ms" => format!("{number:.1}"),
            number => show(number.round()),
        };
        let held = numbers
            .iter()
            .filter(|number| holds(**number, limit))
            .count();
        let mut all: Vec<String> = numbers.iter().map(shown).collect();
        // What repeats is said once.
        all.dedup();
        vec![
            goal.what.to_owned(),
            format!("{sign} {} {}", shown(&limit), goal.unit)
                .trim_end()
                .to_owned(),
            all.join(" · "),
            match numbers.len() {
                0 => "not measured".to_owned(),
                all if held == all => "yes".to_owned(),
                _ if held == 0 => "**no**".to_owned(),
                all => format!("**{held} of {all}**"),
            },
        ]
    };
    table(
        &["", "goal", "measured", "reached"],
        GOALS.iter().map(row).collect(),
    )
}
