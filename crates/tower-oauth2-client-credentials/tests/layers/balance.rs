//! `Balance`: many transports that come and go, and one token.

use std::convert::Infallible;

use futures_util::stream::{Stream, poll_fn};
use tokio::{sync::mpsc, time::sleep};
use tower::{
    Layer, ServiceBuilder,
    balance::p2c::Balance,
    discover::Change,
    load::{CompleteOnResponse, PendingRequests},
};
use tower_oauth2_client_credentials::ClientCredentials;

use super::*;

type Changes<S> = mpsc::UnboundedSender<Change<&'static str, S>>;

/// Tells a balancer what comes and goes.
fn discovery<S>() -> (
    Changes<S>,
    impl Stream<Item = Result<Change<&'static str, S>, Infallible>>,
) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let stream = poll_fn(move |cx| receiver.poll_recv(cx).map(|change| change.map(Ok)));
    (sender, stream)
}

/// How busy it is goes by what was not answered yet.
fn weighed<S>(service: S) -> PendingRequests<S> {
    PendingRequests::new(service, CompleteOnResponse::default())
}

fn insert<S>(changes: &Changes<PendingRequests<S>>, name: &'static str, service: S) {
    let change = Change::Insert(name, weighed(service));
    assert!(changes.send(change).is_ok());
}

/// A balancer is not `Clone`, so that it stands in a buffer.
#[tokio::test(start_paused = true)]
async fn balance_below_one_stack_has_many_transports() {
    let (server, first) = short_lived();
    let second = ResourceServer::new(&server);
    let (changes, discovered) = discovery();
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .buffer(64)
        .service(Balance::new(discovered));

    let early = tokio::spawn(service.clone().oneshot(request()));
    sleep(seconds(1)).await;
    assert!(!early.is_finished(), "there is no transport yet");
    insert(&changes, "first", first.clone());
    assert_eq!(early.await.unwrap().unwrap().status(), 200);

    insert(&changes, "second", second.clone());
    assert_eq!(burst_served(&service).await, 60);
    assert!(first.served() > 1 && second.served() > 0);

    let before = first.served();
    assert!(changes.send(Change::Remove("first")).is_ok());
    assert_eq!(burst_served(&service).await, 60);
    assert_eq!((first.served(), server.token_requests()), (before, 1));
}

#[tokio::test(start_paused = true)]
async fn balance_above_many_stacks_share_one_source() {
    let (server, _) = short_lived();
    let layer = ours(&server);
    assert_eq!(served_by_three(&server, |_| layer.clone()).await, 180);
    assert_eq!(server.token_requests(), 1);
}

/// A layer is cheap to clone, and its clones share its source. Who makes a new one for each transport pays for each.
#[tokio::test(start_paused = true)]
async fn balance_above_with_a_source_for_each_transport_fetches_a_token_for_each() {
    let (server, _) = short_lived();
    assert_eq!(served_by_three(&server, ours).await, 180);
    assert_eq!(server.token_requests(), 3);
}

/// A balancer drops a transport whose `poll_ready` fails: ours does not fail with the token.
#[tokio::test(start_paused = true)]
async fn balance_above_loses_no_transport_to_a_token_endpoint_that_is_down() {
    let (server, _) = short_lived();
    server.set_outage(Some(Answer::connect_error()));
    let layer = ours(&server);
    let (changes, discovered) = discovery::<PendingRequests<ClientCredentials<ResourceServer>>>();
    let resources = [(); 2].map(|()| ResourceServer::new(&server));
    for (name, resource) in ["first", "second"].into_iter().zip(&resources) {
        insert(&changes, name, layer.layer(resource.clone()));
    }
    let service = ServiceBuilder::new()
        .buffer(64)
        .service(Balance::new(discovered));

    let failed = burst(&service, 60).await;
    assert!(failed.iter().all(|result| result.is_err()));
    server.set_outage(None);
    sleep(seconds(1)).await;

    assert_eq!(burst_served(&service).await, 60);
    assert!(resources.iter().all(|resource| resource.served() > 0));
}

/// 180 requests over three transports, each with the layer that it is given.
async fn served_by_three(
    server: &AuthorizationServer,
    layer: impl Fn(&AuthorizationServer) -> ClientCredentialsLayer,
) -> u64 {
    let (changes, discovered) = discovery();
    let resources = [(); 3].map(|()| ResourceServer::new(server));
    for (name, resource) in ["first", "second", "third"].into_iter().zip(&resources) {
        insert(&changes, name, layer(server).layer(resource.clone()));
    }
    let service = ServiceBuilder::new()
        .buffer(64)
        .service(Balance::new(discovered));
    for _ in 0..3 {
        assert_eq!(burst_served(&service).await, 60);
    }
    assert!(resources.iter().all(|resource| resource.served() > 0));
    resources.iter().map(ResourceServer::served).sum()
}

async fn burst_served<S, B>(service: &S) -> usize
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    count::<TokenError>(&burst(service, 60).await).0
}
