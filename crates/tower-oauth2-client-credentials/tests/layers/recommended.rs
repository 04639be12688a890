//! The order that the documentation recommends, as a whole.

use tokio::time::sleep;
use tower::{ServiceBuilder, retry::RetryLayer, timeout::error::Elapsed};
use tower_http::trace::TraceLayer;
use tower_oauth2_client_credentials::replay;

use super::*;
use crate::retry::Patient;

#[tokio::test(start_paused = true)]
async fn the_recommended_order_outlives_an_outage_a_revocation_and_a_slow_resource() {
    let server = AuthorizationServer::builder().latency(millis(50)).build();
    let resource = ResourceServer::new(&server);
    let service = ServiceBuilder::new()
        .timeout(seconds(10))
        .buffer(256)
        .layer(RetryLayer::new(Patient::new(5)))
        .layer(ours(&server).replay(replay::Cloned::new()))
        .layer(TraceLayer::new_for_http())
        .concurrency_limit(20)
        .service(resource.clone());

    server.set_outage(Some(Answer::connect_error()));
    let early = tokio::spawn({
        let service = service.clone();
        async move { burst(&service, 100).await }
    });
    sleep(seconds(1)).await;
    server.set_outage(None);
    let early = early.await.unwrap();
    assert_eq!(count::<Elapsed>(&early), (100, 0), "{early:?}");
    assert_eq!(server.issued(), 1);

    server.revoke_all();
    let healed = burst(&service, 100).await;
    assert_eq!(count::<Elapsed>(&healed), (100, 0), "{healed:?}");
    assert_eq!(server.issued(), 2);

    resource.set_latency(seconds(60));
    assert_eq!(count::<Elapsed>(&burst(&service, 20).await), (0, 20));
    resource.set_latency(Duration::ZERO);
    assert_eq!(count::<Elapsed>(&burst(&service, 20).await), (20, 0));
}
