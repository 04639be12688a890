//! The arguments of the standard test harness, as far as they mean something here.

/// Options without a value that change nothing here: no scenario is ignored, and nothing is captured.
const FLAGS: &[&str] = &[
    "-q",
    "--quiet",
    "--nocapture",
    "--no-capture",
    "--show-output",
    "--include-ignored",
    "--test",
    "--shuffle",
    "--report-time",
    "--ensure-time",
    "--force-run-in-process",
    "--exclude-should-panic",
];

/// Options with a value that change nothing here.
const SETTINGS: &[&str] = &[
    "--test-threads",
    "--format",
    "--color",
    "--logfile",
    "--shuffle-seed",
    "-Z",
];

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    list: bool,
    exact: bool,
    /// `--ignored` or `--bench`: asks for something that is not here.
    nothing: bool,
    filters: Vec<String>,
    skipped: Vec<String>,
}

impl Arguments {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            if !argument.starts_with('-') {
                parsed.filters.push(argument);
                continue;
            }
            let (option, mut value) = match argument.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let mut value = || {
                value
                    .take()
                    .or_else(|| arguments.next())
                    .ok_or_else(|| format!("the option {option} needs a value"))
            };
            match &*option {
                "--list" => parsed.list = true,
                "--exact" => parsed.exact = true,
                "--ignored" | "--bench" => parsed.nothing = true,
                "--skip" => parsed.skipped.push(value()?),
                flag if FLAGS.contains(&flag) => {}
                setting if SETTINGS.contains(&setting) => drop(value()?),
                unknown => return Err(format!("unknown option {unknown}")),
            }
        }
        Ok(parsed)
    }

    pub(crate) fn only_list(&self) -> bool {
        self.list
    }

    /// Whether the file is to be run. `name` is without `.json`; a filter may be with it.
    pub(crate) fn picks(&self, name: &str) -> bool {
        let file = format!("{name}.json");
        let matches = |filter: &String| match self.exact {
            true => filter == name || *filter == file,
            false => file.contains(filter),
        };
        !self.nothing
            && (self.filters.is_empty() || self.filters.iter().any(matches))
            && !self.skipped.iter().any(matches)
    }
}
