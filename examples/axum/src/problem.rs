//! What a caller is told when the upstream could not be asked, or did not help (RFC 9457).
//!
//! The token is this program's affair, not its caller's: neither a 401 nor the reason why there is no token is passed on. The kind of
//! the failure is, for whoever reads the logs of both sides.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::json;
use tower::timeout::error::Elapsed;
use tower_oauth2_client_credentials::{BoxError, TokenError};

/// A status, a reason, and when to try again.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    retry_after: Option<HeaderValue>,
}

impl Problem {
    /// Of a request that failed below the handler: for want of a token, or on its way.
    ///
    /// | what | status | `Retry-After` |
    /// |---|---|---|
    /// | no token, and it may pass | 503 | when the next token request may start |
    /// | no token, and somebody has to change something | 502 | |
    /// | the upstream took too long | 504 | |
    /// | any other failure on the way | 502 | |
    #[must_use]
    pub fn of_upstream(error: &BoxError) -> Self {
        // The whole story is for the log.
        let mut story = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            story.push_str(": ");
            story.push_str(&error.to_string());
            cause = error.source();
        }
        tracing::warn!(error = story, "the upstream could not be asked");
        let Some(token) = TokenError::find(&**error) else {
            return match error.is::<Elapsed>() {
                true => Self::new(StatusCode::GATEWAY_TIMEOUT, "the upstream took too long"),
                false => Self::new(StatusCode::BAD_GATEWAY, "the upstream could not be reached"),
            };
        };
        let detail = format!("there is no token for the upstream: {}", token.kind());
        if !token.is_transient() {
            return Self::new(StatusCode::BAD_GATEWAY, detail);
        }
        // Whole seconds, rounded up: at 0 the caller would be back too soon.
        let seconds = token.retry_in().map_or(0, |wait| wait.as_secs());
        Self {
            retry_after: Some(HeaderValue::from(seconds.saturating_add(1))),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// Of an answer that is no help: 503 where the upstream is overloaded and may say for how long, else 502.
    #[must_use]
    pub fn of_answer<B>(answer: &http::Response<B>) -> Self {
        match answer.status() {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Self {
                retry_after: answer.headers().get(RETRY_AFTER).cloned(),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the upstream is overloaded",
                )
            },
            status => Self::new(
                StatusCode::BAD_GATEWAY,
                format!("the upstream answered with {}", status.as_u16()),
            ),
        }
    }

    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            retry_after: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, json);
        if let Some(retry_after) = self.retry_after {
            headers.insert(RETRY_AFTER, retry_after);
        }
        let document = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        (self.status, headers, Json(document)).into_response()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use tower_oauth2_client_credentials::TokenErrorKind;

    use super::*;

    fn response(problem: Problem) -> (u16, Option<String>) {
        let response = problem.into_response();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), retry_after)
    }

    #[test]
    fn what_may_pass_is_a_503_and_what_stays_a_502() {
        let of = |kind| response(Problem::of_upstream(&TokenError::new(kind, "no").into()));
        assert_eq!(of(TokenErrorKind::Transient), (503, Some("1".to_owned())));
        assert_eq!(of(TokenErrorKind::ClientAuthentication), (502, None));
        assert_eq!(of(TokenErrorKind::Origin), (502, None));
        assert_eq!(
            response(Problem::of_upstream(&"connection reset".into())),
            (502, None)
        );
        assert_eq!(
            response(Problem::of_upstream(&Elapsed::new().into())),
            (504, None)
        );
    }

    #[test]
    fn an_answer_about_our_own_credentials_is_not_passed_on() {
        let of = |answer: http::response::Builder| {
            response(Problem::of_answer(&answer.body(()).unwrap()))
        };
        let answer = http::Response::builder;
        assert_eq!(of(answer().status(401)), (502, None));
        assert_eq!(of(answer().status(500)), (502, None));
        assert_eq!(
            of(answer().status(429).header(RETRY_AFTER, "7")),
            (503, Some("7".to_owned()))
        );
    }
}
