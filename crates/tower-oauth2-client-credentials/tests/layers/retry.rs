//! `Retry`: what is sent again, and with which token.

use std::{future::Future, pin::Pin};

use tokio::time::{Instant, Sleep, sleep};
use tower::{
    Layer, ServiceBuilder,
    retry::{Policy, RetryLayer},
};

use super::*;

/// Sends again, after a pause, whatever failed or was not answered with success. It knows nothing of tokens.
#[derive(Clone)]
struct Stubborn {
    times: u32,
    pause: Duration,
}

impl<B, E> Policy<Request<Body>, Response<B>, E> for Stubborn {
    type Future = Sleep;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<B>, E>,
    ) -> Option<Sleep> {
        let is_done = matches!(result, Ok(answer) if answer.status().is_success());
        self.times = self.times.checked_sub(1).filter(|_| !is_done)?;
        Some(sleep(self.pause))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

/// Reads our errors: what may pass by itself is tried again when the next token request may start, and not before. All else is over.
#[derive(Clone)]
pub(crate) struct Patient {
    times: u32,
}

impl Patient {
    pub(crate) fn new(times: u32) -> Self {
        Self { times }
    }
}

impl<B> Policy<Request<Body>, Response<B>, BoxError> for Patient {
    type Future = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<B>, BoxError>,
    ) -> Option<Self::Future> {
        let error = TokenError::find(&**result.as_ref().err()?)?;
        self.times = self.times.checked_sub(1).filter(|_| error.is_transient())?;
        let pause = error.retry_in().unwrap_or(millis(100));
        Some(Box::pin(sleep(pause)))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

/// Twice more, each time after the token has ended.
fn over_two_tokens() -> RetryLayer<Stubborn> {
    RetryLayer::new(Stubborn {
        times: 2,
        pause: PAST_IT,
    })
}

#[tokio::test(start_paused = true)]
async fn retry_above_gives_each_attempt_the_newest_token() {
    let (server, resource) = short_lived();
    resource.set_answer(Answer::body(503, ""));
    let service = ServiceBuilder::new()
        .layer(over_two_tokens())
        .layer(ours(&server))
        .service(resource.clone());

    assert_eq!(send(&service).await.unwrap(), 503);

    let once = |token: &str| (token.to_owned(), 1);
    assert_eq!(resource.tokens_seen(), ["t1", "t2", "t3"].map(once));
    assert_eq!(resource.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn retry_below_sends_the_same_token_each_time() {
    let (server, resource) = short_lived();
    resource.set_answer(Answer::body(503, ""));
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .layer(over_two_tokens())
        .service(resource.clone());

    assert_eq!(send(&service).await.unwrap(), 401);

    assert_eq!(resource.tokens_seen(), [("t1".into(), 3)]);
    assert_eq!(resource.refused(), 2, "it had ended by then");
}

/// As a replay policy does, which needs no copy of the request's head but ours, and sends once more at most.
#[tokio::test(start_paused = true)]
async fn retry_above_of_a_refused_token_comes_with_another() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.revoke_all();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Stubborn {
            times: 1,
            pause: Duration::ZERO,
        }))
        .layer(layer_of(&source))
        .service(resource.clone());

    assert_eq!(send(&service).await.unwrap(), 200);

    assert_eq!(resource.tokens_seen(), [("t1".into(), 1), ("t2".into(), 1)]);
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_below_of_a_refused_token_is_refused_each_time() {
    let (server, resource) = short_lived();
    let source = source(&server).build();
    source.token().await.unwrap();
    server.revoke_all();
    let service = ServiceBuilder::new()
        .layer(layer_of(&source))
        .layer(RetryLayer::new(Stubborn {
            times: 3,
            pause: Duration::ZERO,
        }))
        .service(resource.clone());

    assert_eq!(send(&service).await.unwrap(), 401);

    assert_eq!(resource.tokens_seen(), [("t1".into(), 4)]);
}

/// All its attempts meet the one error that the first one met. No token request comes of them; it is the caller who loses.
#[tokio::test(start_paused = true)]
async fn retry_above_that_reads_no_token_error_spends_its_attempts_within_one_gate() {
    let (server, resource) = short_lived();
    server.set_outage(Some(Answer::connect_error()));
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Stubborn {
            times: 5,
            pause: millis(10),
        }))
        .layer(ours(&server))
        .service(resource);

    let begun = Instant::now();
    let result = tokio::spawn(async move { send(&service).await });
    sleep(seconds(1)).await;
    server.set_outage(None);

    let error = token_error(result.await.unwrap().unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::Transient);
    assert!(
        begun.elapsed() <= seconds(1),
        "it gave up before the server was back"
    );
    assert_eq!(server.token_requests(), 3, "those of one token request");
}

#[tokio::test(start_paused = true)]
async fn retry_above_that_reads_no_token_error_repeats_what_can_never_succeed() {
    let (server, resource) = short_lived();
    let refusals = Refusals::default();
    let source = source(&server).observer(refusals.clone()).build();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Stubborn {
            times: 5,
            pause: millis(10),
        }))
        .layer(layer_of(&source))
        .service(resource);

    let request = Request::get("https://evil.test/")
        .body(Body::new())
        .unwrap();
    let error = token_error(service.oneshot(request).await.unwrap_err());

    assert_eq!(error.kind(), TokenErrorKind::Origin);
    assert_eq!(refusals.count(), 6);
}

#[tokio::test(start_paused = true)]
async fn retry_above_that_waits_as_the_token_error_says_outlives_an_outage() {
    let (server, resource) = short_lived();
    server.set_outage(Some(Answer::connect_error()));
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Patient::new(5)))
        .layer(ours(&server))
        .service(resource.clone());

    let result = tokio::spawn(async move { send(&service).await });
    sleep(seconds(1)).await;
    server.set_outage(None);

    assert_eq!(result.await.unwrap().unwrap(), 200);
    assert_eq!(resource.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_above_that_reads_token_errors_repeats_none_that_stays() {
    let (server, resource) = short_lived();
    server.set_outage(Some(Answer::oauth_error(401, "invalid_client")));
    let refusals = Refusals::default();
    let source = source(&server).observer(refusals.clone()).build();
    let service = RetryLayer::new(Patient::new(5)).layer(layer_of(&source).layer(resource));

    let begun = Instant::now();
    let error = token_error(send(&service).await.unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::ClientAuthentication);
    let foreign = Request::get("https://evil.test/")
        .body(Body::new())
        .unwrap();
    service.oneshot(foreign).await.unwrap_err();

    assert_eq!((server.token_requests(), refusals.count()), (1, 1));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}
