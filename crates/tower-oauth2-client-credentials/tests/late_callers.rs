//! Whoever waits for a token is never handed one that has ended, however late it looks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use support::source;
use tokio::time::{Instant, sleep};
use tower_oauth2_client_credentials::{Token, TokenError, TokenErrorKind};

const LIFE: Duration = Duration::from_secs(4);

fn server() -> AuthorizationServer {
    AuthorizationServer::builder()
        .client("svc", "canary-secret")
        .lifetime(LIFE)
        .build()
}

/// Looks once.
async fn look<F: Future>(waiting: Pin<&mut F>) -> Poll<F::Output> {
    let mut waiting = waiting;
    poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await
}

/// In the last second of a token, which is waited through for a better one, a caller asks; and the server takes its time.
#[tokio::test(start_paused = true)]
async fn a_wait_to_the_end_of_a_token_never_hands_it_out_past_it() {
    for asked_ms in (3_000..4_000).step_by(50) {
        for takes_ms in [0, 1, 40, 900, 2_500] {
            let server = server();
            let source = source(&server).build();
            let begun = Instant::now();
            let first = source.token().await.unwrap();
            server.set_latency(Duration::from_millis(takes_ms));
            sleep(Duration::from_millis(asked_ms) - begun.elapsed()).await;
            let token = source.token().await.unwrap();
            let at = begun.elapsed();
            assert!(
                token.generation() > first.generation() || at < LIFE,
                "asked at {asked_ms} ms of a server that takes {takes_ms} ms: the first at {at:?}"
            );
        }
    }
}

/// The same for one that is not polled again before its token has ended.
#[tokio::test(start_paused = true)]
async fn a_caller_that_looks_late_gets_a_token_that_works() {
    let server = server();
    server.set_latency(Duration::from_millis(10));
    let source = source(&server).build();
    let mut waiting = pin!(source.token());
    for _ in 0..2 {
        assert!(look(waiting.as_mut()).await.is_pending());
        sleep(2 * LIFE).await;
    }
    let token = waiting.await.unwrap();
    assert_eq!(server.issued(), 3, "two were too old");
    assert_eq!(token.generation(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_late_each_time_hears_that_it_is() {
    let server = server();
    server.set_latency(Duration::from_millis(10));
    let source = source(&server).build();
    let mut waiting = pin!(source.token());
    for _ in 0..3 {
        assert!(look(waiting.as_mut()).await.is_pending());
        sleep(2 * LIFE).await;
    }
    let error = outcome(look(waiting.as_mut()).await).unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("holds up"), "{error}");
}

fn outcome(polled: Poll<Result<Token, TokenError>>) -> Result<Token, TokenError> {
    match polled {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it waits for a fourth"),
    }
}

/// A program that begins behind a server that takes connections and says nothing.
#[tokio::test(start_paused = true)]
async fn who_warms_up_in_vain_hears_what_was_wrong_last() {
    let server = server();
    for (answer, deadline, words) in [
        // Its first attempt is over by then.
        (Answer::hang(), 7, "did not answer within 6s"),
        // The second flight is, and the third stands still.
        (Answer::hang(), 50, "did not answer within 6s"),
        (Answer::connect_error(), 4, "connection refused"),
        (
            Answer::hang(),
            3,
            "within the 3s that were given to warm up;",
        ),
    ] {
        server.set_outage(Some(answer));
        let source = source(&server).build();
        let begun = Instant::now();
        let deadline = Duration::from_secs(deadline);
        let error = source.warm_up(deadline).await.unwrap_err();
        assert!(begun.elapsed() <= deadline, "{:?}", begun.elapsed());
        assert!(error.is_transient(), "{error}");
        assert!(error.to_string().contains(words), "{deadline:?}: {error}");
    }
}

/// It was refused first, and then nothing came.
#[tokio::test(start_paused = true)]
async fn a_reason_from_before_the_silence_is_told_too() {
    let server = server();
    server.set_outage(Some(Answer::connect_error()));
    let source = source(&server).build();
    let warming = tokio::spawn(async move { source.warm_up(Duration::from_secs(7)).await });
    sleep(Duration::from_secs(3)).await;
    server.set_outage(Some(Answer::hang()));
    let error = warming.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Timeout, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("(so far: ") && !text.contains("may start in"),
        "{text}"
    );
}
