//! The authorization server: a handle, what it counts and what it answers.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use tokio::time::Instant;
use tower_service::Service;

use crate::{
    Answer, AuthorizationServerBuilder, BasicEncoding, Body, Fault, ReceivedRequest,
    ResponseFuture,
    policy::Policy,
    reply::{Circumstances, Grant},
    script::Script,
    tokens::Tokens,
};

/// An authorization server with a token endpoint for the client credentials grant (RFC 6749, section 4.4).
///
/// It is a tower service of `http::Request<`[`Body`]`>`, and a handle: clones share one server, so that a test keeps one
/// to look at the counters and to change what the server does while it runs.
///
/// A request is read and judged as strictly as the RFC allows: a POST of a well-formed form, no parameter twice, one way
/// of authenticating with all that belongs to it, no secret in the URI, a known grant type. Latency and lifetimes go by tokio's clock, and a paused one drives them.
#[derive(Clone)]
pub struct AuthorizationServer {
    shared: Arc<Shared>,
}

struct Shared {
    made: Instant,
    token_path: String,
    token_prefix: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) lifetime: Duration,
    pub(crate) latency: Duration,
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) policy: Policy,
    pub(crate) script: Script,
    outage: Option<Answer>,
    tokens: Tokens,
    /// Of the last token request. Unlike the counters it is never set back, or tokens would come twice.
    number: u64,
    under_way: usize,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    token_requests: u64,
    issued: u64,
    max_concurrency: usize,
    requests: Vec<ReceivedRequest>,
}

impl AuthorizationServer {
    /// A server that accepts any client, grants any scope and answers at once with the Bearer tokens `t1`, `t2`, … that
    /// live for 3600 s.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A server with other ways: see [`AuthorizationServerBuilder`].
    pub fn builder() -> AuthorizationServerBuilder {
        AuthorizationServerBuilder::new()
    }

    /// Sets the lifetime of the tokens that are issued from now on.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.state().lifetime = lifetime;
    }

    /// Sets how long an answer takes, for requests that arrive from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Gives every request this answer, whatever its path, until it is set to None. The script stays where it is.
    pub fn set_outage(&self, answer: Option<Answer>) {
        self.state().outage = answer;
    }

    /// Adds an answer to the end of the script.
    pub fn push_answer(&self, answer: Answer) {
        self.state().script.push(answer);
    }

    /// Registers a client or gives it another secret; the old one is refused from now on.
    pub fn replace_secret(&self, client_id: impl Into<String>, secret: impl Into<String>) {
        let (client_id, secret) = (client_id.into(), secret.into());
        self.state().policy.register(client_id, Some(secret));
    }

    /// Makes a token active that did not come from a token request. It does not count as issued.
    pub fn add_token(&self, token: impl Into<String>, lifetime: Duration) {
        let token = token.into();
        self.state().tokens.issue(Grant { token, lifetime });
    }

    /// Makes a token inactive.
    pub fn revoke(&self, token: &str) {
        self.state().tokens.revoke(token);
    }

    /// Makes every token inactive that was issued so far.
    pub fn revoke_all(&self) {
        self.state().tokens.revoke_all();
    }

    /// Whether this server issued the token, did not revoke it, and its lifetime is not over by tokio's clock.
    ///
    /// The lifetime begins with the answer that carries the token.
    pub fn is_active(&self, token: &str) -> bool {
        self.state().tokens.is_active(token)
    }

    /// How many requests came to the token endpoint's path, whatever became of them.
    pub fn token_requests(&self) -> u64 {
        self.state().counters.token_requests
    }

    /// Every request that came, to whatever path, in order of arrival.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().counters.requests.clone()
    }

    /// How many tokens were handed out.
    pub fn issued(&self) -> u64 {
        self.state().counters.issued
    }

    /// How many token requests were under way at the same time, at most.
    pub fn max_concurrency(&self) -> usize {
        self.state().counters.max_concurrency
    }

    /// Begins to count anew and forgets the requests that came. Tokens stay active, and `{n}` goes on.
    pub fn reset_counters(&self) {
        let mut state = self.state();
        state.counters = Counters {
            max_concurrency: state.under_way,
            ..Counters::default()
        };
    }

    /// The path of the token endpoint.
    pub fn token_path(&self) -> &str {
        &self.shared.token_path
    }

    pub(crate) fn from_parts(token_path: String, token_prefix: String, state: State) -> Self {
        Self {
            shared: Arc::new(Shared {
                made: Instant::now(),
                token_path,
                token_prefix,
                state: Mutex::new(state),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Takes a request in: counts it, and settles what will be answered.
    fn admit(&self, request: Request<Body>) -> Admitted {
        let to_token_endpoint = request.uri().path() == self.shared.token_path;
        let mut state = self.state();
        let at = self.shared.made.elapsed();
        let number = to_token_endpoint.then(|| state.begin_token_request());
        let request = request.map(Body::into_ready_bytes);
        let request = ReceivedRequest::new(request, number, at, state.basic_encoding);
        let scripted = match &state.outage {
            Some(answer) => answer.clone(),
            None if to_token_endpoint => state.script.next(),
            None => Answer::usual(),
        };
        let answer = scripted.or_usual(|| match number {
            Some(_) => self.shared.judge(&state.policy, &request),
            None => Answer::body(404, format!("the token endpoint is {}", self.token_path())),
        });
        state.counters.requests.push(request);
        Admitted {
            answer,
            circumstances: Circumstances {
                number: number.unwrap_or_default(),
                latency: state.latency,
                lifetime: state.lifetime,
            },
            under_way: number.map(|_| UnderWay(self.shared.clone())),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self, policy: &Policy, request: &ReceivedRequest) -> Answer {
        let token = || Answer::token(format!("{}{{n}}", self.token_prefix));
        match policy.judge(request) {
            Ok(Some(scope)) => token().scope(scope),
            Ok(None) => token(),
            Err(refusal) => refusal.answer(),
        }
    }
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            lifetime: Duration::from_secs(3600),
            latency: Duration::ZERO,
            basic_encoding: BasicEncoding::default(),
            policy: Policy::default(),
            script: Script::default(),
            outage: None,
            tokens: Tokens::default(),
            number: 0,
            under_way: 0,
            counters: Counters::default(),
        }
    }

    fn begin_token_request(&mut self) -> u64 {
        self.number += 1;
        self.under_way += 1;
        self.counters.token_requests += 1;
        self.counters.max_concurrency = self.counters.max_concurrency.max(self.under_way);
        self.number
    }

    fn issue(&mut self, grant: Grant) {
        self.counters.issued += 1;
        self.tokens.issue(grant);
    }
}

/// A request on its way to its answer.
struct Admitted {
    answer: Answer,
    circumstances: Circumstances,
    under_way: Option<UnderWay>,
}

/// A token request under way, until it is answered or its client has gone.
struct UnderWay(Arc<Shared>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

impl Service<Request<Body>> for AuthorizationServer {
    type Response = http::Response<Body>;
    type Error = Fault;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let admitted = self.admit(request);
        let shared = self.shared.clone();
        ResponseFuture::new(async move {
            let _under_way = admitted.under_way;
            let reply = admitted.answer.give(admitted.circumstances).await?;
            if let Some(grant) = reply.grant {
                shared.state().issue(grant);
            }
            Ok(reply.response)
        })
    }
}

impl Default for AuthorizationServer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("AuthorizationServer")
            .field("token_path", &self.shared.token_path)
            .field("outage", &state.outage)
            .field("token_requests", &state.counters.token_requests)
            .field("issued", &state.counters.issued)
            .finish_non_exhaustive()
    }
}
