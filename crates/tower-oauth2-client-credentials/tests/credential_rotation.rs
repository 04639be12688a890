//! Secrets and assertions that are replaced under load, by a clock that the test drives: no request notices.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credential_support;
mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use credential_support::{Folder, endpoint, source};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::{ClientSecretBasic, EndpointUri};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use support::{TokioClock, origins, send};
use tokio::{task::JoinSet, time::sleep};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, Credential, TokenEndpoint, TokenSource,
};

/// Twenty callers for ten minutes; the secret is another one every 37 s, on the server and in the file.
#[tokio::test(start_paused = true)]
async fn a_secret_that_is_rotated_under_load_fails_no_request() {
    const ROTATIONS: u64 = 16;
    let folder = Folder::new();
    folder.write("secret", "s0");
    let server = AuthorizationServer::builder()
        .client("svc", "s0")
        .lifetime(Duration::from_secs(20))
        .latency(Duration::from_millis(300))
        .build();
    let credential = Credential::secret_file("svc", folder.path("secret"), ClientSecretBasic::new);
    let source = source(endpoint(&server, &credential));
    let resource = ResourceServer::new(&server);
    let service = ClientCredentials::new(resource.clone(), source, origins());
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let service = service.clone();
        callers.spawn(async move {
            for _ in 0..3_000 {
                assert_eq!(send(&service).await.unwrap(), 200);
                sleep(Duration::from_millis(200)).await;
            }
        });
    }
    for rotation in 1..=ROTATIONS {
        sleep(Duration::from_secs(37)).await;
        let secret = format!("s{rotation}");
        server.replace_secret("svc", secret.clone());
        folder.write("secret", &secret);
    }
    callers.join_all().await;
    assert_eq!((resource.requests(), resource.refused()), (60_000, 0));
    assert_eq!(credential.version(), 1 + ROTATIONS);
    let refused = server.token_requests() - server.issued();
    assert!(
        refused <= ROTATIONS,
        "at most one more request for each: {refused}"
    );
}

/// The secret changes while a token request is under way: that one is refused, and the next one is its answer.
#[tokio::test(start_paused = true)]
async fn a_secret_that_is_rotated_within_a_renewal_costs_one_more_request() {
    let folder = Folder::new();
    folder.write("secret", "old");
    let server = AuthorizationServer::builder()
        .client("svc", "old")
        .lifetime(Duration::from_secs(60))
        .build();
    let credential = Credential::secret_file("svc", folder.path("secret"), ClientSecretBasic::new);
    let source = source(endpoint(&server, &credential));
    source.token().await.unwrap();
    // Only the server has it: the file follows while the server looks at the old one.
    server.replace_secret("svc", "new");
    server.set_latency(Duration::from_millis(100));
    while server.token_requests() == 1 {
        sleep(Duration::from_millis(50)).await;
        source.token().await.unwrap();
    }
    folder.write("secret", "new");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(source.token().await.unwrap().generation(), 2);
    assert_eq!((server.token_requests(), server.issued()), (3, 2));
    assert_eq!(source.health().last_error(), None);
}

/// Takes no assertion but the latest, and looks at it a moment after it came.
#[derive(Clone, Default)]
struct Issuer(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    current: String,
    issued: u32,
    refused: u32,
}

impl Issuer {
    async fn answer(
        self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, BoxError> {
        sleep(Duration::from_millis(100)).await;
        let body = request.into_body().collect().await?.to_bytes();
        let mut state = self.0.lock().unwrap();
        let mut response = Response::builder();
        let shown = format!("client_assertion={}", state.current);
        let document = if String::from_utf8(body.into())?.ends_with(&shown) {
            state.issued += 1;
            format!(
                r#"{{"access_token":"t{}","token_type":"Bearer","expires_in":1}}"#,
                state.issued
            )
        } else {
            state.refused += 1;
            response = response.status(401);
            r#"{"error":"invalid_client"}"#.to_owned()
        };
        Ok(response.body(Full::from(document))?)
    }
}

#[tokio::test(start_paused = true)]
async fn a_projected_token_that_rotates_20_times_in_a_minute_fails_no_request() {
    let (folder, issuer) = (Folder::new(), Issuer::default());
    let rotate = |number: u32| {
        let assertion = format!("e30.e30.{number}");
        folder.write("token", &assertion);
        issuer.0.lock().unwrap().current = assertion;
    };
    rotate(0);
    let credential = Credential::assertion_file("svc", folder.path("token"));
    let http = {
        let issuer = issuer.clone();
        tower::service_fn(move |request| issuer.clone().answer(request))
    };
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(http, uri, credential.clone());
    let source = TokenSource::builder(endpoint)
        .clock(TokioClock::new())
        .build();
    for step in 1..=1_200_u32 {
        source.token().await.unwrap();
        sleep(Duration::from_millis(50)).await;
        // Every three seconds, and nobody waits for a good moment.
        if step % 60 == 0 {
            rotate(step / 60);
        }
    }
    let state = issuer.0.lock().unwrap();
    assert!(state.issued >= 60, "{} tokens of one second", state.issued);
    assert!(credential.version() >= 20, "{}", credential.version());
    assert!(state.refused <= 20, "{}", state.refused);
}
