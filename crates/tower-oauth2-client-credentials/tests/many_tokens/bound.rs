//! How many tokens there may be, and which one goes.

use super::*;

#[tokio::test(start_paused = true)]
async fn over_the_bound_the_token_that_was_idle_for_longest_goes() {
    let server = AuthorizationServer::new();
    let told = Told::default();
    let source = source(&server).max_tokens(3).observer(told.clone());
    let (_, service) = stack(&server, source.build());
    send(&service).await.unwrap();
    for name in ["a", "b", "c", "a", "d", "c", "e"] {
        // Longer than a window, in which uses are not told apart.
        sleep(secs(2)).await;
        ask(&service, &scope(name)).await.unwrap();
    }
    let evicted = |told: &Told| {
        let mut lines = told.take();
        lines.retain(|line| line.starts_with("evicted"));
        lines
    };
    assert_eq!(evicted(&told), ["evicted b", "evicted a"]);
    assert_eq!(asked(&server), ["-", "a", "b", "c", "d", "e"]);
    sleep(secs(2)).await;
    // The source's own is none of the three; whoever comes back is asked for anew.
    send(&service).await.unwrap();
    ask(&service, &scope("c")).await.unwrap();
    ask(&service, &scope("b")).await.unwrap();
    assert_eq!(evicted(&told), ["evicted d"]);
    assert_eq!(asked(&server)[6..], ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_under_way_or_with_a_handle_is_never_thrown_out() {
    let server = AuthorizationServer::new();
    let told = Told::default();
    let source = source(&server).max_tokens(3).observer(told.clone()).build();
    let (_, service) = stack(&server, source.clone());
    let held = source.for_request(scope("held"));
    held.token().await.unwrap();
    server.set_latency(secs(5));
    let mut flying = JoinSet::new();
    for wanted in scopes("flies", 2) {
        let service = service.clone();
        flying.spawn(async move { ask(&service, &wanted).await.unwrap() });
    }
    sleep(secs(1)).await;

    let called = Instant::now();
    for wanted in scopes("none", 20) {
        let error = token_error(ask(&service, &wanted).await.unwrap_err());
        assert_eq!(error.kind(), TokenErrorKind::Overloaded);
        assert!(error.to_string().contains("3 different tokens"), "{error}");
    }
    assert_eq!(called.elapsed(), Duration::ZERO, "told at once");
    assert_eq!(server.token_requests(), 3, "and nothing was asked for");
    // A handle may be one more than there may be.
    let more = source.for_request(scope("more"));
    assert_eq!(more.health().state(), State::Empty);
    drop(more);

    assert_eq!(flying.join_all().await, [200, 200], "nothing was lost");
    assert_eq!(told.count("fetch empty ok"), 3);
    server.set_latency(Duration::ZERO);
    for wanted in scopes("later", 20) {
        sleep(secs(2)).await;
        assert_eq!(ask(&service, &wanted).await.unwrap(), 200);
    }
    assert_eq!(held.health().generation(), Some(1), "it is still held");
    assert_eq!(
        asked(&server)
            .iter()
            .filter(|scope| *scope == "held")
            .count(),
        1
    );
}

/// Its cell was evicted while the answer was under way; by a layer that keeps nothing, and by one that would send once more.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_token_that_was_thrown_out_meanwhile_is_left_as_it_is() {
    for replays in [false, true] {
        let server = AuthorizationServer::new();
        let told = Told::default();
        let source = source(&server).max_tokens(1).observer(told.clone()).build();
        let (resource, service) = stack(&server, source.clone());
        ask(&service, &scope("a")).await.unwrap();
        resource.reject_all(true);
        resource.set_latency(secs(5));
        let layer = ClientCredentialsLayer::new(source, origins());
        let request = request_for(&scope("a"));
        let answer = match replays {
            false => layer.layer(resource.clone()).call(request),
            true => {
                let layer = layer.clone().replay(replay::Cloned::new());
                layer.layer(resource.clone()).call(request)
            }
        };
        let answer = tokio::spawn(answer);
        sleep(secs(1)).await;
        resource.set_latency(Duration::ZERO);
        resource.reject_all(false);
        ask(&service, &scope("b")).await.unwrap();
        assert_eq!(told.count("evicted a"), 1);
        told.take();
        assert_eq!(answer.await.unwrap().unwrap().status(), 401);
        assert_eq!(told.take(), [""; 0], "replays: {replays}");
        assert_eq!((server.token_requests(), resource.requests()), (2, 3));
    }
}
