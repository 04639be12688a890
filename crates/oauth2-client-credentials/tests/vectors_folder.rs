//! The runner of the vectors, on folders that it must not let pass.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

#[allow(dead_code, reason = "`vectors` itself uses the rest")]
mod vectors_runner;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vectors_runner::{Arguments, folder, run, run_file};

const GOOD: &str = r#"{"id":"1","class":"c","source":"project","input":{"body":"{\"access_token\":\"t\"}","now":0},"expect":{"token":{"access_token":"t"},"error":null}}"#;

/// A folder of this name with these files.
fn folder_of(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vectors-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

fn arguments(list: &[&str]) -> Arguments {
    Arguments::parse(list.iter().map(|argument| (*argument).to_owned())).unwrap()
}

fn runs(name: &str, files: &[(&str, &str)]) -> Result<bool, String> {
    run(&folder_of(name, files), &Arguments::default())
}

#[test]
fn a_folder_that_is_missing_or_empty_is_a_failure() {
    let missing = folder_of("missing", &[]).join("nothing");
    assert!(run(&missing, &Arguments::default()).is_err());
    assert!(runs("empty", &[]).is_err());
    assert!(runs("only-readme", &[("README.md", "# Vectors")]).is_err());
}

#[test]
fn a_file_that_is_not_known_is_a_failure() {
    let good = format!("[{GOOD}]");
    assert_eq!(runs("good", &[("token_response.json", &good)]), Ok(true));
    for name in ["other.json", "other.txt", "token_response.json.bak"] {
        let files = [("token_response.json", &*good), (name, &*good)];
        assert_eq!(runs("unknown-file", &files), Ok(false), "{name}");
    }
}

#[test]
fn a_case_that_cannot_be_read_or_holds_not_fails_alone() {
    let with = |from: &str, to: &str| {
        let case = GOOD
            .replace("\"id\":\"1\"", "\"id\":\"2\"")
            .replace(from, to);
        format!("[{GOOD},{case}]")
    };
    for text in [
        with("\"class\"", "\"other\":1,\"class\""),
        with("\"now\"", "\"other\":1,\"now\""),
        with("\"access_token\":\"t\"}", "\"other\":\"t\"}"),
        with("\"access_token\":\"t\"}", "\"access_token\":\"u\"}"),
        with("\"error\":null", "\"other\":null"),
        with("{\"access_token\":\"t\"},\"error\":null", "null"),
        with("\"token\":{\"access_token\":\"t\"},\"error\":null", ""),
        with("\"source\":\"project\",", ""),
        with("\"now\":0", "\"now\":1e400"),
        with("\"id\":\"2\"", "\"id\":\"1\""),
        format!("[{GOOD},5]"),
    ] {
        let path = folder_of("bad-case", &[("token_response.json", &text)]);
        let path = path.join("token_response.json");
        let (failures, cases) =
            run_file(&path, "token_response.json", &mut BTreeSet::new()).unwrap();
        assert_eq!((failures.len(), cases), (1, 2), "{text}");
        assert_eq!(
            run(path.parent().unwrap(), &Arguments::default()),
            Ok(false)
        );
    }
}

#[test]
fn null_is_absent() {
    let error = r#"{"error":{"kind":"malformed"},"token":null}"#;
    let text = GOOD
        .replace("access_token\\\"", "x\\\"")
        .replace(r#"{"token":{"access_token":"t"},"error":null}"#, error);
    assert_eq!(
        runs("null", &[("token_response.json", &format!("[{text}]"))]),
        Ok(true)
    );
    let placement = r#"[{"id":"1","class":"c","source":"project","input":{"access_token":"t","placement":"header","method":"GET","uri":"https://a/"},"expect":{"headers":{"authorization":"Bearer t"}}}]"#;
    assert_eq!(
        runs("no-headers", &[("placement.json", placement)]),
        Ok(true)
    );
}

#[test]
fn arguments_of_the_standard_harness_are_taken() {
    let bad = folder_of("arguments", &[("other.json", "[]")]);
    for list in [
        &["--help"][..],
        &["-h"],
        &["--list", "--format", "terse"],
        &["--skip", "other", "--test-threads=1"],
        &["token", "--nocapture", "--color=never"],
        &["--exact", "other"],
        &["--ignored"],
    ] {
        assert_eq!(run(&bad, &arguments(list)), Ok(true), "{list:?}");
    }
    for list in [&["--fail-fast"][..], &["-q", "--exact", "other.json"]] {
        assert_eq!(run(&bad, &arguments(list)), Ok(false), "{list:?}");
    }
    assert!(Arguments::parse(["--other".to_owned()]).is_err());
}

#[test]
fn a_relative_folder_may_be_seen_from_the_root_of_the_workspace() {
    let own = folder(None);
    assert!(own.is_dir());
    let from_root = "crates/oauth2-client-credentials/tests/vectors";
    for given in [Path::new(from_root), Path::new("tests/vectors"), &own] {
        let found = folder(Some(given.to_owned()));
        assert_eq!(found.canonicalize().unwrap(), own.canonicalize().unwrap());
    }
    let nowhere = folder(Some("nowhere".into()));
    assert_eq!(nowhere, Path::new("nowhere"));
}
