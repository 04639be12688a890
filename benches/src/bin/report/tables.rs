//! The tables.

use std::fs;

use benches::svg::show;

use crate::data::Data;

/// All tables by the names of their markers.
pub fn all(data: &Data) -> Vec<(&'static str, String)> {
    vec![
        ("machine", machine()),
        ("warm", warm(data)),
        ("threads", threads(data)),
        ("keyed", keyed(data)),
        ("failures", failures(data)),
        ("memory", memory(data)),
        ("protocol", protocol(data)),
        ("builds", builds(data)),
    ]
}

pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    line(&head) + &rule + &rows
}

fn cell(number: Option<f64>) -> String {
    number.map_or(String::new(), show)
}

/// A ratio, with two digits.
pub fn times(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| format!("{number:.2}"))
}

/// An order for readers: what nobody can beat, this project, and the others by what they cost.
fn by_cost<'a>(data: &'a Data, case: &str) -> Vec<&'a str> {
    let mut subjects = data.subjects(case);
    let rank = |subject: &str| match subject {
        "none" => 0,
        "static" => 1,
        "control" => 2,
        "this" => 3,
        _ => 4,
    };
    let ns = |subject: &str| data.number(case, subject, "ns").unwrap_or_default();
    subjects.sort_by(|a, b| rank(a).cmp(&rank(b)).then(ns(a).total_cmp(&ns(b))));
    subjects
}

fn machine() -> String {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches(['\t', ' ', ':'])
    });
    let cores = cpus
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let rustc = std::process::Command::new("rustc").arg("-V").output();
    let rustc = rustc.map_or(String::new(), |answer| {
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    });
    format!("{cores} cores ({model}), {rustc}, release with thin LTO.\n")
}

fn warm(data: &Data) -> String {
    let row = |subject: &&str| {
        vec![
            format!("`{subject}`"),
            cell(data.added("warm", subject)),
            times(data.number("warm", subject, "ratio")),
            cell(data.number("warm", subject, "allocations")),
            cell(data.added_instructions("warm", subject)),
            cell(data.added("warm-clone-per-request", subject)),
            times(data.number("warm-clone-per-request", subject, "ratio")),
        ]
    };
    let head = [
        "",
        "ns",
        "× `static`",
        "allocations",
        "instructions",
        "cloned: ns",
        "× `static`",
    ];
    table(&head, by_cost(data, "warm").iter().map(row).collect())
}

fn threads(data: &Data) -> String {
    let row = |subject: &&str| {
        let each = |case, alone| {
            let (two, one) = (
                data.number(case, subject, "ns"),
                data.number(alone, subject, "ns"),
            );
            let scaling = two.zip(one).map(|(two, one)| 2.0 * one / two);
            let fixed = data.number(case, "static", "ns");
            [
                cell(two),
                times(scaling),
                times(fixed.zip(two).map(|(fixed, two)| fixed / two)),
            ]
        };
        let mut cells = vec![format!("`{subject}`")];
        cells.extend(each("two-threads", "warm"));
        cells.extend(each(
            "two-threads-clone-per-request",
            "warm-clone-per-request",
        ));
        cells
    };
    let head = [
        "",
        "ns",
        "scaling",
        "throughput × `static`",
        "cloned: ns",
        "scaling",
        "throughput × `static`",
    ];
    table(
        &head,
        by_cost(data, "two-threads").iter().map(row).collect(),
    )
}

fn keyed(data: &Data) -> String {
    let mut rows = Vec::new();
    for (case, what) in [
        ("warm", "the source's own token"),
        ("warm-keyed", "one of 1 000 scopes"),
        ("warm-replay", "kept, to be sent once more"),
    ] {
        for subject in data.subjects(case) {
            let is_peer = !matches!(subject, "none" | "static" | "control" | "this");
            if subject == "this" || (case == "warm-replay" && is_peer) {
                rows.push(vec![
                    what.to_owned(),
                    format!("`{subject}`"),
                    cell(data.added(case, subject)),
                    times(data.number(case, subject, "ratio")),
                    cell(data.number(case, subject, "allocations")),
                    cell(data.added_instructions(case, subject)),
                ]);
            }
        }
    }
    let naming = data
        .number("warm-keyed", "none", "ns")
        .zip(data.number("warm", "none", "ns"));
    let naming = cell(naming.map(|(named, not)| named - not));
    let head = ["", "", "ns", "× `static`", "allocations", "instructions"];
    table(&head, rows)
        + &format!(
            "\nNaming the scope, which is an extension of the request, costs {naming} ns and its allocations beside that, with or without a layer.\n"
        )
}

fn failures(data: &Data) -> String {
    let mut rows = Vec::new();
    for (case, what) in [
        ("cold-burst", "10 000 tasks, no token yet, 50 ms endpoint"),
        ("endpoint-down", "100 callers, endpoint fails after 50 ms"),
        (
            "short-deadlines",
            "200 callers with 40 ms each, 50 ms endpoint",
        ),
        (
            "first-gives-up",
            "10 callers, the first gives up after 10 of 50 ms",
        ),
        ("staggered-401", "50 late 401s for one revoked token"),
        ("renewal-failing", "renewal fails for 2 s, the token works"),
    ] {
        let mut what = what;
        for row in data.case(case) {
            let subject = row["subject"].as_str().unwrap_or_default();
            if matches!(subject, "static" | "control")
                || (subject == "none" && case != "cold-burst")
            {
                continue;
            }
            let number = |name: &str| cell(row[name].as_f64());
            let (fetches, served) = (number("fetches"), number("served"));
            rows.push(vec![
                what.to_owned(),
                format!("`{subject}`"),
                fetches,
                served,
                number("longest_ms"),
            ]);
            what = "";
        }
    }
    table(&["", "", "token requests", "served", "longest, ms"], rows)
}

fn memory(data: &Data) -> String {
    let mut rows = Vec::new();
    let future = |subject| data.number("future-size", subject, "bytes");
    let over = future("this")
        .zip(future("none"))
        .map(|(this, none)| this - none);
    rows.push(vec![
        "future, over the inner one".to_owned(),
        "`this`".to_owned(),
        cell(over),
    ]);
    for (case, what) in [
        ("memory-waiter", "a request that waits, heap beside itself"),
        (
            "memory-cell",
            "an idle token of 1 000 characters, all of it",
        ),
    ] {
        for subject in data.subjects(case) {
            let bytes = data.number(case, subject, "bytes");
            rows.push(vec![what.to_owned(), format!("`{subject}`"), cell(bytes)]);
        }
    }
    table(&["", "", "bytes"], rows)
}

fn protocol(data: &Data) -> String {
    let row = |subject: &&str| {
        let number = |name| data.number("protocol", subject, name);
        vec![
            format!("`{subject}`"),
            cell(number("ns")),
            times(number("ratio")),
            cell(number("allocations")),
            cell(number("instructions")),
        ]
    };
    let head = ["", "ns", "× `oauth2`", "allocations", "instructions"];
    table(&head, data.subjects("protocol").iter().map(row).collect())
}

fn builds(data: &Data) -> String {
    let row = |build: &serde_json::Value| {
        let took = build["seconds"].as_f64();
        vec![
            build["subject"].as_str().unwrap_or_default().to_owned(),
            cell(build["crates"].as_f64()),
            took.map_or(String::new(), |took| format!("{took:.1}")),
            times(
                took.zip(data.build("oauth2", "seconds"))
                    .map(|(took, oauth2)| took / oauth2),
            ),
        ]
    };
    let head = ["", "crates", "cold build, s", "× `oauth2`"];
    table(&head, data.builds.iter().map(row).collect())
}
