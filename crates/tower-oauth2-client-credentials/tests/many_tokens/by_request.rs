//! Which token a request gets, and which one its refusal concerns.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_a_request_names_replaces_what_the_layer_was_set_up_with() {
    let server = AuthorizationServer::new();
    let own = TokenRequest::builder().scope("own").audience("urn:own");
    let source = source(&server).request(own.build().unwrap()).build();
    let (resource, service) = stack(&server, source);
    send(&service).await.unwrap();
    // Twice each: cold, then warm.
    for wanted in [scope("orders"), TokenRequest::default()] {
        for _ in 0..2 {
            assert_eq!(ask(&service, &wanted).await.unwrap(), 200);
        }
    }
    assert_eq!(asked(&server), ["own", "orders", "-"]);
    let requests = server.requests();
    let audiences = requests.iter().map(|request| request.parameter("audience"));
    assert_eq!(audiences.collect::<Vec<_>>(), [Some("urn:own"), None, None]);
    let seen = resource.tokens_seen();
    assert_eq!(
        seen.iter().map(|(_, count)| *count).collect::<Vec<_>>(),
        [1, 2, 2]
    );
}

#[tokio::test(start_paused = true)]
async fn equal_requests_share_a_token_and_those_equal_to_the_layers_have_its_own() {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let source = source(&server).request(scope("own")).build();
    let (resource, service) = stack(&server, source.clone());
    let mut callers = JoinSet::new();
    for n in 0..300 {
        let service = service.clone();
        callers.spawn(async move {
            match n % 3 {
                0 => send(&service).await.unwrap(),
                1 => ask(&service, &scope("own")).await.unwrap(),
                _ => ask(&service, &scope("orders")).await.unwrap(),
            }
        });
    }
    assert_eq!(callers.join_all().await, [200; 300]);
    let mut counts: Vec<_> = resource
        .tokens_seen()
        .into_iter()
        .map(|seen| seen.1)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [100, 200]);
    // By hand it is the same token, too.
    for (wanted, generation) in [("own", 1), ("orders", 1)] {
        let handle = source.for_request(scope(wanted));
        assert_eq!(handle.token().await.unwrap().generation(), generation);
    }
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_concerns_the_token_of_its_request_and_no_other() {
    let server = AuthorizationServer::new();
    let (resource, service) = stack(&server, source(&server).build());
    for wanted in scopes("s", 3) {
        ask(&service, &wanted).await.unwrap();
    }
    server.revoke("t2");
    for (wanted, status) in scopes("s", 3).iter().zip([200, 401, 200]) {
        assert_eq!(ask(&service, wanted).await.unwrap(), status);
    }
    for wanted in scopes("s", 3) {
        assert_eq!(ask(&service, &wanted).await.unwrap(), 200);
    }
    assert_eq!(asked(&server), ["s0", "s1", "s2", "s1"]);
    let seen = resource.tokens_seen();
    let counts = [("t1", 3), ("t2", 2), ("t3", 3), ("t4", 1)];
    assert_eq!(seen, counts.map(|(token, count)| (token.to_owned(), count)));
    // Nor does its throttle: another token is replaced at once, and this one not.
    server.revoke_all();
    for wanted in scopes("s", 2) {
        assert_eq!(ask(&service, &wanted).await.unwrap(), 401);
    }
    assert_eq!(ask(&service, &scope("s0")).await.unwrap(), 200);
    assert_eq!(ask(&service, &scope("s1")).await.unwrap(), 401);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_sent_once_more_gets_the_token_that_it_named() {
    let server = AuthorizationServer::new();
    let source = source(&server).build();
    let resource = ResourceServer::new(&server);
    let layer = ClientCredentialsLayer::new(source.clone(), origins());
    let service = layer.replay(replay::Cloned::new()).layer(resource.clone());
    source.token().await.unwrap();
    for (status, tokens) in [(200, 1), (200, 3)] {
        let request = request_for(&scope("orders"));
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(resource.requests(), tokens);
        server.revoke("t2");
    }
    assert_eq!(asked(&server), ["-", "orders", "orders"]);
    assert_eq!(source.health().generation(), Some(1));
}
