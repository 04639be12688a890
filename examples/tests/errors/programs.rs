//! What the programs say before they end.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Collection;

const GOOD: &str = include_str!("../egress_proxy/good.toml");

pub(crate) fn collect(all: &mut Collection) {
    let folder = std::env::temp_dir().join(format!("errors-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    proxy(all, &folder);
    token(all, &folder);
    fs::remove_dir_all(&folder).unwrap();
}

fn proxy(all: &mut Collection, folder: &Path) {
    all.chapter("A configuration that egress-proxy does not start with");
    let program = env!("CARGO_BIN_EXE_egress-proxy");
    let told = |config: &str| {
        fs::write(folder.join("proxy.toml"), config).unwrap();
        said(
            Command::new(program).args(["--config", "proxy.toml"]),
            folder,
        )
    };
    for (met, good, bad) in [
        ("a key with a typing error", "client_id", "clientid"),
        (
            "a secret in the file",
            "auth = \"none\"",
            "client_secret = \"s3cret\"",
        ),
        ("no route", GOOD, "listen = \"127.0.0.1:0\"\n"),
        ("no such token", "token = \"main\"", "token = \"man\""),
        ("a prefix that is none", "prefix = \"/\"", "prefix = \"v1\""),
        (
            "an upstream over plain http",
            "upstream = \"https",
            "upstream = \"http",
        ),
        ("an address that is none", "127.0.0.1:0", "somewhere"),
        (
            "a token endpoint over plain http",
            "token_endpoint = \"https",
            "token_endpoint = \"http",
        ),
        (
            "a secret file that is missing",
            "auth = \"none\"",
            "client_secret_file = \"/nowhere/client-secret\"",
        ),
        (
            "no token endpoint",
            "token_endpoint = \"https://as.example.com/token\"\n",
            "",
        ),
        ("no client", "client_id = \"svc\"\n", ""),
        ("no TOML", "[[route]]", "[[route"),
    ] {
        assert!(GOOD.contains(good), "{met}");
        all.add_line(met, &told(&GOOD.replace(good, bad)));
    }
    let missing = said(
        Command::new(program).args(["--config", "missing.toml"]),
        folder,
    );
    all.add_line("a file that is missing", &missing);
}

fn token(all: &mut Collection, folder: &Path) {
    all.chapter("Arguments that token cannot use");
    let program = env!("CARGO_BIN_EXE_token");
    let at = ["--token-endpoint", "https://as.example.com/token"];
    let told = |arguments: &[&str], secret: Option<&str>| {
        let mut command = Command::new(program);
        command
            .env_remove("CLIENT_SECRET")
            .envs(secret.map(|secret| ("CLIENT_SECRET", secret)));
        said(command.args(arguments), folder)
    };
    let with = |more: &[&'static str]| [&at[..], &["--client-id", "svc"], more].concat();
    fs::write(folder.join("key.pem"), "secret").unwrap();
    for (met, arguments, secret) in [
        ("no place", vec!["--client-id", "svc"], Some("s3cret")),
        ("no client", at.to_vec(), Some("s3cret")),
        ("no credential", with(&[]), None),
        (
            "an unknown method",
            with(&["--auth", "password"]),
            Some("s3cret"),
        ),
        (
            "a method without its material",
            with(&["--auth", "private_key_jwt"]),
            None,
        ),
        ("a key that is none", with(&["--key-file", "key.pem"]), None),
        (
            "a key that is missing",
            with(&["--key-file", "missing.pem"]),
            None,
        ),
        (
            "plain http",
            vec![
                "--token-endpoint",
                "http://as.example.com/token",
                "--client-id",
                "svc",
            ],
            Some("s3cret"),
        ),
        (
            "a parameter without a value",
            with(&["--param", "tenant"]),
            Some("s3cret"),
        ),
        (
            "a scope with a quote",
            with(&["--scope", "a\"b"]),
            Some("s3cret"),
        ),
        (
            "a URL that is none",
            with(&["--get", "api"]),
            Some("s3cret"),
        ),
        (
            "repeats without a URL",
            with(&["--repeat", "2"]),
            Some("s3cret"),
        ),
    ] {
        all.add_line(met, &told(&arguments, secret));
    }
}

/// What a program that ends with an error says on stderr before it says how it is used, as one line; the folder as `.`.
fn said(command: &mut Command, folder: &Path) -> String {
    let output = command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    assert!(!output.status.success(), "{command:?} has to fail");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<_> = stderr
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect();
    let line = lines.join(" ");
    let folders: [PathBuf; 2] = [folder.to_owned(), folder.canonicalize().unwrap()];
    folders.iter().fold(line, |line, folder| {
        line.replace(&*folder.to_string_lossy(), ".")
    })
}
