//! The plots.

use benches::svg::{Bars, Line, Lines};

use crate::data::Data;

/// What stands for a crate that has no name here.
fn shown(subject: &str) -> String {
    match subject {
        "this" => "this layer".to_owned(),
        "static" => "static header".to_owned(),
        "none" => "no token".to_owned(),
        other => other.to_owned(),
    }
}

fn colour(subject: &str) -> usize {
    match subject {
        "this" => 0,
        "static" | "none" => 1,
        _ => 2,
    }
}

/// All plots by their file names.
pub fn all(data: &Data) -> Vec<(&'static str, String)> {
    vec![
        ("overhead.svg", overhead(data)),
        ("threads.svg", threads(data)),
        ("keys.svg", keys(data)),
        ("waiters.svg", waiters(data)),
        ("token-length.svg", token_length(data)),
        ("builds.svg", builds(data)),
    ]
}

fn overhead(data: &Data) -> String {
    let mut bars: Vec<_> = data
        .subjects("warm")
        .into_iter()
        .filter(|subject| !matches!(*subject, "none" | "control"))
        .filter_map(|subject| {
            Some((
                shown(subject),
                data.added("warm", subject)?,
                colour(subject),
            ))
        })
        .collect();
    bars.sort_by(|a, b| a.1.total_cmp(&b.1));
    Bars {
        title: "What a token adds to a request".to_owned(),
        unit: "nanoseconds, one long-lived client, a token of 1 000 characters".to_owned(),
        bars,
    }
    .draw()
}

fn threads(data: &Data) -> String {
    let sets = [
        ("threads", "this", 0, "this layer"),
        ("threads", "static", 3, "static header"),
        ("threads", "none", 1, "no token"),
    ];
    let cloned = [
        ("threads-clone-per-request", "this", 4, "this, cloned"),
        ("threads-clone-per-request", "static", 2, "static, cloned"),
    ];
    let line = |(sweep, subject, colour, name): (&str, &str, usize, &str)| Line {
        name: name.to_owned(),
        colour,
        points: data.sweep(sweep, subject),
    };
    Lines {
        title: "Requests of all threads together".to_owned(),
        unit: "requests in a microsecond; cloned: a clone of the service for each request"
            .to_owned(),
        below: "threads".to_owned(),
        log: false,
        lines: sets.into_iter().chain(cloned).map(line).collect(),
    }
    .draw()
}

fn keys(data: &Data) -> String {
    let line = |(subject, name): (&str, &str)| Line {
        name: name.to_owned(),
        colour: colour(subject),
        points: data.sweep("keys", subject),
    };
    Lines {
        title: "Many tokens behind one layer".to_owned(),
        unit: "nanoseconds that a token adds to a request that names its scope".to_owned(),
        below: "tokens in use, in turn".to_owned(),
        log: false,
        lines: [("this", "this layer"), ("static", "static header")]
            .map(line)
            .into(),
    }
    .draw()
}

fn waiters(data: &Data) -> String {
    let line = |(subject, name): (&str, &str)| Line {
        name: name.to_owned(),
        colour: colour(subject),
        points: data.sweep("waiters", subject),
    };
    Lines {
        title: "Tasks that all wait for the first token".to_owned(),
        unit: "milliseconds from its arrival to the last answer; of no token, from the start"
            .to_owned(),
        below: "tasks".to_owned(),
        log: true,
        lines: [("this", "this layer"), ("none", "no token")]
            .map(line)
            .into(),
    }
    .draw()
}

fn token_length(data: &Data) -> String {
    let peers = data.subjects("warm").into_iter();
    let lines = peers
        .filter(|subject| !matches!(*subject, "none" | "control"))
        .zip([3, 0, 2, 4, 5, 6, 1, 7, 8])
        .map(|(subject, colour)| Line {
            name: shown(subject),
            colour,
            points: data.sweep("token-length", subject),
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    Lines {
        title: "Tokens of growing length".to_owned(),
        unit: "nanoseconds that a token adds to a request".to_owned(),
        below: "characters".to_owned(),
        log: false,
        lines,
    }
    .draw()
}

fn builds(data: &Data) -> String {
    let bars = data.builds.iter().filter_map(|build| {
        let subject = build["subject"].as_str()?;
        let ours = subject.starts_with("this") || subject.starts_with("the protocol");
        let crates = build["crates"].as_u64()?;
        let colour = if ours { 0 } else { 2 };
        Some((
            format!("{subject} ({crates})"),
            build["seconds"].as_f64()?,
            colour,
        ))
    });
    Bars {
        title: "A cold build".to_owned(),
        unit: "seconds in the dev profile, and how many crates are compiled".to_owned(),
        bars: bars.collect(),
    }
    .draw()
}
