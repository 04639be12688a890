//! What programs say when they cannot go on: a line in words, never what `Debug` makes of an error.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "token/http_server.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod http_server;

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use http_server::HttpServer;
use serde_json::json;
use tokio::runtime::Runtime;

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
fn a_secret_that_is_missing_is_asked_for() {
    for (program, arguments) in [
        (env!("CARGO_BIN_EXE_dpop"), 3),
        (env!("CARGO_BIN_EXE_broker_login"), 5),
    ] {
        let mut command = Command::new(program);
        command.args(vec!["a"; arguments]);
        let run = command.env_remove("CLIENT_SECRET").output().unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(
            said.starts_with("error: the variable CLIENT_SECRET"),
            "{said}"
        );
    }
}

#[test]
fn what_is_not_text_is_told_in_words() {
    let odd = OsStr::from_bytes(b"canary\xff");
    let (dpop, servers) = (env!("CARGO_BIN_EXE_dpop"), env!("CARGO_BIN_EXE_servers"));
    for (command, words) in [
        (Command::new(dpop).args([odd]), "an argument is not UTF-8"),
        (
            Command::new(dpop).args(["a"; 3]).env("CLIENT_SECRET", odd),
            "CLIENT_SECRET is not UTF-8",
        ),
        (Command::new(servers).args([odd]), "how many seconds"),
    ] {
        let run = command.env_remove("RUST_LOG").output().unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(
            said.starts_with("error: ") && said.contains(words),
            "{said}"
        );
        assert!(!said.contains("canary"), "{said}");
    }
}

/// A pod would be started again and again.
#[test]
fn a_server_that_is_down_at_first_is_waited_for() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs-assertion-early");
    fs::write(&file, "canary.assertion.x").unwrap();
    let gone = "http://127.0.0.1:1";
    let mut program = Command::new(env!("CARGO_BIN_EXE_projected_token"))
        .args([gone, "svc"])
        .arg(&file)
        .arg(gone)
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let told = lines.next().map(Result::unwrap).unwrap_or_default();
    let goes_on = program.try_wait().unwrap().is_none();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(told.ends_with("; it goes on asking") && goes_on, "{told}");
}

#[test]
fn an_assertion_that_is_not_there_is_told_and_the_end() {
    let runtime = Runtime::new().unwrap();
    let issuer = runtime.block_on(issuer());
    let api = "http://127.0.0.1:1/";
    fails(
        env!("CARGO_BIN_EXE_projected_token"),
        &[&issuer.uri(""), "svc", "/no-such-file", api],
        &["/no-such-file", "No such file"],
    );
}

/// Once a second the same would hide what else there is to see.
#[test]
fn what_fails_later_is_told_once() {
    let runtime = Runtime::new().unwrap();
    let issuer = runtime.block_on(issuer());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs-assertion");
    fs::write(&file, "canary.assertion.x").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_projected_token"))
        .args([&issuer.uri(""), "svc"])
        .arg(&file)
        .arg(api_that_fails_twice())
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let told: Vec<_> = lines.take(3).map(Result::unwrap).collect();
    program.kill().unwrap();
    program.wait().unwrap();
    let good = "200 OK, assertion 1 from the file";
    assert!(told[1].ends_with("; it goes on asking"), "{told:?}");
    assert_eq!((&*told[0], &*told[2]), (good, good));
}

/// It hangs up on the second and the third connection.
fn api_that_fails_twice() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut lines = stream.by_ref().lines().map(Result::unwrap);
            assert!(lines.any(|line| line.is_empty()), "the head ends");
            if !(1..=2).contains(&number) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.get_mut().write_all(answer).unwrap();
            }
        }
    });
    uri
}

/// It has metadata, and a token for everybody.
async fn issuer() -> HttpServer {
    HttpServer::start(|base, request| {
        let body = match &*request.path {
            "/token" => {
                json!({"access_token": "canary-token", "token_type": "Bearer", "expires_in": 3600})
            }
            _ => json!({
                "issuer": base,
                "token_endpoint": format!("{base}/token"),
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }),
        };
        (200, String::new(), body.to_string())
    })
    .await
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
        &["/no-such-file: ", "No such file"],
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
