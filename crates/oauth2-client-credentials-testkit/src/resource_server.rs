//! The protected resource.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response, header};
use tower_service::Service;

use crate::{
    Answer, AuthorizationServer, Body, Fault, ResourceServerBuilder, ResponseFuture,
    reply::Circumstances,
};

/// A resource that asks for a Bearer token in the `Authorization` header (RFC 6750).
///
/// A request whose token is good gets a 200. One with a bad token gets a 401 with the challenge
/// `Bearer error="invalid_token"`, one without any a 401 with the challenge `Bearer` alone (section 3.1). It is a tower
/// service of requests with any body, which it does not read, and a handle: clones share one server.
///
/// The token is judged when the service is called; a latency delays the answer only.
#[derive(Clone)]
pub struct ResourceServer {
    shared: Arc<Mutex<State>>,
}

pub(crate) struct State {
    pub(crate) authorization_server: Option<AuthorizationServer>,
    pub(crate) latency: Duration,
    pub(crate) answer: Answer,
    pub(crate) rejection: Answer,
    rejected: HashSet<String>,
    reject_all: bool,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    requests: u64,
    served: u64,
    refused: u64,
    without_token: u64,
    /// In order of their first appearance.
    tokens: Vec<(String, u64)>,
    places: HashMap<String, usize>,
}

impl ResourceServer {
    /// A resource that takes the tokens which are active at this authorization server, and answers at once.
    pub fn new(authorization_server: &AuthorizationServer) -> Self {
        Self::builder()
            .authorization_server(authorization_server)
            .build()
    }

    /// A resource with other ways: see [`ResourceServerBuilder`].
    pub fn builder() -> ResourceServerBuilder {
        ResourceServerBuilder::new()
    }

    /// Refuses these tokens from now on, even if they are active, and no others that were named before.
    pub fn reject<I>(&self, tokens: I)
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let tokens = tokens.into_iter().map(Into::into).collect();
        self.state().rejected = tokens;
    }

    /// Refuses every token, until it is set to false.
    pub fn reject_all(&self, reject: bool) {
        self.state().reject_all = reject;
    }

    /// Sets the answer to requests with a bad token. [`Answer::usual`] is the 401.
    pub fn set_rejection(&self, answer: Answer) {
        self.state().rejection = answer;
    }

    /// Sets the answer to requests with a good token. [`Answer::usual`] is the 200. A request with a bad token or none is
    /// refused as before.
    pub fn set_answer(&self, answer: Answer) {
        self.state().answer = answer;
    }

    /// Sets how long an answer takes, for requests that arrive from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// How many requests came. Each is counted as exactly one of served, refused and without a token.
    pub fn requests(&self) -> u64 {
        self.state().counters.requests
    }

    /// How many requests carried a good token.
    pub fn served(&self) -> u64 {
        self.state().counters.served
    }

    /// How many requests carried a token that was refused.
    pub fn refused(&self) -> u64 {
        self.state().counters.refused
    }

    /// How many requests carried no Bearer token, or not exactly one.
    pub fn without_token(&self) -> u64 {
        self.state().counters.without_token
    }

    /// Every token that came, good or bad, in order of first appearance, and how many requests carried it.
    pub fn tokens_seen(&self) -> Vec<(String, u64)> {
        self.state().counters.tokens.clone()
    }

    /// Begins to count anew and forgets the tokens that came.
    pub fn reset_counters(&self) {
        self.state().counters = Counters::default();
    }

    pub(crate) fn from_state(state: State) -> Self {
        Self {
            shared: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            authorization_server: None,
            latency: Duration::ZERO,
            answer: Answer::usual(),
            rejection: Answer::usual(),
            rejected: HashSet::new(),
            reject_all: false,
            counters: Counters::default(),
        }
    }

    fn admit(&mut self, headers: &HeaderMap) -> (Answer, Circumstances) {
        self.counters.requests += 1;
        let answer = match bearer_token(headers) {
            None => {
                self.counters.without_token += 1;
                challenge("Bearer")
            }
            Some(token) => {
                self.counters.see(token);
                if self.is_good(token) {
                    self.counters.served += 1;
                    self.answer.clone().or_usual(|| Answer::body(200, "ok"))
                } else {
                    self.counters.refused += 1;
                    let usual = || challenge("Bearer error=\"invalid_token\"");
                    self.rejection.clone().or_usual(usual)
                }
            }
        };
        let circumstances = Circumstances {
            number: self.counters.requests,
            latency: self.latency,
            lifetime: Duration::ZERO,
        };
        (answer, circumstances)
    }

    fn is_good(&self, token: &str) -> bool {
        let issuer = self.authorization_server.as_ref();
        let active = issuer.is_none_or(|issuer| issuer.is_active(token));
        active && !self.reject_all && !self.rejected.contains(token)
    }
}

impl Counters {
    fn see(&mut self, token: &str) {
        if let Some(place) = self.places.get(token) {
            self.tokens[*place].1 += 1;
            return;
        }
        self.places.insert(token.to_owned(), self.tokens.len());
        self.tokens.push((token.to_owned(), 1));
    }
}

fn challenge(challenge: &'static str) -> Answer {
    Answer::body(401, "").header(header::WWW_AUTHENTICATE, challenge)
}

/// The token of exactly one `Authorization` header (RFC 6750, section 2.1).
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl<B> Service<Request<B>> for ResourceServer {
    type Response = Response<Body>;
    type Error = Fault;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let (answer, circumstances) = self.state().admit(request.headers());
        ResponseFuture::new(async move { Ok(answer.give(circumstances).await?.response) })
    }
}

impl fmt::Debug for ResourceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ResourceServer")
            .field("requests", &state.counters.requests)
            .field("served", &state.counters.served)
            .field("refused", &state.counters.refused)
            .field("without_token", &state.counters.without_token)
            .finish_non_exhaustive()
    }
}
