//! One answer, and what is to become of it.

use std::{fmt::Write as _, sync::Arc};

use tower_oauth2_client_credentials::TokenErrorKind;

use crate::frames;

/// What the client keeps secret, and what it is given. Neither may show in an error.
pub(crate) const SECRET: &str = "canary-secret-5c1f";
/// `svc:` and the secret, as the client sends them.
pub(crate) const BASIC: &str = "c3ZjOmNhbmFyeS1zZWNyZXQtNWMxZg==";
pub(crate) const TOKEN: &str = "canary-token-9d2e";

pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) over: Over,
    pub(crate) script: Arc<[Step]>,
    pub(crate) expected: Expected,
    /// It does not end by itself: the client has little patience here, and that is what ends it.
    pub(crate) stalls: bool,
    /// The client proves that it has a key, and so takes part in what nonces are about.
    pub(crate) is_bound: bool,
}

/// What it comes over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Plain,
    Tls,
    /// Over TLS as well.
    Http2,
    /// The client asks for TLS, and the server knows none.
    NoTls,
}

/// What the server does next. After the last step it says that it has nothing more to send, and reads on.
#[derive(Clone)]
pub(crate) enum Step {
    /// Waits for the end of the request.
    Await,
    Send(Vec<u8>),
    /// The same so many times.
    Repeat(Vec<u8>, usize),
    /// A byte now and then.
    Drip(Vec<u8>),
    /// Says nothing more, and keeps the connection.
    Stall,
    /// Ends the connection without the usual words.
    Reset,
}

/// Times that are as good as for ever.
pub(crate) const ENDLESS: usize = usize::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Token,
    Error(TokenErrorKind),
}

pub(crate) const TAKEN: Expected = Expected::Token;
pub(crate) const TRANSIENT: Expected = Expected::Error(TokenErrorKind::Transient);
pub(crate) const PROTOCOL: Expected = Expected::Error(TokenErrorKind::Protocol);
pub(crate) const TOO_LARGE: Expected = Expected::Error(TokenErrorKind::TooLarge);

impl Answer {
    pub(crate) fn new(
        name: impl Into<String>,
        over: Over,
        script: Vec<Step>,
        expected: Expected,
    ) -> Self {
        Self {
            name: name.into(),
            over,
            script: script.into(),
            expected,
            stalls: false,
            is_bound: false,
        }
    }

    /// These bytes over HTTP/1.1, once the request is there.
    pub(crate) fn raw(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        expected: Expected,
    ) -> Self {
        let script = vec![Step::Await, Step::Send(bytes.into())];
        Self::new(name, Over::Plain, script, expected)
    }

    /// These frames over HTTP/2, once the request is there.
    pub(crate) fn frames(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        expected: Expected,
    ) -> Self {
        let script = vec![
            Step::Send(frames::settings(&[])),
            Step::Await,
            // The client's windows are as wide as it said once the server has taken note.
            Step::Send(frames::frame(frames::SETTINGS, frames::ACK, 0, &[])),
            Step::Send(bytes.into()),
        ];
        Self::new(name, Over::Http2, script, expected)
    }

    pub(crate) fn stalling(mut self) -> Self {
        self.stalls = true;
        self
    }

    pub(crate) fn with_a_key(mut self) -> Self {
        self.is_bound = true;
        self
    }

    /// The same steps, and these after them.
    pub(crate) fn then(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.script = self.script.iter().cloned().chain(steps).collect();
        self
    }
}

/// One that is well-formed as HTTP, over both versions of it.
pub(crate) fn both(
    name: impl Into<String>,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
    expected: Expected,
) -> [Answer; 2] {
    let (name, body) = (name.into(), body.as_ref());
    let mut head = format!("HTTP/1.1 {status} Whatever\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if status != 204 && status != 304 {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    let plain = [head.as_bytes(), b"\r\n", body].concat();
    let status = status.to_string();
    let mut fields = vec![(":status", &*status)];
    fields.extend(headers);
    let http2 = [frames::headers(&fields), frames::data(body)].concat();
    [
        Answer::raw(format!("{name}, HTTP/1.1"), plain, expected),
        Answer::frames(format!("{name}, HTTP/2"), http2, expected),
    ]
}

/// The same as a good answer's body, of the type that it should be.
pub(crate) fn json(
    name: impl Into<String>,
    body: impl AsRef<[u8]>,
    expected: Expected,
) -> [Answer; 2] {
    both(name, 200, &[JSON], body, expected)
}

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// A body that nothing is wrong with.
pub(crate) fn good_body() -> String {
    format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3600}}"#)
}

/// A good body with this member in it, too.
pub(crate) fn with(member: &str) -> String {
    format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer",{member}}}"#)
}

/// A good answer over HTTP/1.1, with these lines in its head, each with its end.
pub(crate) fn good(lines: &str) -> String {
    let body = good_body();
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{lines}content-length: {length}\r\n\r\n{body}"
    )
}

/// A good answer, whose head ends with these lines and whose body is this.
pub(crate) fn head_and(lines: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{lines}\r\n{body}")
}
