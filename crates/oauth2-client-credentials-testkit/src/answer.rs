//! One answer of a script.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::body::Ending;

/// One answer that a server is told to give.
///
/// `{n}` in a token, in a JSON string or in a body becomes the number of the request that is answered, counted from 1.
///
/// ```
/// use std::time::Duration;
///
/// use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
///
/// let server = AuthorizationServer::builder()
///     .script([
///         Answer::connect_error(),
///         Answer::oauth_error(503, "temporarily_unavailable").header("retry-after", "2"),
///         Answer::token("t{n}").lifetime(Duration::from_secs(60)).after(Duration::from_millis(50)),
///     ])
///     .build();
/// # drop(server);
/// ```
#[derive(Clone)]
pub struct Answer {
    pub(crate) after: Option<Duration>,
    pub(crate) headers: HeaderMap,
    pub(crate) outcome: Outcome,
    pub(crate) ending: Ending,
    pub(crate) pause: Duration,
}

/// How an answer ends.
#[derive(Clone)]
pub(crate) enum Outcome {
    Usual,
    Token {
        template: String,
        lifetime: Option<Duration>,
        scope: Option<String>,
    },
    Response {
        status: StatusCode,
        body: Bytes,
        json: bool,
    },
    ConnectError,
    Reset,
    Hang,
    Panic,
}

impl Answer {
    /// What the server would answer without a script: for a place in a script where nothing goes wrong.
    pub fn usual() -> Self {
        Self::new(Outcome::Usual)
    }

    /// A token as a successful response carries it (RFC 6749, section 5.1): `Answer::token("t{n}")`.
    ///
    /// Nothing of the request is looked at. Its lifetime is the server's unless [`lifetime`](Self::lifetime) sets another.
    pub fn token(token: impl Into<String>) -> Self {
        Self::new(Outcome::Token {
            template: token.into(),
            lifetime: None,
            scope: None,
        })
    }

    /// A status and a JSON document.
    ///
    /// If the status is a success and the document has an `access_token`, that token counts as issued, for `expires_in`
    /// seconds if this is a whole number and for the server's lifetime if not. A torn or endless body issues nothing.
    ///
    /// # Panics
    ///
    /// If `status` is not between 100 and 999.
    #[track_caller]
    pub fn json(status: u16, document: Value) -> Self {
        Self::response(status, document.to_string().into(), true)
    }

    /// A status and a body, without a `Content-Type`. A JSON body with a token is treated as [`json`](Self::json) says.
    ///
    /// # Panics
    ///
    /// If `status` is not between 100 and 999.
    #[track_caller]
    pub fn body(status: u16, body: impl Into<Bytes>) -> Self {
        Self::response(status, body.into(), false)
    }

    /// An error response with this code (RFC 6749, section 5.2).
    ///
    /// # Panics
    ///
    /// If `status` is not between 100 and 999.
    #[track_caller]
    pub fn oauth_error(status: u16, code: &str) -> Self {
        Self::json(status, json!({ "error": code }))
    }

    /// No connection comes about.
    ///
    /// Over loopback the connection is closed without an answer, because it exists already when the request is read. For
    /// a port where nobody listens, shut the server down.
    pub fn connect_error() -> Self {
        Self::new(Outcome::ConnectError)
    }

    /// The connection is reset instead of an answer.
    pub fn reset() -> Self {
        Self::new(Outcome::Reset)
    }

    /// There is no answer, and the connection stays open.
    pub fn hang() -> Self {
        Self::new(Outcome::Hang)
    }

    /// The service's future panics. Over loopback that ends the connection.
    pub fn panic() -> Self {
        Self::new(Outcome::Panic)
    }

    /// A 200 whose JSON body begins with a token and breaks off in the middle of it.
    pub fn torn_body() -> Self {
        Self::begun_json().torn()
    }

    /// A 200 whose JSON body begins with a token that never ends.
    pub fn endless_body() -> Self {
        Self::begun_json().endless()
    }

    /// Sets how long this answer takes, instead of the server's latency. It holds for faults and panics too.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = Some(delay);
        self
    }

    /// Sets the lifetime of a [`token`](Self::token), instead of the server's. Another answer has none and is left as it is.
    ///
    /// `expires_in` has whole seconds and is rounded down, so that nobody is told more than is true.
    #[must_use]
    pub fn lifetime(mut self, duration: Duration) -> Self {
        if let Outcome::Token { lifetime, .. } = &mut self.outcome {
            *lifetime = Some(duration);
        }
        self
    }

    /// Sets the granted `scope` of a [`token`](Self::token). Another answer has none and is left as it is.
    #[must_use]
    pub fn scope(mut self, granted: impl Into<String>) -> Self {
        if let Outcome::Token { scope, .. } = &mut self.outcome {
            *scope = Some(granted.into());
        }
        self
    }

    /// Adds a header. A faulty answer has none.
    ///
    /// What the answer would have by itself under this name is replaced. The same name may be given several times.
    ///
    /// # Panics
    ///
    /// If the name or the value is not one that HTTP allows.
    #[must_use]
    #[track_caller]
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (Ok(name), Ok(value)) = (name.try_into(), value.try_into()) else {
            panic!("not a header that HTTP allows");
        };
        self.headers.append(name, value);
        self
    }

    /// Breaks the connection after the bytes of the body.
    #[must_use]
    pub fn torn(mut self) -> Self {
        self.ending = Ending::Torn;
        self
    }

    /// Goes on for ever after the bytes of the body.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.ending = Ending::Endless;
        self
    }

    /// Sends the body byte by byte, with a pause before each.
    #[must_use]
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    fn begun_json() -> Self {
        let begun = r#"{"token_type":"Bearer","access_token":"t{n}"#;
        Self::response(200, Bytes::from_static(begun.as_bytes()), true)
    }

    #[track_caller]
    fn response(status: u16, body: Bytes, json: bool) -> Self {
        let Ok(status) = StatusCode::from_u16(status) else {
            panic!("{status} is not an HTTP status");
        };
        Self::new(Outcome::Response { status, body, json })
    }

    fn new(outcome: Outcome) -> Self {
        Self {
            after: None,
            headers: HeaderMap::new(),
            outcome,
            ending: Ending::Whole,
            pause: Duration::ZERO,
        }
    }

    /// Puts in for [`usual`](Self::usual) what that is. Headers set by the script win.
    pub(crate) fn or_usual(mut self, usual: impl FnOnce() -> Self) -> Self {
        if matches!(self.outcome, Outcome::Usual) {
            let usual = usual();
            for (name, value) in &usual.headers {
                if !self.headers.contains_key(name) {
                    self.headers.insert(name, value.clone());
                }
            }
            self.outcome = usual.outcome;
        }
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("outcome", &self.outcome)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// Without tokens and bodies, which may hold a real one.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("Usual"),
            Self::Token { .. } => f.write_str("Token"),
            Self::Response { status, .. } => write!(f, "Response({})", status.as_u16()),
            Self::ConnectError => f.write_str("ConnectError"),
            Self::Reset => f.write_str("Reset"),
            Self::Hang => f.write_str("Hang"),
            Self::Panic => f.write_str("Panic"),
        }
    }
}
