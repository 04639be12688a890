//! What the repository's pages point at is there: files, headings, programs, tests, recipes. And each program on them is compiled: by
//! rustdoc, or elsewhere in the same words.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders with what others wrote, or what was built.
const FOREIGN: [&str; 5] = ["target", "node_modules", ".git", ".venv", "corpus"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            if !FOREIGN.contains(&&*name) {
                files(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

fn all(ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root(), ending, &mut found);
    found.sort();
    let texts = found.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    });
    texts.collect()
}

/// Pages without their blocks of code.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = all(".md");
    assert!(pages.len() > 20, "the pages are not where they were");
    for (_, text) in &mut pages {
        *text = text.split("```").step_by(2).collect();
    }
    pages
}

/// What stands between `begin` and `end`, each time.
fn between<'a>(
    text: &'a str,
    begin: &'a str,
    end: &'a [char],
) -> impl Iterator<Item = &'a str> + 'a {
    text.split(begin)
        .skip(1)
        .map(move |rest| rest.split(end).next().unwrap_or_default())
}

/// As hosts of repositories make an anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn none_missing(missing: Vec<String>) {
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn links_within_the_repository_lead_somewhere() {
    let (mut missing, mut links) = (Vec::new(), 0);
    for (page, text) in pages() {
        for link in between(&text, "](", &[')', ' ']) {
            // rustdoc resolves paths of items.
            if link.contains("://") || link.contains("::") {
                continue;
            }
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let is_there = target.exists()
                && (heading.is_empty()
                    || fs::read_to_string(&target).is_ok_and(|text| {
                        text.lines().any(|line| {
                            line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading
                        })
                    }));
            if !is_there {
                missing.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(links > 25, "{links} links were found");
    none_missing(missing);
}

#[test]
fn paths_that_are_named_are_there() {
    const FOLDERS: [&str; 7] = [
        "benches/",
        "crates/",
        "docs/",
        "examples/",
        "fuzz/",
        "tests/",
        "src/",
    ];
    let manifests = all("Cargo.toml");
    let (mut missing, mut paths) = (Vec::new(), 0);
    for (page, text) in pages() {
        for code in between(&text, "`", &['`']).step_by(2) {
            let is_path = FOLDERS.iter().any(|folder| code.starts_with(folder))
                && code
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if !is_path {
                continue;
            }
            paths += 1;
            let path = code.trim_end_matches('/');
            // What is in a crate is named from there; a test or a module without its ending.
            let is_there = manifests
                .iter()
                .filter_map(|(manifest, _)| Some(manifest.parent()?.join(path)))
                .any(|it| it.exists() || it.with_extension("rs").exists());
            if !is_there && !is_made(path) {
                missing.push(format!("{}: {code}", page.display()));
            }
        }
    }
    assert!(paths > 20, "{paths} paths were found");
    none_missing(missing);
}

/// What a command makes, and nobody commits.
fn is_made(path: &str) -> bool {
    FOREIGN.iter().any(|folder| path.contains(folder))
}

#[test]
fn programs_tests_and_recipes_that_are_named_are_there() {
    let root = root();
    let recipes = fs::read_to_string(root.join("justfile")).unwrap();
    let sources: String = all("Cargo.toml")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let mut files_of_rust = Vec::new();
    files(&root, ".rs", &mut files_of_rust);
    let is_target = |folder: &str, name: &str| {
        files_of_rust.iter().any(|path| {
            let path = path.to_string_lossy();
            path.ends_with(&format!("/{folder}/{name}.rs"))
                || path.ends_with(&format!("/{folder}/{name}/main.rs"))
        })
    };
    let (mut missing, mut named) = (Vec::new(), 0);
    let mut seen = HashSet::new();
    for (page, text) in all(".md") {
        let mut expect = |what: String, is_there: &dyn Fn() -> bool| {
            named += 1;
            if seen.insert(what.clone()) && !is_there() {
                missing.push(format!("{}: {what}", page.display()));
            }
        };
        let ends = [' ', '`', '\n', ')', ',', '\\'];
        for name in between(&text, "--bin ", &ends) {
            expect(format!("--bin {name}"), &|| is_target("bin", name));
        }
        for name in between(&text, "--test ", &ends) {
            // In prose, with its name elsewhere.
            if !name.is_empty() {
                expect(format!("--test {name}"), &|| is_target("tests", name));
            }
        }
        for name in between(&text, "cargo run -p ", &ends) {
            let package = format!("name = \"{name}\"");
            expect(format!("package {name}"), &|| sources.contains(&package));
        }
        for name in between(&text, "`just ", &ends) {
            expect(format!("just {name}"), &|| {
                recipes.lines().any(|line| {
                    line.strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with([':', ' ']))
                })
            });
        }
    }
    assert!(named > 40, "{named} were found");
    none_missing(missing);
}

#[test]
fn tests_that_are_named_in_the_documentation_are_there() {
    let sources = all(".rs");
    let (mut functions, mut texts) = (HashSet::new(), HashSet::new());
    for (_, source) in &sources {
        functions.extend(between(source, "fn ", &['(', '<']));
        texts.extend(source.split('"'));
    }
    let (mut missing, mut named) = (Vec::new(), 0);
    for (page, text) in pages() {
        for code in between(&text, "`", &['`']).step_by(2) {
            let is_test = code.matches('_').count() >= 4
                && code
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            // The others are names of metrics, parameters and properties.
            if !is_test || texts.contains(code) {
                continue;
            }
            named += 1;
            if !functions.contains(code) {
                missing.push(format!("{}: {code}", page.display()));
            }
        }
    }
    assert!(named > 30, "{named} were found");
    none_missing(missing);
}

#[test]
fn no_program_of_a_page_is_left_uncompiled() {
    // Not in one piece, so that this file is none of those with one.
    let fence = "`".repeat(3);
    let (mut left, mut programs) = (Vec::new(), 0);
    for (page, text) in all(".md").into_iter().chain(all(".rs")) {
        for line in text.lines() {
            let line = line.trim_start_matches(['/', '!', ' ']);
            let Some(language) = line.strip_prefix(&*fence) else {
                continue;
            };
            programs += usize::from(language.starts_with("rust"));
            if language.split([',', ' ']).any(|word| word == "ignore") {
                left.push(format!("{}: {line}", page.display()));
            }
        }
    }
    assert!(programs > 5, "{programs} were found");
    none_missing(left);
}

/// rustdoc cannot compile it, for it is that of a build script; the example's own is.
#[test]
fn the_build_script_on_the_page_of_tonic_is_that_of_the_example() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let page = read("crates/tower-oauth2-client-credentials/docs/hosts/tonic.md");
    let (_, block) = page.split_once("```text\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let script = read("examples/tonic/build.rs");
    assert!(block.contains("fn main()"), "{block}");
    assert!(script.ends_with(block), "the page has:\n{block}");
}
