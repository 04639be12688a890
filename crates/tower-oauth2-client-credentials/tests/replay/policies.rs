//! Which requests are sent once more.

use super::*;

#[tokio::test(start_paused = true)]
async fn never_sends_once_and_the_next_request_finds_the_new_token() {
    let (server, resource, source, told) = revoked().await;
    let service = ClientCredentials::new(resource.clone(), source, origins());
    assert_eq!(ask(&service, "").await, 401);
    assert_eq!(resource.requests(), 1);
    sleep(millis(50)).await;
    let called = Instant::now();
    assert_eq!(ask(&service, "").await, 200);
    assert_eq!(called.elapsed(), Duration::ZERO);
    assert_eq!(told.take(), ["rejected forced", "fetch rejection ok"]);
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn empty_sends_again_what_has_no_body_and_nothing_else() {
    for (body, status, sent) in [("", 200, 2), ("a body", 401, 1)] {
        let (server, resource, source, told) = revoked().await;
        let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Empty::new());
        let service = layer.layer(resource.clone());
        assert_eq!(ask(&service, body).await, status);
        assert_eq!(resource.requests(), sent, "{body:?}");
        sleep(millis(50)).await;
        assert_eq!(ask(&service, body).await, 200);
        assert_eq!(server.token_requests(), 2);
        assert_eq!(told.count("replayed"), usize::from(status == 200));
    }
}

/// Keeps bodies that are not too large.
#[derive(Clone)]
struct Small(u64);

impl replay::Replay<Body> for Small {
    fn keep(&self, body: &Body) -> Option<Body> {
        let size = http_body::Body::size_hint(body).exact();
        size.is_some_and(|size| size <= self.0)
            .then(|| body.clone())
    }
}

/// The policy's answer for a short and a long body: status, and what bodies the resource got.
#[tokio::test(start_paused = true)]
async fn cloned_sends_every_body_again_and_an_own_policy_those_that_it_keeps() {
    async fn sent<R>(policy: R, body: &'static str) -> (u16, Vec<Bytes>)
    where
        R: replay::Replay<Body> + Clone,
    {
        let (_, resource, source, _) = revoked().await;
        let bodies = Arc::<Mutex<Vec<Bytes>>>::default();
        let log = Arc::clone(&bodies);
        let inner = service_fn(move |request: Request<Body>| {
            let (log, resource) = (Arc::clone(&log), resource.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                log.lock().unwrap().push(body);
                let answer = resource.oneshot(Request::from_parts(head, ())).await;
                answer.map_err(BoxError::from)
            }
        });
        let layer = ClientCredentialsLayer::new(source, origins()).replay(policy);
        let answer = layer.layer(inner).oneshot(post(body)).await.unwrap();
        let bodies = bodies.lock().unwrap().clone();
        (answer.status().as_u16(), bodies)
    }
    let twice = |body: &'static str| (200, vec![Bytes::from(body); 2]);
    assert_eq!(sent(replay::Cloned::new(), "").await, twice(""));
    assert_eq!(sent(replay::Cloned::new(), "a body").await, twice("a body"));
    assert_eq!(sent(Small(6), "a body").await, twice("a body"));
    assert_eq!(
        sent(Small(5), "a body").await,
        (401, vec![Bytes::from("a body")])
    );
}

/// An `Authorization` of the request's own: kept, its refusal is none of ours; replaced, the second one is replaced too. The first
/// request after a token came is let through by another way than those that follow.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_an_authorization_that_is_not_ours_is_nobodys() {
    for (on_existing, status, expected, seen) in [
        (OnExisting::Keep, 401, &[][..], &["own"][..]),
        (
            OnExisting::Replace,
            200,
            &["rejected forced", "fetch rejection ok", "replayed"],
            &["t1", "t2"],
        ),
    ] {
        for first in [true, false] {
            let (server, resource, source, told) = revoked().await;
            if !first {
                source.token().await.unwrap();
            }
            let layer = ClientCredentialsLayer::new(source, origins()).on_existing(on_existing);
            let layer = layer.replay(replay::Empty::new());
            let mut request = post("");
            let own = "Bearer own".parse().unwrap();
            request.headers_mut().insert(AUTHORIZATION, own);
            let answer = layer.layer(resource.clone()).oneshot(request).await;
            assert_eq!(answer.unwrap().status(), status);
            assert_eq!(told.take(), expected);
            assert_eq!(server.token_requests(), seen.len() as u64);
            let tokens = resource.tokens_seen().into_iter();
            assert_eq!(tokens.map(|(token, _)| token).collect::<Vec<_>>(), seen);
        }
    }
}

/// As many as come while the old token is refused, one forced fetch serves them all.
#[tokio::test(start_paused = true)]
async fn fifty_staggered_refusals_are_healed_by_one_token_request() {
    let (server, resource, source, told) = revoked().await;
    resource.set_latency(millis(600));
    let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Empty::new());
    let service = layer.layer(resource.clone());
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let service = service.clone();
        callers.spawn(async move { ask(&service, "").await });
        sleep(millis(10)).await;
    }
    let answers = callers.join_all().await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(server.token_requests(), 2);
    assert_eq!(told.count("replayed"), 50);
    let seen = resource.tokens_seen();
    assert_eq!(seen, [("t1".to_owned(), 50), ("t2".to_owned(), 50)]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waited_for_its_first_token_is_sent_again_too() {
    let server = AuthorizationServer::new();
    let resource = ResourceServer::new(&server);
    resource.reject(["t1"]);
    let layer = ClientCredentialsLayer::new(source(&server).build(), origins());
    let service = layer.replay(replay::Empty::new()).layer(resource.clone());
    assert_eq!(ask(&service, "").await, 200);
    assert_eq!((server.token_requests(), resource.requests()), (2, 2));
}

/// The future can be polled by whoever is not `Send`, and its size does not grow with the request that is kept.
#[tokio::test(start_paused = true)]
async fn what_is_kept_need_not_be_send() {
    use std::rc::Rc;

    let (_, _, source, _) = revoked().await;
    let seen = Rc::new(std::cell::Cell::new(0));
    let log = Rc::clone(&seen);
    let inner = service_fn(move |request: Request<Rc<str>>| {
        log.set(log.get() + 1);
        let refused = token_of(request.headers().get(AUTHORIZATION)) == "t1";
        let status = if refused { 401 } else { 200 };
        let answer = Response::builder().status(status).body(request.into_body());
        std::future::ready(Ok::<_, Infallible>(answer.unwrap()))
    });
    let layer = ClientCredentialsLayer::new(source, origins()).replay(replay::Cloned::new());
    let mut service = layer.layer(inner);
    let request = Request::get("https://api.example.com/").body(Rc::from("hello"));
    let answer = service.call(request.unwrap()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &**answer.body()), (200, "hello"));
    assert_eq!(seen.get(), 2);
}
