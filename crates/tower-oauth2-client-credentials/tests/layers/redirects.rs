//! `FollowRedirect` above us: every hop is a request of its own, and passes the origin guard.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use http::{
    StatusCode, Uri,
    header::{LOCATION, WWW_AUTHENTICATE},
};
use oauth2_client_credentials::TokenRequest;
use tower::{Layer, ServiceBuilder};
use tower_http::follow_redirect::{
    FollowRedirectLayer,
    policy::{FilterCredentials, Limited, PolicyExt},
};
use tower_oauth2_client_credentials::Origins;

use super::*;

pub(crate) const HOME: &str = "https://api.example.com/start";

/// Servers that send requests on to each other: from where to where. Whoever is the last wants a token.
#[derive(Clone)]
pub(crate) struct World {
    hops: &'static [(&'static str, &'static str)],
    seen: Arc<Mutex<Vec<Visit>>>,
}

/// Where a request came, and with which token.
type Visit = (Uri, Option<String>);

impl World {
    pub(crate) fn new(hops: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            hops,
            seen: Arc::default(),
        }
    }

    /// Every visit, as `URI` or `URI with TOKEN`.
    pub(crate) fn visits(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let told = seen.iter().map(|(uri, token)| match token {
            Some(token) => format!("{uri} with {token}"),
            None => uri.to_string(),
        });
        told.collect()
    }

    fn answer(&self, request: &Request<Body>) -> Response<()> {
        let token = request.headers().get(AUTHORIZATION);
        let token = token.map(|value| value.to_str().unwrap().replace("Bearer ", ""));
        let mut answer = Response::new(());
        let hop = self.hops.iter().find(|(from, _)| *request.uri() == **from);
        if let Some((_, to)) = hop {
            *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            answer.headers_mut().insert(LOCATION, to.parse().unwrap());
        } else if token.is_none() {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
            answer
                .headers_mut()
                .insert(WWW_AUTHENTICATE, "Bearer".parse().unwrap());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((request.uri().clone(), token));
        answer
    }
}

impl Service<Request<Body>> for World {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}

pub(crate) fn start() -> Request<Body> {
    Request::get(HOME).body(Body::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn redirect_above_carries_the_token_from_hop_to_hop_at_home() {
    let (server, _) = short_lived();
    let world = World::new(&[(HOME, "/moved")]);
    let service = ServiceBuilder::new()
        .layer(FollowRedirectLayer::new())
        .layer(ours(&server))
        .service(world.clone());

    assert_eq!(service.oneshot(start()).await.unwrap().status(), 200);
    assert_eq!(
        world.visits(),
        [
            "https://api.example.com/start with t1",
            "https://api.example.com/moved with t1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn redirect_above_is_refused_where_it_leads_abroad() {
    let (server, _) = short_lived();
    let world = World::new(&[(HOME, "https://evil.test/")]);
    let service = ServiceBuilder::new()
        .layer(FollowRedirectLayer::new())
        .layer(ours(&server))
        .service(world.clone());

    let error = token_error(service.oneshot(start()).await.unwrap_err());

    assert_eq!(error.kind(), TokenErrorKind::Origin);
    assert!(error.to_string().contains("https://evil.test"), "{error}");
    assert_eq!(world.visits(), ["https://api.example.com/start with t1"]);
}

/// Sent on from one origin of ours to another.
const TO_FILES: &[(&str, &str)] = &[(HOME, "https://files.example.com/")];

/// The layer with both of them.
fn two_origins(server: &AuthorizationServer) -> ClientCredentialsLayer {
    let origins = Origins::new(["https://api.example.com", "https://files.example.com"]);
    ClientCredentialsLayer::new(source(server).build(), origins.unwrap())
}

fn named() -> Request<Body> {
    let mut request = start();
    let named = TokenRequest::builder().scope("files.read").build().unwrap();
    request.extensions_mut().insert(named);
    request
}

/// tower-http drops what stands among the extensions, and with it what the request named: it goes on with the source's own token.
#[tokio::test(start_paused = true)]
async fn redirect_above_forgets_the_named_token_at_another_origin() {
    let (server, _) = short_lived();
    let world = World::new(TO_FILES);
    let service = FollowRedirectLayer::new().layer(two_origins(&server).layer(world.clone()));

    assert_eq!(service.oneshot(named()).await.unwrap().status(), 200);
    assert_eq!(
        world.visits(),
        [
            "https://api.example.com/start with t1",
            "https://files.example.com/ with t2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn redirect_above_keeps_the_named_token_if_it_is_told_to() {
    let (server, _) = short_lived();
    let world = World::new(TO_FILES);
    let keeps = FilterCredentials::new().allow_extension::<TokenRequest>();
    let policy = Limited::new(10).and::<_, Body, BoxError>(keeps);
    let service =
        FollowRedirectLayer::with_policy(policy).layer(two_origins(&server).layer(world.clone()));

    assert_eq!(service.oneshot(named()).await.unwrap().status(), 200);
    assert_eq!(
        world.visits(),
        [
            "https://api.example.com/start with t1",
            "https://files.example.com/ with t1",
        ]
    );
}
