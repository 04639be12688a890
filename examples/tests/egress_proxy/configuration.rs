//! Files that cannot be meant.

use std::process::Command;

use crate::{
    proxy::{Proxy, Refused},
    stack::{folder, missing, program},
};

/// What each of them is, but for one thing.
const GOOD: &str = include_str!("good.toml");

/// It does not start, and says this on its one line.
#[track_caller]
fn refused(config: &str, words: &[&str]) {
    let Refused { code, stderr } = Proxy::try_start(program(), folder(), config).unwrap_err();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.starts_with("error: ") && stderr.lines().count() == 1,
        "{stderr}"
    );
    for word in words {
        assert!(stderr.contains(word), "no {word:?} in {stderr}");
    }
    assert!(!stderr.contains("canary"), "{stderr}");
}

#[track_caller]
fn refused_with(good: &str, bad: &str, words: &[&str]) {
    assert!(GOOD.contains(good));
    refused(&GOOD.replace(good, bad), words);
}

#[test]
fn what_the_others_are_made_of_is_good() {
    Proxy::try_start(program(), folder(), GOOD).unwrap();
}

#[test]
fn an_unknown_key_is_refused_with_line_and_suggestion() {
    for (good, bad, line, meant) in [
        ("listen =", "listne =", 1, "listen"),
        ("[[route]]", "[[routes]]", 2, "route"),
        ("prefix =", "prefx =", 3, "prefix"),
        ("client_id =", "clientid =", 8, "client_id"),
    ] {
        let line = format!("line {line}: unknown field");
        refused_with(good, bad, &[&line, &format!("did you mean `{meant}`?")]);
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_shown() {
    refused_with(
        "auth = \"none\"",
        "client_secret = \"canary\"",
        &["line 9: ", "use client_secret_file"],
    );
    refused_with(
        "auth = \"none\"",
        "scope = \"canary\"",
        &["line 9: ", "cannot be a string"],
    );
    refused_with(
        "auth = \"none\"",
        "client_secret_file = 4711471147114711",
        &["line 9: ", "cannot be an integer"],
    );
    refused_with(
        "token = \"main\"",
        "token = \"canary\"",
        &["line 5: token: ", "no [token] of this name"],
    );
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_with_its_line() {
    for (good, bad, words) in [
        ("127.0.0.1:0", "somewhere", ["line 1: ", "no address"]),
        (
            "https://api.example.com",
            "http://api.example.com",
            ["line 4: upstream: ", "use https"],
        ),
        (
            "https://api.example.com",
            "https://api.example.com/v1",
            ["line 4: upstream: ", "without a path"],
        ),
        (
            "prefix = \"/\"",
            "prefix = \"v1\"",
            ["line 3: prefix: ", "beginning of a path"],
        ),
        (
            "token = \"main\"",
            "token = \"mian\"",
            ["line 5: token: ", "did you mean \"main\"?"],
        ),
        (
            "https://as.",
            "http://as.",
            ["line 7: token_endpoint: ", "use https"],
        ),
        ("\"svc\"", "\"\"", ["line 8: client_id: ", "empty"]),
        (
            "\"none\"",
            "\"nope\"",
            ["line 9: ", "use one of client_secret_basic"],
        ),
        (
            "\"none\"",
            "\"none\"\nissuer = \"https://as.example.com\"",
            ["line 7: token_endpoint: ", "issuer"],
        ),
        (
            "\"none\"",
            "\"none\"\nkey_file = \"k\"",
            ["line 10: key_file: ", "no use for it"],
        ),
        (
            "\"none\"",
            "\"none\"\ncert_file = \"c\"",
            ["line 10: cert_file: ", "cert_key_file"],
        ),
        (
            "auth = \"none\"",
            "",
            [
                "line 6: client_secret_file: ",
                "nothing to authenticate with",
            ],
        ),
        (
            "[token.main]",
            "[[route]]\nprefix = \"/\"\nupstream = \"\"\ntoken = \"main\"\n[token.main]",
            ["line 7: prefix: ", "already"],
        ),
        ("prefix = \"/\"", "prefix = ", ["line 3: ", ""]),
    ] {
        refused_with(good, bad, &words);
    }
}

#[test]
fn an_upstream_that_is_the_proxy_itself_is_refused() {
    for (listen, upstream) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("127.0.0.1:8080", "http://LOCALHOST:8080/"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        (
            "127.0.0.1:0\"\nadmin = \"127.0.0.1:9090",
            "http://127.0.0.1:9090",
        ),
        // The port that goes with the scheme.
        ("127.0.0.1:80", "http://127.0.0.1"),
        ("127.0.0.1:80", "http://localhost/"),
        ("[::1]:80", "http://localhost"),
        ("127.0.0.1:443", "https://127.0.0.1"),
    ] {
        let config = GOOD.replace("127.0.0.1:0", listen);
        let config = config.replace("https://api.example.com", upstream);
        refused(&config, &["upstream: ", "the proxy itself"]);
    }
}

/// Elsewhere loopback has one address.
#[cfg(target_os = "linux")]
#[test]
fn an_upstream_beside_the_proxy_is_another() {
    // A port that is free: it is given to nobody else while this listens.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for upstream in [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        "http://127.0.0.1".to_owned(),
        "http://localhost".to_owned(),
        "https://localhost".to_owned(),
    ] {
        let config = GOOD.replace("https://api.example.com", &upstream);
        let config = config.replace("127.0.0.1:0", &format!("127.0.0.2:{port}"));
        Proxy::try_start(program(), folder(), &config).unwrap();
    }
}

/// Elsewhere there is no `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn it_has_as_many_threads_as_it_is_told() {
    let proxy = Proxy::try_start(program(), folder(), &format!("threads = 3\n{GOOD}")).unwrap();
    let tasks = std::fs::read_dir(format!("/proc/{}/task", proxy.id())).unwrap();
    let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
    let names: Vec<_> = names.map(Result::unwrap_or_default).collect();
    let workers = names.iter().filter(|name| name.starts_with("tokio-r"));
    // Others are made for what blocks, and bear the same name until they end.
    assert!((3..=5).contains(&workers.count()), "{names:?}");
}

#[test]
fn a_secret_file_that_is_missing_is_named() {
    let path = missing().display().to_string();
    let bad = format!("client_secret_file = \"{path}\"");
    refused_with(
        "auth = \"none\"",
        &bad,
        &["line 6: ", &path, "check the path"],
    );
}

#[test]
fn without_a_route_there_is_nothing_to_do() {
    refused("listen = \"127.0.0.1:0\"\n", &["no [[route]]"]);
}

#[test]
fn a_file_that_is_missing_is_named() {
    let run = Command::new(program())
        .arg("--config")
        .arg(missing())
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(
        said.contains("egress-proxy-no-such-file: it cannot be read"),
        "{said}"
    );
}

#[test]
fn wrong_arguments_are_another_status() {
    let run = Command::new(program()).output().unwrap();
    assert_eq!(run.status.code(), Some(2));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = GOOD.replace("127.0.0.1:0", &address);
    refused(&config, &[&address, "cannot be listened on"]);
}
