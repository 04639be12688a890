//! What pages list is there: the tests of the threat model, and a reason for each dependency of a crate that is published. And each
//! example says how it is run.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Rows of tables that are neither heads nor lines below one.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("|--"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn each_row_of_the_threat_model_names_a_test_that_is_there() {
    let page = page("docs/security.md");
    let done = page.split_once("## What is done about it").unwrap().1;
    let done = done.split_once("## What is not defended").unwrap().0;
    let mut seen = 0;
    for row in rows(done).filter(|row| row[0] != "threat") {
        let shown = *row.last().unwrap();
        let [file, test] = quoted(shown)[..] else {
            panic!("{:?} names no file and test: {shown}", row[0]);
        };
        let code =
            fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let function = format!("fn {test}(");
        let (before, _) = code
            .split_once(&function)
            .unwrap_or_else(|| panic!("{file} has no {test}"));
        // An attribute, the block of properties, or a harness of its own is what makes it a test.
        let attributes = before.rsplit("\n\n").next().unwrap();
        let of_another_kind = ["proptest!", "its own test harness"];
        assert!(
            attributes.contains("test") || of_another_kind.iter().any(|kind| code.contains(kind)),
            "{test} is no test"
        );
        seen += 1;
    }
    assert!(seen >= 30, "{seen} rows are too few to be all");
}

#[test]
fn each_dependency_has_its_reason() {
    let page = page("docs/dependencies.md");
    let mut crates = 0;
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let (_, after) = page
            .split_once(&format!("## {name}\n"))
            .unwrap_or_else(|| panic!("{name} has no part"));
        let part = after.split("\n## ").next().unwrap();
        let reasons: BTreeMap<&str, &str> = rows(part)
            .filter(|row| row[0] != "dependency")
            .map(|row| (row[0].trim_matches('`'), row[row.len() - 1]))
            .collect();
        let listed: BTreeSet<&str> = reasons.keys().copied().collect();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let asked = dependencies(&manifest);
        let asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
        assert_eq!(
            listed, asked,
            "what docs/dependencies.md lists for {name}, and its manifest"
        );
        for (dependency, reason) in reasons {
            assert!(reason.len() > 10, "{name} says nothing of {dependency}");
        }
        crates += 1;
    }
    assert!(crates >= 4, "{crates} crates are too few to be all");
}

#[test]
fn each_example_begins_with_what_it_shows_and_how_to_run_it() {
    let (mut all, examples) = (Vec::new(), root().join("examples"));
    for program in fs::read_dir(examples.join("src/bin")).unwrap() {
        let program = program.unwrap().path();
        let name = program.file_stem().unwrap().to_str().unwrap();
        let command = format!("-p examples --bin {name}");
        let main = if program.is_dir() {
            program.join("main.rs")
        } else {
            program
        };
        all.push((main, command));
    }
    for folder in fs::read_dir(&examples).unwrap() {
        let folder = folder.unwrap().path();
        if folder.join("Cargo.toml").is_file() {
            let name = folder.file_name().unwrap().to_str().unwrap();
            let command = format!("-p example-{name}");
            all.push((folder.join("src/main.rs"), command));
        }
    }
    assert!(all.len() >= 14, "{} programs are too few", all.len());
    for (main, command) in all {
        let code = fs::read_to_string(&main).unwrap_or_else(|error| panic!("{main:?}: {error}"));
        let lines = code.lines().map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<_> = lines.map(str::trim).collect();
        let what = lines.first().copied().unwrap_or_default();
        assert!(what.len() > 30, "{main:?} does not say what it shows");
        // With its name at the end, or its arguments after it.
        let run = lines.iter().filter(|line| line.contains("cargo run "));
        let mut named = run.filter_map(|line| Some(line.split_once(&command)?.1));
        assert!(
            named.any(|rest| rest.is_empty() || rest.starts_with(' ')),
            "{main:?} does not say how it is run"
        );
    }
}

/// All that a user's build may have: those of development are not among them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let of = |table: &toml::Table| -> Vec<String> {
        let dependencies = table.get("dependencies").and_then(toml::Value::as_table);
        dependencies.map_or_else(Vec::new, |table| table.keys().cloned().collect())
    };
    let mut all: BTreeSet<String> = of(&manifest).into_iter().collect();
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        all.extend(
            targets
                .values()
                .filter_map(toml::Value::as_table)
                .flat_map(of),
        );
    }
    all
}
