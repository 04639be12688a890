//! What programs say when they cannot go on: a line in words, never what `Debug` makes of an error.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

const USAGE: &str = "as its first lines say";

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("CLIENT_SECRET", "canary");
    command.env_remove("RUST_LOG").output().unwrap()
}

#[track_caller]
fn fails(program: &str, arguments: &[&str], words: &[&str]) {
    let run = run(program, arguments);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("error: ") && said.lines().count() == 1,
        "{said}"
    );
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    for not in ["canary", "Error {", "Error(", "Custom {", "Os {"] {
        assert!(!said.contains(not), "{said}");
    }
}

#[test]
fn wrong_arguments_are_told_in_words() {
    for program in [
        env!("CARGO_BIN_EXE_mutual_tls"),
        env!("CARGO_BIN_EXE_dpop"),
        env!("CARGO_BIN_EXE_projected_token"),
        env!("CARGO_BIN_EXE_broker_login"),
    ] {
        fails(program, &[], &["it takes ISSUER", USAGE]);
    }
}

#[test]
fn an_error_is_told_with_what_caused_it() {
    let gone = "http://127.0.0.1:1";
    fails(
        env!("CARGO_BIN_EXE_dpop"),
        &[gone, "svc", gone],
        &["no token", "connect", "refused"],
    );
    fails(
        env!("CARGO_BIN_EXE_mutual_tls"),
        &[gone, "svc", "/no-such-file", "", "", gone],
        &["No such file"],
    );
    let folder = env!("CARGO_TARGET_TMPDIR");
    fails(
        env!("CARGO_BIN_EXE_fleet"),
        &[
            "--replicas",
            "1",
            "--hours",
            "0.1",
            "--outage",
            "0",
            "--plot",
            folder,
        ],
        &["directory"],
    );
}
