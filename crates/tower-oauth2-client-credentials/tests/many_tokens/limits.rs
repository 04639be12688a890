//! How many ask the server at a time, and when nobody may.

use super::*;

#[tokio::test(start_paused = true)]
async fn two_hundred_scopes_at_once_are_asked_for_eight_at_a_time() {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let (resource, service) = stack(&server, source(&server).build());
    let (begun, mut callers) = (Instant::now(), JoinSet::new());
    for wanted in scopes("s", 200) {
        let service = service.clone();
        callers.spawn(async move { ask(&service, &wanted).await.unwrap() });
    }
    assert_eq!(callers.join_all().await, [200; 200]);
    assert_eq!(server.max_concurrency(), 8);
    assert_eq!(server.token_requests(), 200);
    assert_eq!(resource.tokens_seen().len(), 200, "each has its own");
    assert_eq!(begun.elapsed(), millis(50) * 25, "no lane was ever empty");
}

#[tokio::test(start_paused = true)]
async fn whoever_stands_in_line_for_a_whole_budget_is_told_that_it_is_crowded() {
    let server = AuthorizationServer::new();
    server.set_outage(Some(Answer::hang()));
    let (_, service) = stack(&server, source(&server).build());
    let mut callers = JoinSet::new();
    for wanted in scopes("hangs", 8) {
        let service = service.clone();
        callers.spawn(async move { token_error(ask(&service, &wanted).await.unwrap_err()).kind() });
    }
    sleep(millis(1)).await;
    let begun = Instant::now();
    let error = token_error(ask(&service, &scope("ninth")).await.unwrap_err());
    assert_eq!(error.kind(), TokenErrorKind::Overloaded);
    assert!(error.is_transient() && error.retry_in().is_none());
    assert_eq!(begun.elapsed(), secs(10));
    assert_eq!(callers.join_all().await, [TokenErrorKind::Timeout; 8]);
    assert_eq!(asked(&server).len(), 16, "two attempts each so far");
    // It stays in line, and gets its token without anybody's help.
    server.set_outage(None);
    sleep(secs(10)).await;
    let handle = service.source().for_request(scope("ninth"));
    assert_eq!(handle.health().state(), State::Fresh);
}

/// Status and `Retry-After` of an answer to one; then what all others without a token are told.
#[tokio::test(start_paused = true)]
async fn one_pause_is_for_all_if_the_server_asked_for_it_with_429_or_503() {
    for (status, retry_after, paused) in [
        (429, Some("90"), true),
        (503, Some("90"), true),
        (429, None, false),
        (503, None, false),
        (500, Some("90"), false),
    ] {
        let case = format!("{status} {retry_after:?}");
        let server = AuthorizationServer::new();
        let (_, service) = stack(&server, source(&server).build());
        ask(&service, &scope("has-one")).await.unwrap();
        let mut answer = Answer::body(status, "");
        if let Some(retry_after) = retry_after {
            answer = answer.header("retry-after", retry_after);
        }
        server.set_outage(Some(answer));
        ask(&service, &scope("is-told")).await.unwrap_err();
        server.set_outage(None);
        let before = server.token_requests();
        // Whoever has a token does not even notice.
        assert_eq!(ask(&service, &scope("has-one")).await.unwrap(), 200);
        for wanted in scopes("other", 20) {
            let answer = ask(&service, &wanted).await;
            let handle = service.source().for_request(wanted);
            if paused {
                let error = token_error(answer.unwrap_err());
                assert_eq!(error.kind(), TokenErrorKind::Transient, "{case}");
                assert_eq!(error.retry_in(), Some(secs(90)), "{case}");
                assert_eq!(handle.health().state(), State::Gated, "{case}");
            } else {
                assert_eq!(answer.unwrap(), 200, "{case}");
            }
        }
        let asked = server.token_requests() - before;
        assert_eq!(asked, if paused { 0 } else { 20 }, "{case}");
        sleep(secs(90)).await;
        assert_eq!(
            ask(&service, &scope("other0")).await.unwrap(),
            200,
            "{case}"
        );
    }
}
