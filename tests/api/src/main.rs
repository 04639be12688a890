//! Writes the public API that one JSON file of rustdoc describes, a line an item: `tests/checks/api` compares it with what was reviewed.
//!
//! `api FILE.json`, with what to leave out left out: the lines stay readable aloud, and change when the API does and not otherwise.

use std::{env, process::ExitCode};

use public_api::PublicApi;

/// Of the traits that the compiler implements by itself, these are a promise; the others follow from private fields.
const PROMISED: [&str; 3] = ["Copy", "Send", "Sync"];

/// Other people's crates, whose items are known by the last word.
const COMMON: [&str; 3] = ["core", "alloc", "std"];

/// What a type is said to be on one line, if nothing is asked for in return.
const TRAITS: [&str; 14] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Error",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Send",
    "Sync",
    "!Sync",
];

fn main() -> ExitCode {
    let Some(file) = env::args().nth(1) else {
        eprintln!("error: no file: name one that rustdoc wrote, such as target/doc/CRATE.json");
        return ExitCode::from(2);
    };
    match public_api::Builder::from_rustdoc_json(&file)
        .omit_blanket_impls(true)
        .build()
    {
        Ok(api) => {
            #[expect(clippy::print_stdout, reason = "it is what this program is for")]
            {
                print!("{}", listing(&api));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(
                "error: {file} cannot be read: {error}. Should rustdoc be newer: ask for a newer `public-api` in tests/api/Cargo.toml"
            );
            ExitCode::FAILURE
        }
    }
}

/// The lines in the order of the crate, each once: an implementation stands with its type and with its trait.
fn listing(api: &PublicApi) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut root = String::new();
    for item in api.items() {
        // public-api leaves the colon of a bound out.
        let written = item.to_string().replace("Itemcore::", "Item: core::");
        if root.is_empty() {
            root = format!("{}::", written.trim_start_matches("pub mod "));
        }
        let line = without_modules(&written, &root);
        if !is_of_interest(&line) {
            continue;
        }
        let line = line.replace("marker::", "");
        if let Some(joined) = lines.last().and_then(|last| joined(last, &line)) {
            lines.pop();
            lines.push(joined);
        } else if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}

fn is_of_interest(line: &str) -> bool {
    // Pages, not code: they are there for rustdoc alone.
    if line.contains(" docs::") || line.ends_with(" docs") {
        return false;
    }
    if let Some((traits, _)) = line.split_once(" for ")
        && let Some((_, name)) = traits.split_once(' ')
        && let Some(automatic) = name.trim_start_matches('!').strip_prefix("marker::")
    {
        return PROMISED.contains(&automatic);
    }
    if line.contains("UnwindSafe for") {
        return false;
    }
    // What these do is said by their trait.
    ![
        "::clone(&self",
        "::fmt(&self",
        "::eq(&self",
        "::hash<",
        "::default()",
    ]
    .iter()
    .any(|function| line.contains(function))
}

/// `impl Clone for T` and `impl Debug for T` as one line.
fn joined(last: &str, line: &str) -> Option<String> {
    let (traits, of) = last.strip_prefix("impl ")?.split_once(" for ")?;
    let (one, other) = line.strip_prefix("impl ")?.split_once(" for ")?;
    let plain = |name: &str| TRAITS.contains(&name);
    let fits = of == other && traits.split(" + ").all(plain) && plain(one);
    fits.then(|| format!("impl {traits} + {one} for {of}"))
}

/// Each path without what it leads through: those modules are private, and may move.
fn without_modules(line: &str, root: &str) -> String {
    let part_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut short = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(part_of_path) {
        short.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !part_of_path(c)).unwrap_or(rest.len());
        short.push_str(&short_path(&rest[..end], root));
        rest = &rest[end..];
    }
    short + rest
}

/// `core::result::Result` is `Result`, `http::header::value::HeaderValue` is `http::HeaderValue`; our own stand as a user writes them.
fn short_path(full: &str, root: &str) -> String {
    if let Some(own) = full.strip_prefix(root) {
        return own.to_owned();
    }
    let segments: Vec<&str> = full.split("::").collect();
    let named = |segment: &&str| segment.starts_with(|c: char| c.is_uppercase());
    match segments.iter().position(named) {
        Some(0) | None => full.to_owned(),
        Some(at) if COMMON.contains(&segments[0]) && segments[at - 1] == "marker" => {
            segments[at - 1..].join("::")
        }
        Some(at) if COMMON.contains(&segments[0]) => segments[at..].join("::"),
        Some(at) => format!("{}::{}", segments[0], segments[at..].join("::")),
    }
}
