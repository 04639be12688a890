//! A server may repeat in its answer what it was sent. Nobody gets to see that.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    error::Error,
    sync::{Arc, Mutex},
};

use oauth2_client_credentials::{
    Client, ClientAssertion, ClientAuthentication, ClientSecretBasic, ClientSecretPost, EndpointUri,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use serde_json::json;
use support::TokioClock;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{
    Credential, Event, Fetch, Observer, TokenEndpoint, TokenSource,
};

const SECRET: &str = "canary+se/cret";
const BASIC: &str = "c3ZjOmNhbmFyeSUyQnNlJTJGY3JldA==";

/// All that an observer is told.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<String>>);

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push_str(&format!("{event:?}\n"));
    }
}

/// An error in all the ways that it can be shown.
fn shown(error: &(dyn Error + 'static)) -> String {
    let mut shown = format!("{error:?} {error:#?}");
    let mut next = Some(error);
    while let Some(error) = next {
        shown.push_str(&format!("\n{error}"));
        next = error.source();
    }
    shown
}

#[tokio::test(start_paused = true)]
async fn what_a_server_repeats_of_the_secret_is_shown_nowhere() {
    let methods: [(ClientAuthentication, &[&str]); 3] = [
        (
            ClientSecretBasic::new(SECRET).into(),
            &[SECRET, "canary%2Bse%2Fcret", BASIC],
        ),
        (
            ClientSecretPost::new(SECRET).into(),
            &[SECRET, "canary%2Bse%2Fcret"],
        ),
        (
            ClientAssertion::new("e30.canary.c2ln").into(),
            &["e30.canary.c2ln"],
        ),
    ];
    for (method, forms) in methods {
        for form in forms {
            let server = AuthorizationServer::new();
            server.set_outage(Some(Answer::json(
                401,
                json!({"error": "invalid_client", "error_description": format!("no such secret: {form}, sorry")}),
            )));
            let credential = Credential::new(Client::new("svc", method.clone()).unwrap());
            let uri = EndpointUri::new("https://as.example.com/token").unwrap();
            let endpoint = TokenEndpoint::new(server, uri, credential);
            let told = Told::default();
            let source = TokenSource::builder(endpoint.clone())
                .observer(told.clone())
                .clock(TokioClock::new())
                .build();
            let of_endpoint = endpoint
                .oneshot(Fetch::new(Default::default()))
                .await
                .unwrap_err();
            let of_source = source.token().await.unwrap_err();
            let told = told.0.lock().unwrap();
            for shown in [shown(&of_endpoint), shown(&of_source), told.clone()] {
                assert!(
                    !shown.contains("canary") && !shown.contains(BASIC),
                    "{shown}"
                );
                assert!(shown.contains("sorry"), "the rest is told: {shown}");
            }
        }
    }
}

/// The type of a token is shown: in its `Debug`, and in the error of whoever cannot use it.
#[tokio::test(start_paused = true)]
async fn a_type_that_repeats_the_secret_is_shown_nowhere() {
    let server = AuthorizationServer::new();
    let answer = json!({"access_token": "t", "token_type": SECRET, "expires_in": 100, "scope": SECRET, SECRET: 1});
    server.set_outage(Some(Answer::json(200, answer)));
    let client = Client::new("svc", ClientSecretPost::new(SECRET)).unwrap();
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(server, uri, client);
    let token = endpoint.clone().oneshot(Fetch::new(Default::default()));
    let token = token.await.unwrap();
    assert_eq!(token.token_type().as_str(), "[secret]");
    let shown_token = format!("{token:?} {token:#?}");
    assert!(!shown_token.contains("canary"), "{shown_token}");
    #[cfg(feature = "dpop")]
    {
        let key = oauth2_client_credentials::DpopKey::generate(|bytes| bytes.fill(7)).unwrap();
        let bound = endpoint.dpop(oauth2_client_credentials::Dpop::new(key));
        let refused = bound.clone().oneshot(Fetch::new(Default::default())).await;
        let of_source = TokenSource::new(bound).token().await.unwrap_err();
        for shown in [shown(&refused.unwrap_err()), shown(&of_source)] {
            assert!(shown.contains("[secret]"), "{shown}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
}
