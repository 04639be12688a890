//! From a folder of vectors to an exit code.

mod arguments;
#[cfg(feature = "rsa")]
mod assertion;
mod case;
#[cfg(feature = "jose")]
mod certificate;
mod challenges;
#[cfg(feature = "jose")]
mod dpop;
#[cfg(feature = "jose")]
mod jws;
#[cfg(feature = "mac")]
mod mac;
mod metadata;
mod placement;
mod request;
mod response;
mod retry;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) use self::arguments::Arguments;
use self::arguments::HELP;
use self::case::Case;

/// Does what a case's input says, and tells everything that came of it.
type Run = fn(Value) -> Result<Value, String>;

const FILES: &[(&str, Run)] = &[
    ("authorization_details.json", request::run),
    ("basic_auth.json", request::run),
    #[cfg(feature = "jose")]
    ("cert_thumbprint.json", certificate::run),
    #[cfg(feature = "rsa")]
    ("client_secret_jwt.json", request::run),
    #[cfg(feature = "jose")]
    ("dpop.json", dpop::run),
    ("error_response.json", response::run),
    ("expires_in.json", response::run),
    ("form_response.json", response::run),
    #[cfg(feature = "mac")]
    ("mac.json", mac::run),
    ("metadata.json", metadata::run),
    ("placement.json", placement::run),
    #[cfg(feature = "rsa")]
    ("private_key_jwt.json", request::run),
    ("resource.json", request::run),
    ("retry_classification.json", retry::run),
    ("scope.json", request::run),
    ("token_request.json", request::run),
    ("token_response.json", response::run),
    ("www_authenticate.json", challenges::run),
];

/// Files that only a feature can run, and that feature: without it, a line says
/// so. With all features there is no such line.
const NEEDS_FEATURE: &[(&str, &str, bool)] = &[
    ("cert_thumbprint.json", "jose", cfg!(feature = "jose")),
    ("client_secret_jwt.json", "rsa", cfg!(feature = "rsa")),
    ("dpop.json", "jose", cfg!(feature = "jose")),
    ("mac.json", "mac", cfg!(feature = "mac")),
    ("private_key_jwt.json", "rsa", cfg!(feature = "rsa")),
];

pub(crate) fn main() -> ExitCode {
    let folder = folder(env::var_os("VECTORS_DIR").map(PathBuf::from));
    match Arguments::from_env().and_then(|arguments| run(&folder, &arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(101),
        Err(error) => {
            say(io::stderr(), &format!("error: {error}"));
            ExitCode::from(101)
        }
    }
}

/// Runs the files of a folder, and tells whether all their cases hold.
pub(crate) fn run(folder: &Path, arguments: &Arguments) -> Result<bool, String> {
    if arguments.only_help {
        say(io::stdout(), HELP);
        return Ok(true);
    }
    let mut all_passed = true;
    let mut ids = BTreeSet::new();
    for path in files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !arguments.picks(&name) {
            continue;
        }
        if arguments.only_list {
            say(io::stdout(), &format!("{name}: test"));
            continue;
        }
        let needed = NEEDS_FEATURE.iter().find(|(file, ..)| *file == name);
        if let Some((_, feature, false)) = needed {
            say(
                io::stdout(),
                &format!("{name}: needs the feature {feature}"),
            );
            continue;
        }
        let failures_and_cases = run_file(&path, &name, &mut ids);
        let (failures, cases) = failures_and_cases.unwrap_or_else(|failure| (vec![failure], 0));
        let passed = cases.saturating_sub(failures.len());
        say(io::stdout(), &format!("{name}: {passed} of {cases}"));
        for failure in &failures {
            say(io::stderr(), &format!("{name}: {failure}"));
        }
        all_passed &= failures.is_empty();
        if arguments.fail_fast && !all_passed {
            break;
        }
    }
    Ok(all_passed)
}

/// The crate's own folder, or the one that was `given`: seen from here or, as
/// the one who ran the tests may have meant it, from the root of the workspace.
pub(crate) fn folder(given: Option<PathBuf>) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(given) = given else {
        return own.join("tests/vectors");
    };
    let from_root = own.join("../..").join(&given);
    if given.is_relative() && !given.exists() && from_root.exists() {
        from_root
    } else {
        given
    }
}

/// Everything in the folder but its README.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    paths.retain(|path| !path.ends_with("README.md"));
    paths.sort();
    if paths.is_empty() {
        Err(format!("{}: no vectors", folder.display()))
    } else {
        Ok(paths)
    }
}

/// The failures of a file, and how many cases it has.
pub(crate) fn run_file(
    path: &Path,
    name: &str,
    ids: &mut BTreeSet<String>,
) -> Result<(Vec<String>, usize), String> {
    let known = FILES.iter().find(|(file, _)| *file == name);
    let (_, run) = known.ok_or("unknown file")?;
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    // One by one: a case that cannot be read must not hide the others.
    let cases: Vec<&RawValue> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if cases.is_empty() {
        return Err("no cases".to_owned());
    }
    let count = cases.len();
    let mut failures = Vec::new();
    for (place, case) in cases.into_iter().enumerate() {
        let case: Case = match serde_json::from_str(case.get()) {
            Ok(case) => case,
            Err(error) => {
                failures.push(format!("case {place}: {error}"));
                continue;
            }
        };
        let is_new = ids.insert(case.id.clone());
        let label = case.label();
        let outcome = if is_new {
            case.check(*run)
        } else {
            Err("the id is there twice".to_owned())
        };
        failures.extend(outcome.err().map(|failure| format!("{label}: {failure}")));
    }
    Ok((failures, count))
}

fn say(mut stream: impl io::Write, line: &str) {
    // A reader that went away is no failure of the vectors.
    let _ = writeln!(stream, "{line}");
}
