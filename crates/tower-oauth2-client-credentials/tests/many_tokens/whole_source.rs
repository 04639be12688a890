//! What concerns one token of a source, and what all of them.

use super::*;

#[tokio::test(start_paused = true)]
async fn health_is_each_tokens_own() {
    let server = AuthorizationServer::new();
    let source = source(&server).build();
    let [one, other, third] = ["a", "b", "c"].map(|name| source.for_request(scope(name)));
    one.token().await.unwrap();
    server.set_outage(Some(Answer::oauth_error(400, "invalid_scope")));
    other.token().await.unwrap_err();
    let states = [&source, &one, &other, &third].map(|handle| handle.health().state());
    assert_eq!(
        states,
        [State::Empty, State::Fresh, State::Gated, State::Empty]
    );
    assert_eq!(other.health().last_error(), Some(TokenErrorKind::Scope));
    assert_eq!(other.health().retry_in(), Some(secs(5)));
    assert_eq!(one.health().last_error(), None);
    one.reject(1);
    assert_eq!(one.health().state(), State::Rejected);
    assert_eq!(third.health().state(), State::Empty);
}

#[tokio::test(start_paused = true)]
async fn invalidate_retry_now_and_close_are_for_all_tokens_of_a_source() {
    let server = AuthorizationServer::new();
    let source = source(&server).build();
    let (_, service) = stack(&server, source.clone());
    let everything = || {
        let mut all = scopes("s", 3);
        all.push(TokenRequest::default());
        all
    };
    let states = || {
        everything().into_iter().map(|wanted| {
            let handle = source.for_request(wanted);
            handle.health().state()
        })
    };
    for wanted in everything() {
        ask(&service, &wanted).await.unwrap();
    }
    // Through any handle.
    source.for_request(scope("s1")).invalidate();
    assert!(states().all(|state| state == State::Empty));

    server.set_outage(Some(Answer::oauth_error(400, "invalid_scope")));
    for wanted in everything() {
        ask(&service, &wanted).await.unwrap_err();
    }
    assert!(states().all(|state| state == State::Gated));
    source.for_request(scope("s1")).retry_now();
    assert!(states().all(|state| state == State::Empty));
    server.set_outage(None);
    for wanted in everything() {
        assert_eq!(ask(&service, &wanted).await.unwrap(), 200);
    }

    let mut closed = source.for_request(scope("s1")).close();
    closed.sort_by_key(|token| token.access_token().expose().to_owned());
    let closed: Vec<_> = closed
        .iter()
        .map(|token| token.access_token().expose())
        .collect();
    assert_eq!(closed, ["t10", "t11", "t12", "t9"]);
    let before = server.token_requests();
    for wanted in everything().into_iter().chain([scope("never-seen-before")]) {
        let error = token_error(ask(&service, &wanted).await.unwrap_err());
        assert_eq!(error.kind(), TokenErrorKind::Configuration);
        assert!(error.to_string().contains("closed"), "{error}");
        let handle = source.for_request(wanted);
        assert_eq!(handle.health().state(), State::Closed);
    }
    assert!(source.close().is_empty());
    assert_eq!(server.token_requests(), before);
}

/// Tokens under way and in line are ended by it, too.
#[tokio::test(start_paused = true)]
async fn close_ends_every_token_request_and_answers_who_waits() {
    let server = AuthorizationServer::builder().latency(secs(5)).build();
    let (_, service) = stack(&server, source(&server).build());
    let mut callers = JoinSet::new();
    for wanted in scopes("s", 20) {
        let service = service.clone();
        callers.spawn(async move { token_error(ask(&service, &wanted).await.unwrap_err()).kind() });
    }
    sleep(secs(1)).await;
    let closed = Instant::now();
    assert!(service.source().close().is_empty());
    assert_eq!(
        callers.join_all().await,
        [TokenErrorKind::Configuration; 20]
    );
    assert_eq!(closed.elapsed(), Duration::ZERO);
    sleep(secs(60)).await;
    assert_eq!((server.token_requests(), server.issued()), (8, 0));
}
