//! The page "Order of layers" and these tests belong together.

use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = include_str!("../../docs/order-of-layers.md");

#[test]
fn the_page_names_every_test_and_no_other() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut here = test_names(&fs::read_to_string(tests.join("layers_tracing.rs")).unwrap());
    for file in fs::read_dir(tests.join("layers")).unwrap() {
        here.extend(test_names(
            &fs::read_to_string(file.unwrap().path()).unwrap(),
        ));
    }
    here.remove("the_page_names_every_test_and_no_other");
    // This one is told about as well.
    let elsewhere = "callers_with_deadlines_shorter_than_the_fetch_are_served_in_the_end";
    let sharing = fs::read_to_string(tests.join("sharing.rs")).unwrap();
    assert!(test_names(&sharing).contains(elsewhere));
    here.insert(elsewhere.to_owned());

    let on_the_page = PAGE.split('`').filter(|words| is_test_name(words));
    let on_the_page: BTreeSet<String> = on_the_page.map(str::to_owned).collect();
    assert_eq!(on_the_page, here);
}

/// What stands after the attribute of a test.
fn test_names(source: &str) -> BTreeSet<String> {
    let attributes = ["#[test]\n", "#[tokio::test(start_paused = true)]\n"];
    let mut names = BTreeSet::new();
    for attribute in attributes {
        for test in source.split(attribute).skip(1) {
            let test = test.trim_start_matches("async ").strip_prefix("fn ");
            names.extend(test.and_then(|test| Some(test.split_once('(')?.0.to_owned())));
        }
    }
    names
}

/// A name of several words. Those of tower's methods have fewer.
fn is_test_name(words: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    words.matches('_').count() >= 3 && words.chars().all(is_name)
}
