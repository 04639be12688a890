//! What the tests of refused tokens share: an observer that takes down what is told, and an API that says what it saw.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use oauth2_client_credentials::TokenRequest;
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tokio::time::sleep;
use tower::{Layer, ServiceExt, util::BoxCloneService};
use tower_oauth2_client_credentials::{
    ClientCredentialsLayer, Event, Observer, TokenSourceBuilder, replay::Cloned,
};

/// What was told of token requests, refusals and evictions, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        let scope = |request: &TokenRequest| {
            request
                .scope()
                .map_or_else(String::new, ToString::to_string)
        };
        let line = match event {
            Event::Fetch { cause, outcome, .. } => {
                let outcome = outcome.map_or_else(|error| error.kind().as_str(), |()| "ok");
                format!("fetch {} {outcome}", cause.as_str())
            }
            Event::Rejected { verdict, .. } => format!("rejected {}", verdict.as_str()),
            Event::Replayed { .. } => "replayed".to_owned(),
            Event::Evicted { request, .. } => format!("evicted {}", scope(request)),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

impl Told {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// How often this was told.
    pub(crate) fn count(&self, line: &str) -> usize {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|told| *told == line).count()
    }
}

/// A request's head as an API got it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) token: String,
}

/// An API that takes down every request and answers with what `judge` makes of it, after `latency`.
#[derive(Clone, Default)]
pub(crate) struct Api(Arc<Mutex<Vec<Seen>>>);

pub(crate) type Answered = BoxCloneService<Request<()>, Response<String>, Infallible>;

impl Api {
    pub(crate) fn service(
        &self,
        latency: Duration,
        judge: impl Fn(&Seen) -> Response<String> + Clone + Send + 'static,
    ) -> Answered {
        let seen = Arc::clone(&self.0);
        BoxCloneService::new(tower::service_fn(move |request: Request<()>| {
            let (seen, judge) = (Arc::clone(&seen), judge.clone());
            async move {
                let this = Seen {
                    path: request.uri().path().to_owned(),
                    token: token_of(request.headers().get(AUTHORIZATION)),
                };
                seen.lock().unwrap().push(this.clone());
                sleep(latency).await;
                Ok(judge(&this))
            }
        }))
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        let seen = self.0.lock().unwrap();
        seen.iter().map(|seen| seen.token.clone()).collect()
    }
}

/// What stands in the header after the scheme; nothing if there is none.
pub(crate) fn token_of(header: Option<&HeaderValue>) -> String {
    let value = header.map_or("", |value| value.to_str().unwrap());
    value.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// An answer of which only this is known.
pub(crate) fn status(status: u16) -> Response<String> {
    let answer = Response::builder().status(status);
    answer.body(String::new()).unwrap()
}

/// A request to this path of the API.
pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(format!("https://api.example.com{path}"))
        .body(())
        .unwrap()
}

/// Everything that can happen to a token that is refused or one too many, once each: a refusal that is healed, one that is throttled, one
/// of an old token, and a token that has to go.
pub(crate) async fn play_all(server: &AuthorizationServer, source: TokenSourceBuilder) {
    let source = source.max_tokens(1).build();
    let resource = ResourceServer::new(server);
    let layer = ClientCredentialsLayer::new(source.clone(), crate::support::origins());
    let service = layer.replay(Cloned::new()).layer(resource.clone());
    let send = async || {
        let answer = service.clone().oneshot(get("/")).await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(send().await, 200);
    server.revoke_all();
    assert_eq!(send().await, 200);
    server.revoke_all();
    assert_eq!(send().await, 401);
    source.reject(1);
    for scope in ["first", "second"] {
        let wanted = TokenRequest::builder().scope(scope).build().unwrap();
        source.for_request(wanted).token().await.unwrap();
    }
}
