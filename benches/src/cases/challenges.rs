//! Challenges of growing length: reading one takes time that grows with it and no faster.

use std::hint::black_box;

use oauth2_client_credentials::Challenge;

use super::protocol::time;

/// Lines that a careless reader takes long for, cut to a length.
const SHAPES: [(&str, &str, &str); 7] = [
    ("parameters", "A a=1", ", b{}=1"),
    ("repeated", "A a=1", ", a=1"),
    ("challenges", "A b=c", ", A b=c"),
    ("quoted", "A b=\"", "\\\""),
    ("commas", "A b=c", ","),
    ("white-space", "A b=c", " "),
    ("no-end", "A b=\"c", ", A b=\"c"),
];

const LENGTHS: [usize; 4] = [16_384, 65_536, 262_144, 1_048_576];

/// Lines of one shape.
#[derive(Clone, Debug)]
pub struct Growth {
    pub shape: &'static str,
    /// Length in bytes, and nanoseconds.
    pub times: Vec<(usize, f64)>,
    /// The power of the length with which the time grows.
    pub exponent: f64,
}

/// The best of nine, for each length of each shape.
pub fn growths() -> Vec<Growth> {
    let growth = |(shape, begin, repeated): (&'static str, &str, &str)| {
        let times: Vec<_> = LENGTHS
            .into_iter()
            .map(|length| {
                let line = line(begin, repeated, length);
                let read = || drop(black_box(Challenge::parse(line.as_bytes())));
                let best = (0..9).map(|_| time(1, read)).fold(f64::INFINITY, f64::min);
                (line.len(), best)
            })
            .collect();
        let ((short, fast), (long, slow)) = (times[0], times[times.len() - 1]);
        Growth {
            shape,
            exponent: (slow / fast).ln() / (long as f64 / short as f64).ln(),
            times,
        }
    };
    SHAPES.into_iter().map(growth).collect()
}

fn line(begin: &str, repeated: &str, length: usize) -> String {
    let mut line = begin.to_owned();
    for number in 0.. {
        if line.len() >= length {
            break;
        }
        line += &repeated.replace("{}", &number.to_string());
    }
    line
}
