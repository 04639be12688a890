//! Running the program. Every run is told to log all there is, and is searched for the secret and the tokens.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use oauth2_client_credentials_testkit::{
    AuthorizationServer, AuthorizationServerBuilder, ReceivedRequest, Serving,
};
use serde_json::Value;
use tokio::{task, time};

pub(crate) const SECRET: &str = "canary-secret/+%";
pub(crate) const TOKEN: &str = "canary-token-";

/// A program that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// The program with some arguments.
pub(crate) struct Program {
    command: Command,
}

/// What it did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    /// But for what it logs.
    pub(crate) stderr: String,
    logged: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_token"));
        command
            .env("RUST_LOG", "trace")
            .env("CLIENT_SECRET", SECRET)
            .stdin(Stdio::null());
        Self { command }
    }

    /// For the client `svc` of this server.
    pub(crate) fn with(server: &Serving<AuthorizationServer>) -> Self {
        Self::at(&server.token_endpoint())
    }

    pub(crate) fn at(token_endpoint: &str) -> Self {
        Self::new().args(["--token-endpoint", token_endpoint, "--client-id", "svc"])
    }

    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn file(mut self, option: &str, path: &Path) -> Self {
        self.command.arg(option).arg(path);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &Path) -> Self {
        self.command.env(name, value);
        self
    }

    /// Told in no way what to log.
    pub(crate) fn without_log(mut self) -> Self {
        self.command.env_remove("RUST_LOG");
        self
    }

    pub(crate) fn without_secret(mut self) -> Self {
        self.command.env_remove("CLIENT_SECRET");
        self
    }

    /// Runs it to its end.
    pub(crate) async fn run(mut self) -> Run {
        let output = task::spawn_blocking(move || self.command.output());
        let output = time::timeout(LIMIT, output).await.expect("it hangs");
        let output = output.unwrap().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        // Each line of the log begins with the time, and no other line with a digit.
        let (logged, stderr): (String, String) = said
            .split_inclusive('\n')
            .partition(|line| line.starts_with(|first: char| first.is_ascii_digit()));
        let run = Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr,
            logged,
        };
        // No part of them either.
        assert!(!said.contains("canary"), "{run:?}");
        assert!(!run.stdout.contains(SECRET), "{run:?}");
        run
    }
}

impl Run {
    /// It succeeded, and said nothing but its answer and what it was told to log.
    #[track_caller]
    pub(crate) fn answer(&self) -> &str {
        assert_eq!((self.code, &*self.stderr), (0, ""), "{self:?}");
        assert!(self.logged.contains("TRACE"), "{self:?}");
        &self.stdout
    }

    /// It succeeded, and standard error is empty.
    #[track_caller]
    pub(crate) fn is_silent(&self) {
        let said = (self.code, &*self.stderr, &*self.logged);
        assert_eq!(said, (0, "", ""), "{self:?}");
    }

    /// The same as one JSON object on one line.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        object(self.answer())
    }

    /// It failed, and its one line of standard error begins with this kind and has these words in it.
    #[track_caller]
    pub(crate) fn fails(&self, kind: &str, words: &[&str]) {
        assert_eq!(self.code, 1, "{self:?}");
        let line = self.stderr.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{self:?}");
        assert!(line.starts_with(&format!("error: {kind}: ")), "{self:?}");
        // Nothing of the program is left by then.
        assert!(!line.contains("may start in"), "{self:?}");
        for word in words {
            assert!(line.contains(word), "no {word:?} in {self:?}");
        }
    }

    /// Its arguments are wrong, and it says so with these words.
    #[track_caller]
    pub(crate) fn is_refused(&self, words: &[&str]) {
        assert_eq!((self.code, &*self.stdout), (2, ""), "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
    }
}

/// The JSON object on the only line of `text`.
#[track_caller]
pub(crate) fn object(text: &str) -> Value {
    let line = text.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{text:?}");
    let value: Value = serde_json::from_str(line).unwrap();
    assert!(value.is_object(), "{text:?}");
    value
}

/// The members of an object, in no order.
pub(crate) fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// A server that knows `svc` with [`SECRET`], and whose tokens begin with [`TOKEN`].
pub(crate) fn server() -> AuthorizationServerBuilder {
    AuthorizationServer::builder()
        .client("svc", SECRET)
        .token_prefix(TOKEN)
}

pub(crate) async fn serve(server: AuthorizationServerBuilder) -> Serving<AuthorizationServer> {
    server.build().serve().await.unwrap()
}

/// The only request that came.
#[track_caller]
pub(crate) fn only_request(server: &Serving<AuthorizationServer>) -> ReceivedRequest {
    let requests = server.get_ref().requests();
    let [request] = &requests[..] else {
        panic!("not one request: {requests:?}");
    };
    request.clone()
}

/// A file for one test, with these bytes in it.
pub(crate) fn file(name: &str, contents: &[u8]) -> PathBuf {
    let path = missing_file(name);
    fs::write(&path, contents).unwrap();
    path
}

/// Where no file is.
pub(crate) fn missing_file(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Of an earlier run, or there is none.
    let _ = fs::remove_file(&path);
    path
}
