//! What is sent the second time, when, and that there is no third.

use super::*;

/// An API that refuses every token and counts its answers.
#[tokio::test(start_paused = true)]
async fn a_request_is_sent_at_most_twice_and_the_second_answer_is_returned_as_it_is() {
    let (server, _, source, told) = revoked().await;
    let resource = ResourceServer::builder()
        .reject_with(Answer::body(401, "no. {n}").header("x-answer", "kept"))
        .build();
    resource.reject_all(true);
    let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Empty::new());
    let service = layer.layer(resource.clone());
    for (requests, answered, token_requests) in [(2, "no. 2", 2), (3, "no. 3", 2)] {
        let answer = service.clone().oneshot(post("")).await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["x-answer"], "kept");
        let body = answer.into_body().into_bytes().await.unwrap();
        assert_eq!(body, answered);
        assert_eq!(resource.requests(), requests);
        assert_eq!(server.token_requests(), token_requests);
    }
    assert_eq!(
        told.take(),
        [
            "rejected forced",
            "fetch rejection ok",
            "replayed",
            "rejected throttled",
            "rejected throttled"
        ],
        "while it is throttled, another token is not waited for"
    );
}

#[tokio::test(start_paused = true)]
async fn the_second_request_is_the_first_one_but_for_its_token() {
    #[derive(Clone, Debug, PartialEq)]
    struct Tenant(u32);
    type Head = (
        Method,
        String,
        Version,
        Vec<(String, String)>,
        Option<Tenant>,
    );

    let (_, resource, source, _) = revoked().await;
    let seen = Arc::<Mutex<Vec<Head>>>::default();
    let log = Arc::clone(&seen);
    let inner = service_fn(move |request: Request<Body>| {
        let headers = request.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        log.lock().unwrap().push((
            request.method().clone(),
            request.uri().to_string(),
            request.version(),
            headers.collect(),
            request.extensions().get().cloned(),
        ));
        resource.clone().oneshot(request)
    });
    let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Cloned::new());
    let request = Request::patch("https://api.example.com/v1/orders?page=2")
        .version(Version::HTTP_2)
        .header("accept", "text/plain")
        .header("accept", "*/*")
        .header("x-request-id", "7")
        .extension(Tenant(7))
        .body(Full::from("{}"));
    let answer = layer.layer(inner).oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);

    let mut seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    for (head, token) in seen.iter_mut().zip(["Bearer t1", "Bearer t2"]) {
        let at = head.3.iter().position(|(name, _)| name == "authorization");
        assert_eq!(head.3.remove(at.unwrap()).1, token);
        assert_eq!(head.3.len(), 3);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0, Method::PATCH);
    assert_eq!(seen[0].4, Some(Tenant(7)));
}

/// `tower_test::mock` panics on a call without readiness.
#[tokio::test(start_paused = true)]
async fn the_second_call_waits_for_readiness_and_holds_none_while_it_waits_for_the_token() {
    let (server, _, source, _) = revoked().await;
    let (inner, mut handle) = mock::pair::<Request<Body>, Response<()>>();
    let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Empty::new());
    let service = layer.layer(inner.clone());
    handle.allow(1);
    let answer = tokio::spawn(service.oneshot(post("")));
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(sent.headers().get(AUTHORIZATION)), "t1");
    let refusal = Response::builder().status(401).body(());
    respond.send_response(refusal.unwrap());

    sleep(millis(10)).await;
    handle.allow(1);
    let mut other = inner;
    let ready = timeout(millis(1), ServiceExt::<Request<Body>>::ready(&mut other));
    ready.await.expect("nobody holds the readiness").unwrap();
    sleep(millis(100)).await;
    assert_eq!(server.token_requests(), 2, "the new token is there");
    assert!(!answer.is_finished(), "and the request waits for readiness");
    drop(other);
    handle.allow(1);
    let (sent, respond) = handle.next_request().await.unwrap();
    assert_eq!(token_of(sent.headers().get(AUTHORIZATION)), "t2");
    respond.send_response(Response::new(()));
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
}

/// The second call's permit, and the forced fetch's.
#[tokio::test(start_paused = true)]
async fn one_concurrency_limit_around_both_sides_does_not_deadlock_while_healing() {
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let token_side = ServiceBuilder::new().layer(limit.clone());
    let uri = oauth2_client_credentials::EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = tower_oauth2_client_credentials::TokenEndpoint::new(
        token_side.service(server.clone()),
        uri,
        credential(),
    );
    let source = TokenSource::builder(endpoint)
        .clock(TokioClock::new())
        .build();
    let resource = ResourceServer::builder()
        .authorization_server(&server)
        .latency(millis(10))
        .build();
    let service = ServiceBuilder::new()
        .layer(ClientCredentialsLayer::new(source, origins()).replay(replay::Empty::new()))
        .layer(limit)
        .service(resource.clone());
    for round in 1..=3 {
        let mut callers = JoinSet::new();
        for _ in 0..5 {
            let service = service.clone();
            callers.spawn(async move {
                let answer = timeout(Duration::from_secs(60), service.oneshot(post("")));
                answer
                    .await
                    .expect("no deadlock")
                    .unwrap()
                    .status()
                    .as_u16()
            });
        }
        assert_eq!(callers.join_all().await, [200; 5]);
        assert_eq!(server.token_requests(), round);
        server.revoke_all();
        // Past the throttle, so that each round heals at once.
        sleep(Duration::from_secs(600)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_request_while_it_heals_does_not_end_the_forced_fetch() {
    let (server, resource, source, told) = revoked().await;
    let layer = ClientCredentialsLayer::new(source.clone(), origins());
    let service = layer.replay(replay::Empty::new()).layer(resource.clone());
    let gave_up = timeout(millis(20), ask(&service, "")).await;
    assert!(gave_up.is_err());
    assert_eq!(server.token_requests(), 2, "it is under way");
    sleep(millis(31)).await;
    assert_eq!(told.take(), ["rejected forced", "fetch rejection ok"]);
    let called = Instant::now();
    assert_eq!(ask(&service, "").await, 200);
    assert_eq!(
        (called.elapsed(), server.token_requests()),
        (Duration::ZERO, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_second_call_is_returned_as_it_is() {
    let (_, _, source, _) = revoked().await;
    let inner = service_fn(|request: Request<Body>| async move {
        match token_of(request.headers().get(AUTHORIZATION)).as_str() {
            "t1" => Ok(refusals::status(401)),
            _ => Err::<_, BoxError>("reset by peer".into()),
        }
    });
    let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Empty::new());
    let error = layer.layer(inner).oneshot(post("")).await.unwrap_err();
    assert_eq!(error.to_string(), "reset by peer");
}
