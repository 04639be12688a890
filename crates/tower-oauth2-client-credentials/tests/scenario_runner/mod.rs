//! From a folder of scenarios to an exit code.

mod arguments;
mod check;
mod endpoint;
mod format;
mod log;
mod panics;
mod play;
mod requests;
mod resource;
mod stack;
mod world;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use self::{arguments::Arguments, format::Scenario};

/// Virtual time costs nothing: whoever needs this much of the real one runs in a circle.
const REAL_TIME: Duration = Duration::from_secs(120);

pub(crate) fn main() -> ExitCode {
    panics::silence_deliberate_ones();
    match Arguments::parse(env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(io::stderr(), &format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all that were picked hold.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let files = files(&folder())?;
    let picked: Vec<_> = files
        .into_iter()
        .map(|path| (name(&path), path))
        .filter(|(name, _)| arguments.picks(name))
        .collect();
    if arguments.only_list() {
        for (name, _) in &picked {
            say(io::stdout(), &format!("{name}: test"));
        }
        return Ok(true);
    }
    let mut hold = 0;
    for (name, path) in &picked {
        let failures = run_file(path);
        if failures.is_empty() {
            hold += 1;
            say(io::stdout(), &format!("{name}: ok"));
        } else {
            say(io::stdout(), &format!("{name}: FAILED"));
        }
        for failure in &failures {
            say(io::stdout(), &format!("  {failure}"));
        }
    }
    let all = picked.len();
    say(io::stdout(), &format!("{hold} of {all} scenarios hold"));
    Ok(hold == all)
}

fn folder() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    env::var_os("SCENARIOS_DIR").map_or_else(own, PathBuf::from)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: io::Error| format!("{}: {error}", folder.display());
    let mut paths = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    if paths.is_empty() {
        return Err(format!("{}: no scenarios", folder.display()));
    }
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What does not hold. Every scenario has a thread of its own, so that one that hangs or panics fails alone.
fn run_file(path: &Path) -> Vec<String> {
    let path = path.to_owned();
    let (done, failures) = mpsc::channel();
    thread::spawn(move || done.send(read_and_play(&path).unwrap_or_else(|error| vec![error])));
    failures.recv_timeout(REAL_TIME).unwrap_or_else(|error| {
        vec![match error {
            mpsc::RecvTimeoutError::Timeout => {
                format!("did not end within {REAL_TIME:?} of real time: something runs in a circle")
            }
            mpsc::RecvTimeoutError::Disconnected => "the run panicked".to_owned(),
        }]
    })
}

fn read_and_play(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let scenario = Scenario::parse(&text)?;
    let scenario = Arc::new(scenario);
    let log = play::play(&scenario)?;
    Ok(check::failures(&scenario, &log))
}

fn say(mut stream: impl io::Write, line: &str) {
    // A reader that went away is no failure of the scenarios.
    let _ = writeln!(stream, "{line}");
}
