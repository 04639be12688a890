//! What becomes of a request.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::RETRY_AFTER};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::{Service, ServiceExt};
use tower_oauth2_client_credentials::{BoxError, TokenError, TokenErrorKind};

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It had its answer.
    Served,
    /// The token was refused: 401, or what stands for it.
    Refused,
    /// It was not sent, for there was no token.
    Without {
        /// What the caller was told.
        reason: String,
        /// Whose fault it is; a gateway does not tell.
        kind: Option<TokenErrorKind>,
        /// Whether it may pass by itself.
        transient: bool,
        /// When the caller may try again, if it was told.
        retry_in: Option<Duration>,
    },
    /// Anything else.
    Other(String),
}

impl Outcome {
    /// Of a request through `service`, whose answer is read to its end.
    pub async fn of_call<S, Q, B>(service: S, request: Request<Q>) -> Self
    where
        S: Service<Request<Q>, Response = Response<B>, Error = BoxError>,
        B: http_body::Body,
        B::Error: ToString,
    {
        let answer = match service.oneshot(request).await {
            Ok(answer) => answer,
            Err(error) => return Self::of_error(&*error),
        };
        let (head, body) = answer.into_parts();
        match body.collect().await {
            Ok(body) => Self::of_answer(&Response::from_parts(head, body.to_bytes())),
            Err(error) => Self::Other(error.to_string()),
        }
    }

    /// Of an answer over HTTP. A 503 is a gateway's, which had no token: what it says is the detail of its problem document (RFC 9457).
    #[must_use]
    pub fn of_answer(answer: &Response<Bytes>) -> Self {
        match answer.status() {
            StatusCode::OK => Self::Served,
            StatusCode::UNAUTHORIZED => Self::Refused,
            StatusCode::SERVICE_UNAVAILABLE => {
                let problem: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
                let seconds = answer.headers().get(RETRY_AFTER);
                let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
                Self::Without {
                    reason: problem["detail"].as_str().unwrap_or_default().to_owned(),
                    kind: None,
                    transient: true,
                    retry_in: seconds.map(Duration::from_secs),
                }
            }
            status => Self::Other(status.to_string()),
        }
    }

    /// Of an error, wherever the layer is in its chain.
    #[must_use]
    pub fn of_error(error: &(dyn std::error::Error + 'static)) -> Self {
        match TokenError::find(error) {
            Some(token) => Self::Without {
                reason: token.to_string(),
                kind: Some(token.kind()),
                transient: token.is_transient(),
                retry_in: token.retry_in(),
            },
            None => Self::Other(error.to_string()),
        }
    }

    /// What it failed with, in a word, as it is counted; nothing if it was served.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Served => None,
            Self::Refused => Some("401"),
            Self::Without { kind, .. } => Some(kind.map_or("none", |kind| kind.as_str())),
            Self::Other(what) => Some(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use tower::service_fn;

    use super::*;

    #[test]
    fn a_problem_says_when_to_try_again() {
        let answer = Response::builder().status(503).header(RETRY_AFTER, "3");
        let problem = Bytes::from_static(br#"{"detail":"no token"}"#);
        let outcome = Outcome::of_answer(&answer.body(problem).unwrap());
        let told = Outcome::Without {
            reason: "no token".to_owned(),
            kind: None,
            transient: true,
            retry_in: Some(Duration::from_secs(3)),
        };
        assert_eq!(outcome, told);
    }

    #[tokio::test]
    async fn a_call_ends_as_its_answer_or_its_error_says() {
        for (status, failure) in [
            (200, None),
            (401, Some("401")),
            (418, Some("418 I'm a teapot")),
        ] {
            let service = service_fn(move |_: Request<()>| async move {
                let answer = Response::builder().status(status);
                Ok::<_, BoxError>(answer.body(Full::<Bytes>::default())?)
            });
            let outcome = Outcome::of_call(service, Request::new(())).await;
            assert_eq!(outcome.failure(), failure);
        }
        let service = service_fn(|_: Request<()>| async {
            let error = TokenError::new(TokenErrorKind::Transient, "no token");
            Err::<Response<Full<Bytes>>, _>(BoxError::from(error))
        });
        let outcome = Outcome::of_call(service, Request::new(())).await;
        assert_eq!(outcome.failure(), Some("Transient"));
    }
}
