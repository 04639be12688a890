//! What came of the requests of `--get`.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, response::Parts};
use oauth2_client_credentials::Challenge;
use serde_json::json;
use tower_oauth2_client_credentials::{BoxError, TokenError};

use crate::{
    counts::Counts,
    setup::{
        failure::{BROKEN, Failure, causes},
        output,
    },
};

/// Counted while the answers come in.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    requests: u64,
    served: u64,
    last: Option<Answer>,
    last_bad: Option<Answer>,
    first_failure: Option<Failure>,
}

/// What a resource may say of a token (RFC 6750 §3.1, RFC 9449 §7.1 and §9). The rest is in words of its own, and is not repeated.
const CODES: [&str; 5] = [
    "invalid_request",
    "invalid_token",
    "insufficient_scope",
    "invalid_dpop_proof",
    "use_dpop_nonce",
];

/// An answer that was read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    /// The error that the resource names.
    code: Option<&'static str>,
    body: Bytes,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    Failed(BoxError),
    Late(Duration),
}

impl Answer {
    pub(crate) fn new(parts: Parts, body: Bytes) -> Self {
        let challenges = Challenge::parse_all(&parts.headers);
        let mut codes = challenges.iter().filter_map(|one| one.param("error"));
        Self {
            status: parts.status,
            code: codes.find_map(|code| CODES.into_iter().find(|known| *known == code)),
            body,
        }
    }
}

impl Outcome {
    /// One more request came to its end.
    pub(crate) fn add(&mut self, result: Result<Answer, Unanswered>) {
        self.requests += 1;
        match result {
            Ok(answer) => {
                if answer.status.is_success() {
                    self.served += 1;
                } else {
                    self.last_bad = Some(answer.clone());
                }
                self.last = Some(answer);
            }
            Err(unanswered) => {
                self.first_failure.get_or_insert_with(|| unanswered.into());
            }
        }
    }

    /// Prints the last answer. As text that is nothing if there was none; as JSON its members are null then.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written to.
    pub(crate) fn print(&self, json: bool, counts: &Counts) -> Result<(), Failure> {
        if json {
            let body = self
                .last
                .as_ref()
                .map(|last| String::from_utf8_lossy(&last.body));
            let object = json!({
                "status": self.last.as_ref().map(|last| last.status.as_u16()),
                "body": body,
                "requests": self.requests,
                "token_requests": counts.token_requests(),
                "rejected": counts.rejected(),
                "replayed": counts.replayed(),
            });
            return output::write(object.to_string().as_bytes());
        }
        let Some(last) = &self.last else {
            return Ok(());
        };
        output::write(last.status.to_string().as_bytes())?;
        if last.body.is_empty() {
            return Ok(());
        }
        output::write(&last.body)
    }

    /// Whether every answer was a 2xx.
    ///
    /// # Errors
    ///
    /// It was not; the first request that failed says why, or else the last answer of another status.
    pub(crate) fn into_result(self) -> Result<(), Failure> {
        let bad = self.requests - self.served;
        if bad == 0 {
            return Ok(());
        }
        let failure = match (self.first_failure, self.last_bad) {
            (Some(failure), _) => failure,
            (None, Some(answer)) => not_served(&answer),
            (None, None) => Failure::resource("there was no answer"),
        };
        if self.requests == 1 {
            return Err(failure);
        }
        Err(failure.remark(&format!(
            " ({bad} of {} requests were not served)",
            self.requests
        )))
    }
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Failed(error) => match TokenError::find(&*error) {
                Some(error) => error.into(),
                None => Self::resource(format!(
                    "the request to the resource failed: {}; {BROKEN}",
                    causes(&*error)
                )),
            },
            Unanswered::Late(limit) => Self::resource(format!(
                "the resource has not answered within {limit:?}; check that it is the right URL, and how long its answers take"
            )),
        }
    }
}

fn not_served(answer: &Answer) -> Failure {
    let status = answer.status;
    let code = answer
        .code
        .map_or_else(String::new, |code| format!(" with the error `{code}`"));
    let told = format!("the resource answered {status}{code}");
    match status {
        StatusCode::UNAUTHORIZED => Failure::rejected(format!(
            "{told}: it does not accept the token, check which resource, audience and scope it asks for, and whose tokens it takes"
        )),
        StatusCode::FORBIDDEN => Failure::resource(format!(
            "{told}: the token does not allow this, check which scope it needs and what this client may do"
        )),
        _ if status.is_redirection() => Failure::resource(format!(
            "{told}: redirects are not followed, give the URL that it leads to"
        )),
        _ if status.is_server_error() => Failure::resource(format!(
            "{told}: it is overloaded or broken, try again later"
        )),
        _ => Failure::resource(format!("{told}: check the URL")),
    }
}
