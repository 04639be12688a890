//! What it was asked for.

use std::{path::PathBuf, time::Duration};

use tower_oauth2_client_credentials::BoxError;

/// How long, how much, and which faults.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) lasts: Duration,
    pub(crate) per_second: u32,
    pub(crate) seed: u64,
    pub(crate) report: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, BoxError> {
        let mut arguments = Self {
            lasts: Duration::from_secs(30 * 60),
            per_second: 2_000,
            seed: 1,
            report: None,
        };
        while let Some(name) = given.next() {
            let value = given
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--minutes" => arguments.lasts = Duration::from_secs(60 * value.parse::<u64>()?),
                "--seconds" => arguments.lasts = Duration::from_secs(value.parse()?),
                "--rps" => arguments.per_second = value.parse()?,
                "--seed" => arguments.seed = value.parse()?,
                "--report" => arguments.report = Some(value.into()),
                _ => {
                    let known = "--minutes, --seconds, --rps, --seed and --report are known";
                    return Err(format!("{name} is not: {known}").into());
                }
            }
        }
        if arguments.per_second == 0 {
            return Err("without requests there is nothing to see; give --rps more than 0".into());
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, BoxError> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_what_they_say() {
        let arguments = parse("--minutes 2 --rps 50 --seed 7 --report x.md").unwrap();
        assert_eq!(arguments.lasts, Duration::from_secs(120));
        assert_eq!((arguments.per_second, arguments.seed), (50, 7));
        assert_eq!(arguments.report, Some("x.md".into()));
        for wrong in ["--rps", "--rps 0", "--rps many", "--speed 1"] {
            parse(wrong).unwrap_err();
        }
    }
}
