//! Which answers say that a token was refused, and which token that was.

use std::time::Duration;

use http::{Response, Version};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tokio::time::sleep;
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, SentToken, replay};

use super::{
    refusals::{Api, Seen, Told, status},
    secs,
    support::{origins, request, send, source},
};

/// The version and `grpc-status` of an answer with status 200; then whether its token counts as refused.
#[tokio::test(start_paused = true)]
async fn grpc_unauthenticated_is_a_refusal_over_http_2_only() {
    for (version, grpc_status, refused) in [
        (Version::HTTP_2, "16", true),
        (Version::HTTP_2, "7", false),
        (Version::HTTP_2, "0", false),
        (Version::HTTP_11, "16", false),
    ] {
        let server = AuthorizationServer::new();
        let source = source(&server).build();
        let (api, layer) = (
            Api::default(),
            ClientCredentialsLayer::new(source, origins()),
        );
        let api = api.service(Duration::ZERO, move |_| {
            let answer = Response::builder().version(version);
            let answer = answer.header("grpc-status", grpc_status);
            answer.body(String::new()).unwrap()
        });
        for _ in 0..2 {
            assert_eq!(send(&layer.layer(api.clone())).await.unwrap(), 200);
        }
        let fetched = server.token_requests();
        assert_eq!(fetched, 1 + u64::from(refused), "{version:?} {grpc_status}");
        // By a layer that keeps requests every answer is looked at, not only those that may be refusals. The second token was refused as
        // well, and is replaced now; the third one's refusal is throttled.
        sleep(secs(60)).await;
        let layer = layer.replay(replay::Cloned::new());
        assert_eq!(send(&layer.layer(api)).await.unwrap(), 200);
        let fetched = server.token_requests();
        assert_eq!(
            fetched,
            1 + 2 * u64::from(refused),
            "{version:?} {grpc_status}"
        );
    }
}

/// 419 in the place of 401.
#[tokio::test(start_paused = true)]
async fn which_answers_are_refusals_is_the_users_to_say() {
    let judge = |seen: &Seen| status(if seen.token == "t1" { 419 } else { 401 });
    for own in [false, true] {
        let server = AuthorizationServer::new();
        let (told, api) = (Told::default(), Api::default());
        let source = source(&server).observer(told.clone()).build();
        let mut layer = ClientCredentialsLayer::new(source, origins());
        if own {
            layer = layer.rejected_when(|response| response.status == 419);
        }
        let service = layer.layer(api.service(Duration::ZERO, judge));
        for _ in 0..4 {
            send(&service).await.unwrap();
        }
        // By default t1 is good and all that follows is refused; by the user's word it is the other way round.
        let seen: &[_] = if own {
            &["t1", "t2", "t2", "t2"]
        } else {
            &["t1"; 4]
        };
        assert_eq!(api.tokens(), seen);
        assert_eq!(told.count("rejected forced"), usize::from(own));
    }
}

/// As a gRPC client does that finds the refusal in a stream's trailers.
#[tokio::test(start_paused = true)]
async fn a_response_tells_which_token_it_was_and_can_have_it_refused() {
    let server = AuthorizationServer::new();
    let source = source(&server).build();
    let layer = ClientCredentialsLayer::new(source, origins());
    let service = layer
        .clone()
        .with_sent_token()
        .layer(ResourceServer::new(&server));
    let answer = service.clone().oneshot(request()).await.unwrap();
    let sent = *answer.extensions().get::<SentToken>().unwrap();
    for token_requests in [2, 2] {
        sent.reject();
        let answer = service.clone().oneshot(request()).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            server.token_requests(),
            token_requests,
            "a newer one is not refused"
        );
    }
    let untold = layer.layer(ResourceServer::new(&server));
    let answer = untold.oneshot(request()).await.unwrap();
    assert!(answer.extensions().get::<SentToken>().is_none());
    drop((layer, service));
    sent.reject();
}
