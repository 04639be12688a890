//! What a token service is told of the token that it is to replace.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use oauth2_client_credentials::{SecretString, TokenRequest, TokenResponse};
use support::TokioClock;
use tokio::time::sleep;
use tower_oauth2_client_credentials::{
    BoxError, Fetch, InsteadOf, TokenDigest, TokenError, TokenErrorKind, TokenSource,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// A token service that gives `t1`, `t2`, … for an hour each, unless it is told to fail.
#[derive(Clone, Default)]
struct Tokens(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    given: u64,
    fails: bool,
    /// What each token request was to be instead of.
    instead_of: Vec<Option<InsteadOf>>,
}

impl Tokens {
    fn answer(&self, fetch: &Fetch) -> Result<TokenResponse, BoxError> {
        let mut state = self.0.lock().unwrap();
        state.instead_of.push(fetch.instead_of());
        if state.fails {
            return Err(TokenError::new(TokenErrorKind::Protocol, "told to fail").into());
        }
        state.given += 1;
        let token = TokenResponse::builder(format!("t{}", state.given));
        Ok(token.expires_in(HOUR).build()?)
    }

    fn source(&self) -> TokenSource {
        let this = self.clone();
        let service = tower::service_fn(move |fetch: Fetch| ready(this.answer(&fetch)));
        let source = TokenSource::builder(service).clock(TokioClock::new());
        source.draws(|| 0.5).build()
    }

    fn fails(&self, fails: bool) {
        self.0.lock().unwrap().fails = fails;
    }

    /// What the token requests since the last look were to be instead of.
    fn take(&self) -> Vec<Option<InsteadOf>> {
        std::mem::take(&mut self.0.lock().unwrap().instead_of)
    }
}

fn digest(token: &str) -> TokenDigest {
    TokenDigest::of(&SecretString::from(token))
}

fn renewal(token: &str) -> Vec<Option<InsteadOf>> {
    vec![Some(InsteadOf::Renewal(digest(token)))]
}

fn rejection(token: &str) -> Vec<Option<InsteadOf>> {
    vec![Some(InsteadOf::Rejection(digest(token)))]
}

#[tokio::test(start_paused = true)]
async fn the_first_token_and_one_after_the_end_replace_none() {
    let tokens = Tokens::default();
    let source = tokens.source();
    source.token().await.unwrap();
    assert_eq!(tokens.take(), [None]);
    sleep(HOUR).await;
    source.token().await.unwrap();
    assert_eq!(tokens.take(), [None], "what has ended needs no replacement");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_names_the_token_that_still_works() {
    let tokens = Tokens::default();
    let source = tokens.source();
    source.token().await.unwrap();
    tokens.take();
    // Due, in the background.
    sleep(HOUR * 4 / 5).await;
    source.token().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(tokens.take(), renewal("t1"));
    // In the leeway.
    sleep(HOUR - Duration::from_secs(10)).await;
    assert_eq!(source.token().await.unwrap().generation(), 3);
    assert_eq!(tokens.take(), renewal("t2"));
}

#[tokio::test(start_paused = true)]
async fn a_forced_fetch_and_those_after_its_failure_name_the_refused_token() {
    let tokens = Tokens::default();
    let source = tokens.source();
    source.token().await.unwrap();
    tokens.take();
    tokens.fails(true);
    source.reject(1);
    source.token().await.unwrap_err();
    assert_eq!(tokens.take(), rejection("t1"));
    sleep(Duration::from_secs(5)).await;
    tokens.fails(false);
    source.token().await.unwrap();
    assert_eq!(tokens.take(), rejection("t1"), "the trial after the gate");
    // The next one is throttled: whoever comes when that is over starts it.
    source.reject(2);
    sleep(Duration::from_secs(10)).await;
    source.token().await.unwrap();
    assert_eq!(tokens.take(), rejection("t2"));
}

#[tokio::test(start_paused = true)]
async fn after_an_invalidation_the_token_that_was_thrown_away_is_named_until_another_came() {
    let tokens = Tokens::default();
    let source = tokens.source();
    source.token().await.unwrap();
    tokens.take();
    source.invalidate();
    tokens.fails(true);
    source.token().await.unwrap_err();
    assert_eq!(tokens.take(), rejection("t1"));
    sleep(Duration::from_secs(5)).await;
    tokens.fails(false);
    source.token().await.unwrap();
    assert_eq!(tokens.take(), rejection("t1"), "it failed before");
    sleep(HOUR).await;
    source.token().await.unwrap();
    assert_eq!(tokens.take(), [None], "another came since");
}

#[tokio::test(start_paused = true)]
async fn another_requests_token_is_never_named() {
    let tokens = Tokens::default();
    let source = tokens.source();
    source.token().await.unwrap();
    source.reject(1);
    source.token().await.unwrap();
    source.invalidate();
    tokens.take();
    let other = TokenRequest::builder().scope("orders").build().unwrap();
    source.for_request(other).token().await.unwrap();
    assert_eq!(tokens.take(), [None]);
}
