//! Why the program ends with something else than 0.

use std::{error::Error, fmt, process::ExitCode};

use tower_oauth2_client_credentials::{EndpointError, TokenError, TokenErrorKind};

use super::output::one_line;

/// What to try after a connection that broke.
pub(crate) const BROKEN: &str = "check the URL, or try again later";

/// What went wrong: a line for whoever called the program, without `error: `.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// `None` if the arguments are wrong.
    kind: Option<&'static str>,
    reason: String,
}

impl Failure {
    /// The arguments cannot be meant. `option` is the one at fault.
    pub(crate) fn arguments(option: &str, reason: impl fmt::Display) -> Self {
        Self {
            kind: None,
            reason: format!("{option}: {reason}"),
        }
    }

    /// The arguments are right, and what they name is not.
    pub(crate) fn configuration(reason: impl Into<String>) -> Self {
        Self {
            kind: Some(TokenErrorKind::Configuration.as_str()),
            reason: reason.into(),
        }
    }

    /// This machine does not give what the program needs.
    pub(crate) fn of_this_machine(what: &str, error: &dyn Error) -> Self {
        Self {
            kind: Some(TokenErrorKind::Transient.as_str()),
            reason: format!("{what}: {error}"),
        }
    }

    /// The token was refused where it was shown.
    pub(crate) fn rejected(reason: impl Into<String>) -> Self {
        Self {
            kind: Some(TokenErrorKind::Rejected.as_str()),
            reason: reason.into(),
        }
    }

    /// Something else is the matter with the resource; a kind beside those of a [`TokenError`].
    pub(crate) fn resource(reason: impl Into<String>) -> Self {
        Self {
            kind: Some("Resource"),
            reason: reason.into(),
        }
    }

    /// The same, with a remark at its end.
    pub(crate) fn remark(mut self, remark: &str) -> Self {
        self.reason.push_str(remark);
        self
    }

    /// The same without `secret`, which a server may have put into its own words.
    pub(crate) fn hide(mut self, secret: &str) -> Self {
        // A shorter one is no secret, and stands in many a word.
        const SHORTEST: usize = 4;
        if secret.len() >= SHORTEST {
            self.reason = self.reason.replace(secret, "[secret]");
        }
        self
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.kind.is_some() { 1 } else { 2 })
    }
}

impl From<&TokenError> for Failure {
    fn from(error: &TokenError) -> Self {
        let reason = match error.source() {
            // The authorization server's answer says what to try; a connection that broke does not.
            Some(source) if error.response_error().is_some() => causes(source),
            Some(source) => format!("{}; {BROKEN}", causes(source)),
            None => in_terms_of_options(&without_pause(error)),
        };
        Self {
            kind: Some(error.kind().as_str()),
            reason,
        }
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        let mut chain = std::iter::successors(error.source(), |&error| error.source());
        if let Some(failure) = chain.find_map(|error| error.downcast_ref::<Self>()) {
            return failure.clone();
        }
        match TokenError::find(&error) {
            Some(error) => error.into(),
            None => Self::configuration(causes(&error)),
        }
    }
}

impl Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind {
            write!(f, "{kind}: ")?;
        }
        f.write_str(&one_line(&self.reason))
    }
}

/// An error's own line also tells when the next token request may start. Nothing of this process is left by then.
fn without_pause(error: &TokenError) -> String {
    const PAUSE: &str = " (the next token request may start in ";
    let mut line = error.to_string();
    if error.retry_in().is_some()
        && let Some(start) = line.rfind(PAUSE)
    {
        line.truncate(start);
    }
    line
}

/// The line's own beginning says that there is no token, if that is so; and the HTTP client does not know how it is told of an authority.
fn in_terms_of_options(line: &str) -> String {
    line.strip_prefix("no token: ")
        .unwrap_or(line)
        .replace("to the HTTP client or the system", "with --ca-file")
}

/// An error and what caused it, on one line.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use oauth2_client_credentials::TokenResponse;
    use tower::service_fn;
    use tower_oauth2_client_credentials::{Fetch, TokenSource};

    use super::*;

    #[test]
    fn a_failure_is_one_line() {
        let failure = Failure::configuration("a\r\nerror: b\u{1b}[2J");
        assert_eq!(failure.to_string(), "Configuration: a  error: b [2J");
    }

    #[test]
    fn a_secret_that_a_server_repeats_is_hidden() {
        let failure = Failure::configuration("wrong secret canary for svc").hide("canary");
        assert_eq!(
            failure.to_string(),
            "Configuration: wrong secret [secret] for svc"
        );
        let failure = Failure::configuration("wrong secret").hide("s");
        assert_eq!(failure.to_string(), "Configuration: wrong secret");
    }

    #[tokio::test]
    async fn a_pause_that_ends_after_the_program_is_not_told() {
        let refuse = |_: Fetch| {
            let error = TokenError::new(TokenErrorKind::Scope, "no such scope");
            ready(Err::<TokenResponse, _>(error))
        };
        let source = TokenSource::new(service_fn(refuse));
        for _ in 0..2 {
            let error = source.token().await.unwrap_err();
            assert!(error.retry_in().is_some() && error.to_string().contains("may start"));
            assert_eq!(Failure::from(&error).to_string(), "Scope: no such scope");
        }
    }
}
