//! The arguments of the standard test harness, as far as they mean something
//! here.

use std::env;

pub(crate) const HELP: &str = "\
usage: vectors [OPTIONS] [FILTERS...]

Runs the files of test vectors whose names contain one of FILTERS, or all.

  --list         list the files
  --exact        FILTERS are whole names
  --skip FILTER  leave out the files whose names contain FILTER
  --fail-fast    stop at the first file with a failure
  --help         this text

Other options of the standard test harness are accepted and change nothing.
VECTORS_DIR names another folder; if it is relative, it may be from the root of
the workspace.";

#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) only_help: bool,
    pub(crate) only_list: bool,
    pub(crate) fail_fast: bool,
    only_ignored: bool,
    exact: bool,
    filters: Vec<String>,
    skipped: Vec<String>,
}

impl Arguments {
    pub(crate) fn from_env() -> Result<Self, String> {
        Self::parse(env::args().skip(1))
    }

    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with('-') => (name, Some(value.to_owned())),
                _ => (&*argument, None),
            };
            let mut value = || {
                value
                    .clone()
                    .or_else(|| arguments.next())
                    .ok_or_else(|| format!("{name} needs a value"))
            };
            match name {
                "-h" | "--help" => parsed.only_help = true,
                "--fail-fast" => parsed.fail_fast = true,
                "--list" => parsed.only_list = true,
                "--ignored" => parsed.only_ignored = true,
                "--exact" => parsed.exact = true,
                "--skip" => parsed.skipped.push(value()?),
                "--test-threads" | "--format" | "--color" | "--logfile" | "--shuffle-seed"
                | "-Z" => {
                    value()?;
                }
                "-q"
                | "--quiet"
                | "--nocapture"
                | "--no-capture"
                | "--show-output"
                | "--include-ignored"
                | "--test"
                | "--bench"
                | "--shuffle"
                | "--report-time"
                | "--ensure-time"
                | "--force-run-in-process"
                | "--exclude-should-panic" => {}
                option if option.starts_with('-') => {
                    return Err(format!("unknown option {option}"));
                }
                filter => parsed.filters.push(filter.to_owned()),
            }
        }
        Ok(parsed)
    }

    /// Whether the file called `name` is to be run. No file is ignored.
    pub(crate) fn picks(&self, name: &str) -> bool {
        let matches = |filter: &String| {
            if self.exact {
                name == filter
            } else {
                name.contains(filter)
            }
        };
        !self.only_ignored
            && (self.filters.is_empty() || self.filters.iter().any(matches))
            && !self.skipped.iter().any(matches)
    }
}
