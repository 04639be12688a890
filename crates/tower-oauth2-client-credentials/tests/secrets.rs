//! A canary secret and a canary token show in no `Debug`, no error and no event.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use oauth2_client_credentials::{Client, ClientSecretBasic, ClientSecretPost, EndpointUri};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use serde_json::json;
use support::{TokioClock, origins, request};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentialsLayer, Credential, Event, Observer, TokenEndpoint, TokenSource,
};

const SECRET: &str = "canary-secret-5c1f";
const TOKEN: &str = "canary-token-9d2e";

/// What was shown by anything, in all the ways that it can be.
#[derive(Clone, Debug, Default)]
struct Shown(Arc<Mutex<String>>);

impl Shown {
    fn debug(&self, value: impl Debug) {
        self.0
            .lock()
            .unwrap()
            .push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    fn error(&self, error: &(dyn std::error::Error + 'static)) {
        self.debug(error);
        let mut next = Some(error);
        while let Some(error) = next {
            self.0.lock().unwrap().push_str(&format!("{error}\n"));
            next = error.source();
        }
    }

    fn assert_clean(&self) {
        let shown = self.0.lock().unwrap();
        assert!(shown.len() > 1_000, "something was shown");
        // `Basic` has the secret in another alphabet.
        for canary in [SECRET, TOKEN, "canary-", "c2VjcmV0", "Y2FuYXJ5", "bmFyeS1"] {
            assert!(!shown.contains(canary), "{canary} in {shown}");
        }
    }
}

impl Observer for Shown {
    fn observe(&self, event: &Event<'_>) {
        self.debug(event);
    }
}

async fn through_everything(shown: &Shown, credential: Credential, answers: Vec<Answer>) {
    let server = AuthorizationServer::builder()
        .script(answers)
        .repeat_last()
        .build();
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(server.clone(), uri, credential.clone());
    let builder = TokenSource::builder(endpoint.clone())
        .credential(&credential)
        .observer(shown.clone())
        .clock(TokioClock::new());
    shown.debug(&builder);
    let source = builder.build();
    let layer = ClientCredentialsLayer::new(source.clone(), origins());
    let service = layer.layer(ResourceServer::new(&server));
    for _ in 0..2 {
        let future = service.clone().oneshot(request());
        shown.debug(&future);
        match future.await {
            Ok(answer) => shown.debug(answer.status()),
            Err(error) => shown.error(&*error),
        }
        shown.debug((
            &credential,
            &endpoint,
            &source,
            &layer,
            &service,
            source.health(),
        ));
        match source.token().await {
            Ok(token) => shown.debug((&token, token.response(), token.access_token())),
            Err(error) => shown.error(&error),
        }
        shown.debug(endpoint.identity());
    }
    shown.debug(source.close());
}

#[tokio::test(start_paused = true)]
async fn a_canary_shows_nowhere() {
    let shown = Shown::default();
    let basic = || Client::new("svc", ClientSecretBasic::new(SECRET)).unwrap();
    let post = || Client::new("svc", ClientSecretPost::new(SECRET)).unwrap();
    let token = json!({"access_token": TOKEN, "refresh_token": TOKEN, "token_type": "Bearer", "expires_in": 60});
    // Servers may repeat in an answer what they were sent.
    let torn = json!({"access_token": format!("{TOKEN}\r\n"), "token_type": "Bearer"});
    for answer in [
        Answer::json(200, token.clone()),
        Answer::json(
            200,
            json!({"access_token": TOKEN, "token_type": "mac", "expires_in": "60"}),
        ),
        Answer::json(
            200,
            json!({"access_token": TOKEN, "expires_in": format!("{TOKEN} never")}),
        ),
        Answer::json(500, token),
        Answer::json(200, torn),
        Answer::body(200, format!("<html>{SECRET} {TOKEN}</html>")),
        Answer::body(200, format!("{{\"access_token\":\"{TOKEN}\",")),
        Answer::oauth_error(401, "invalid_client"),
        Answer::connect_error(),
        Answer::torn_body(),
        Answer::panic(),
    ] {
        for client in [basic(), post()] {
            shown.debug(&client);
            through_everything(&shown, Credential::new(client), vec![answer.clone()]).await;
        }
    }
    shown.assert_clean();
}
