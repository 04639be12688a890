//! Delays, 503 and 429 in front of the token endpoint.

use std::time::{Duration, Instant};

use http::StatusCode;
use tests::{Envoy, HttpClient, ask, http_client};
use tokio::{task::JoinSet, time};
use tower::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, TokenError, TokenErrorKind,
    TokenSourceBuilder,
};

use crate::{SERVED, SOON, TTL, TestResult, source, start};

const DELAYED: &str = "http.faulty.fault.delays_injected";
const ABORTED: &str = "http.faulty.fault.aborts_injected";
const LIMITED: &str = "limited.http_local_rate_limit.rate_limited";

#[tokio::test]
async fn a_first_token_that_is_delayed_is_waited_for_once_for_all() -> TestResult {
    const DELAY: Duration = Duration::from_secs(1);
    let (provider, envoy) = start(TTL, SOON).await?;
    envoy.delay(DELAY).await?;
    let service = protected(&envoy, source(envoy.faulty_token_endpoint()?)?)?;

    let begun = Instant::now();
    let served = served(&burst(&service, &envoy).await);
    let took = begun.elapsed();

    let delayed = envoy.count(DELAYED).await?;
    println!("{served} of 100 served after {took:?}, {delayed} token request delayed");
    assert_eq!(served, 100);
    assert!(took >= DELAY, "{took:?}");
    assert_eq!(delayed, 1);
    assert_eq!(provider.stats().await?.token_requests(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_delayed_stalls_no_request() -> TestResult {
    // Renewed at 1.8 s, which is the earliest; the new one is there at 3.8 s, and is preferred from 4.5 s on.
    const LIFETIME: Duration = Duration::from_secs(6);
    const DELAY: Duration = Duration::from_secs(2);
    const TRAFFIC: Duration = Duration::from_secs(5);
    let (provider, envoy) = start(LIFETIME, SOON).await?;
    let builder = source(envoy.faulty_token_endpoint()?)?.draws(|| 1.0);
    let service = protected(&envoy, builder)?;
    ask(service.clone(), &envoy.resource_uri()).await?;
    envoy.delay(DELAY).await?;

    let (begun, mut longest, mut requests) = (Instant::now(), Duration::ZERO, 1);
    while begun.elapsed() < TRAFFIC {
        let sent = Instant::now();
        let answer = ask(service.clone(), &envoy.resource_uri()).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        longest = longest.max(sent.elapsed());
        requests += 1;
        time::sleep(Duration::from_millis(20)).await;
    }

    let (delayed, served) = (envoy.count(DELAYED).await?, envoy.count(SERVED).await?);
    let issued = provider.stats().await?.tokens_issued_to("basic");
    println!(
        "{served} of {requests} served, the longest in {longest:?}; {issued} tokens, {delayed} delayed by {DELAY:?}"
    );
    assert_eq!(served, requests);
    assert!(longest < DELAY / 2, "{longest:?}");
    // The one that was there, one that was delayed, and perhaps one that is not there yet.
    assert!(
        issued >= 2 && (1..=2).contains(&delayed),
        "{issued}, {delayed}"
    );
    Ok(())
}

#[tokio::test]
async fn behind_503_there_is_one_ladder_of_attempts_and_its_reason_for_all() -> TestResult {
    let (provider, envoy) = start(TTL, SOON).await?;
    envoy.answer_with(StatusCode::SERVICE_UNAVAILABLE).await?;
    let service = protected(
        &envoy,
        source(envoy.faulty_token_endpoint()?)?.draws(|| 1.0),
    )?;

    let begun = Instant::now();
    let first = burst(&service, &envoy).await;
    let took = begun.elapsed();
    let begun = Instant::now();
    let at_once = ask(service.clone(), &envoy.resource_uri())
        .await
        .unwrap_err();
    let answered = begun.elapsed();
    let attempts = envoy.count(ABORTED).await?;

    let error = TokenError::find(&*at_once).unwrap();
    let again = error.retry_in().unwrap();
    println!(
        "100 callers failed after {took:?} and {attempts} attempts, the next after {answered:?}, to try again in {again:?}: {error}"
    );
    let failed = |answer: &Result<_, _>| *answer == Err(Some(TokenErrorKind::Transient));
    assert!(first.len() == 100 && first.iter().all(failed), "{first:?}");
    assert_eq!(
        attempts, 3,
        "one flight, for all of them, and none after it"
    );
    assert!(answered < took / 2, "{answered:?}");
    assert!(
        !again.is_zero() && error.to_string().contains("503"),
        "{error}"
    );
    envoy.mend().await?;
    time::sleep(again).await;
    let served = served(&burst(&service, &envoy).await);
    assert_eq!(served, 100);
    assert_eq!(provider.stats().await?.token_requests(), 1);
    Ok(())
}

#[tokio::test]
async fn behind_503_a_token_that_works_goes_on_working() -> TestResult {
    const LIFETIME: Duration = Duration::from_secs(8);
    let (provider, envoy) = start(LIFETIME, SOON).await?;
    // Due at 2.4 s.
    let service = protected(
        &envoy,
        source(envoy.faulty_token_endpoint()?)?.draws(|| 1.0),
    )?;
    let begun = Instant::now();
    ask(service.clone(), &envoy.resource_uri()).await?;
    envoy.answer_with(StatusCode::SERVICE_UNAVAILABLE).await?;

    let mut requests = 1;
    while begun.elapsed() < Duration::from_secs(5) {
        let answer = ask(service.clone(), &envoy.resource_uri()).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        requests += 1;
        time::sleep(Duration::from_millis(20)).await;
    }

    let (attempts, served) = (envoy.count(ABORTED).await?, envoy.count(SERVED).await?);
    println!("{served} of {requests} served, {attempts} attempts in vain");
    assert_eq!(served, requests);
    // A flight of three each time that the gate opens: after 1 s, then 2 s, each longer by half at most.
    assert!((3..=9).contains(&attempts), "{attempts}");
    assert_eq!(provider.stats().await?.token_requests(), 1);
    Ok(())
}

#[tokio::test]
async fn a_short_retry_after_is_waited_for_to_the_end() -> TestResult {
    const RETRY_AFTER: Duration = Duration::from_secs(3);
    let (provider, envoy) = start(TTL, RETRY_AFTER).await?;
    // Somebody else has just had the one token request that is let through.
    let other = source(envoy.limited_token_endpoint()?)?.build();
    other.token().await?;
    let service = protected(&envoy, source(envoy.limited_token_endpoint()?)?)?;

    let begun = Instant::now();
    let served = served(&burst(&service, &envoy).await);
    let took = begun.elapsed();

    let limited = envoy.count(LIMITED).await?;
    let requests = provider.stats().await?.token_requests() - 1;
    println!(
        "{served} of 100 served after {took:?}, {limited} token request limited, {requests} let through",
    );
    assert_eq!(served, 100);
    assert!(took >= RETRY_AFTER, "{took:?}");
    assert_eq!((limited, requests), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_long_retry_after_is_told_to_all_and_nobody_asks_before() -> TestResult {
    const RETRY_AFTER: Duration = Duration::from_secs(60);
    let (provider, envoy) = start(TTL, RETRY_AFTER).await?;
    let other = source(envoy.limited_token_endpoint()?)?.build();
    other.token().await?;
    let service = protected(&envoy, source(envoy.limited_token_endpoint()?)?)?;

    let begun = Instant::now();
    let (mut failed, mut again) = (0, Duration::MAX);
    while begun.elapsed() < Duration::from_secs(3) {
        let error = ask(service.clone(), &envoy.resource_uri())
            .await
            .unwrap_err();
        let error = TokenError::find(&*error).unwrap();
        assert_eq!(error.kind(), TokenErrorKind::Transient);
        let since = begun.elapsed();
        again = error.retry_in().unwrap();
        assert!(
            again + since >= RETRY_AFTER && again <= RETRY_AFTER,
            "{again:?} at {since:?}"
        );
        failed += 1;
        time::sleep(Duration::from_millis(20)).await;
    }

    let limited = envoy.count(LIMITED).await?;
    println!("{failed} requests failed at once, {limited} token request; the next in {again:?}");
    assert!(failed > 20, "{failed}");
    assert_eq!(limited, 1);
    assert_eq!(
        provider.stats().await?.token_requests(),
        1,
        "that of the other"
    );
    Ok(())
}

/// How each of a hundred requests ended that were sent at once: what the resource answered, or the kind of the error.
async fn burst(
    service: &ClientCredentials<HttpClient>,
    envoy: &Envoy,
) -> Vec<Result<StatusCode, Option<TokenErrorKind>>> {
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let (service, uri) = (service.clone(), envoy.resource_uri());
        requests.spawn(async move {
            let answer = ask(service, &uri).await;
            answer
                .map(|answer| answer.status())
                .map_err(|error| TokenError::find(&*error).map(TokenError::kind))
        });
    }
    requests.join_all().await
}

fn served(answers: &[Result<StatusCode, Option<TokenErrorKind>>]) -> usize {
    let good = |answer: &&_| **answer == Ok(StatusCode::OK);
    answers.iter().filter(good).count()
}

fn protected(
    envoy: &Envoy,
    source: TokenSourceBuilder,
) -> Result<ClientCredentials<HttpClient>, BoxError> {
    let layer = ClientCredentialsLayer::new(source.build(), envoy.origins()?);
    Ok(layer.layer(http_client()))
}
