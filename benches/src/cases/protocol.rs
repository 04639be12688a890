//! `protocol`: a token request built and its answer decoded, beside the crate `oauth2`.
//!
//! Nobody sends anything. Both sides begin with a client that is ready, end with a token that is read, and have the clients and the
//! answers made before the clock runs. Allocations are counted in a run of their own, so that counting costs no time.
//!
//! There are two ways to give the scopes:
//!
//! - once: what each side's own interface has a program do for each token. Here a `TokenRequest` is a constant of the program and
//!   holds the encoded body; `oauth2` has no such thing, its request is made for one use, scopes and all. The goals are for this.
//! - each time: the same work on both sides, each scope handed over as a string with each request.

use std::{
    cell::RefCell,
    convert::Infallible,
    hint::black_box,
    time::{Instant, SystemTime},
};

use bytes::Bytes;
use http::Response;
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse as _,
    TokenUrl, basic::BasicClient,
};
use oauth2_client_credentials::{Client, ClientSecretBasic, Decoder, EndpointUri, TokenRequest};
use stats_alloc::Region;

use crate::{
    ALLOCATOR,
    instructions::{self, counted_section},
    measure::median,
    report::Row,
};

pub const CASES: [&str; 1] = ["protocol"];

const ENDPOINT: &str = "https://as.example.com/oauth2/token";
pub const ROUNDS: usize = 41;
const REQUESTS: usize = 5_000;
/// As a JWT has.
const LENGTH: usize = 1_000;

/// What is asked for, in the shape that both sides take.
const SCOPES: [&str; 2] = ["read", "write"];

/// What one side needs for a token request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub ns: f64,
    pub allocations: f64,
}

/// What each side needs for a token of some length.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    pub this: Cost,
    pub this_with_scopes: Cost,
    pub oauth2: Cost,
}

pub fn rows(case: &'static str) -> Vec<Row> {
    let costs = costs(LENGTH, ROUNDS);
    let row = |subject, cost: Cost| Row {
        ns: Some(cost.ns),
        allocations: Some(cost.allocations),
        instructions: instructions::count(case, subject),
        ratio: Some(cost.ns / costs.oauth2.ns),
        ..Row::new(case, subject)
    };
    vec![row("this", costs.this), row("oauth2", costs.oauth2)]
}

/// Medians of rounds that take turns.
pub fn costs(length: usize, rounds: usize) -> Costs {
    let (this, peer) = (This::new(length), Peer::new(length));
    let (mut ours, mut ours_with_scopes, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(time(REQUESTS, || this.run()));
        peer.prepare(REQUESTS);
        theirs.push(time(REQUESTS, || peer.run()));
        ours_with_scopes.push(time(REQUESTS, || this.run_with_scopes()));
    }
    peer.prepare(1);
    let cost = |times: Vec<f64>, run: &dyn Fn()| Cost {
        ns: median(times.into_iter()),
        allocations: allocations(run),
    };
    Costs {
        this: cost(ours, &|| this.run()),
        this_with_scopes: cost(ours_with_scopes, &|| this.run_with_scopes()),
        oauth2: cost(theirs, &|| peer.run()),
    }
}

/// One side, ready to be counted.
pub struct Ready {
    this: This,
    oauth2: Option<Peer>,
}

impl Ready {
    /// Builds [`instructions::REQUESTS`] requests and decodes as many answers.
    pub fn run(&mut self) {
        for _ in 0..instructions::REQUESTS {
            match &self.oauth2 {
                Some(oauth2) => oauth2.run(),
                None => self.this.run(),
            }
        }
    }
}

/// The subject of this name, with all behind it that only the first requests need.
pub fn ready(subject: &str) -> Ready {
    let oauth2 = (subject == "oauth2").then(|| Peer::new(LENGTH));
    if let Some(oauth2) = &oauth2 {
        oauth2.prepare(2 * instructions::REQUESTS as usize);
    }
    let this = This::new(LENGTH);
    let mut ready = Ready { this, oauth2 };
    ready.run();
    ready
}

/// Does it to be counted, in the second process.
pub fn count(subject: &str) {
    let mut ready = ready(subject);
    counted_section(&mut || ready.run());
}

fn allocations(run: &dyn Fn()) -> f64 {
    let region = Region::new(ALLOCATOR);
    run();
    let change = region.change();
    (change.allocations + change.reallocations) as f64
}

/// Nanoseconds of one of `count` runs.
pub fn time(count: usize, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        run();
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

fn answer(length: usize) -> String {
    let token = "a".repeat(length);
    format!(
        r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600,"scope":"read write"}}"#
    )
}

/// A client of this project and an answer for each request.
struct This {
    client: Client,
    endpoint: EndpointUri,
    asked: TokenRequest,
    answer: Response<Bytes>,
    /// The caller brings the time, so reading the clock is not part of it.
    now: SystemTime,
}

impl This {
    fn new(length: usize) -> Self {
        let answer = Response::builder()
            .header("content-type", "application/json")
            .header("cache-control", "no-store")
            .body(Bytes::from(answer(length)))
            .expect("an answer");
        Self {
            client: Client::new("svc", ClientSecretBasic::new("s3cr3t")).expect("a client"),
            endpoint: EndpointUri::new(ENDPOINT).expect("an endpoint"),
            asked: TokenRequest::builder()
                .scopes(SCOPES)
                .build()
                .expect("a request"),
            answer,
            now: SystemTime::now(),
        }
    }

    fn run(&self) {
        self.run_with(&self.asked);
    }

    /// The scopes each time anew, as `oauth2` has them.
    fn run_with_scopes(&self) {
        let asked = TokenRequest::builder().scopes(black_box(SCOPES)).build();
        self.run_with(&asked.expect("a request"));
    }

    fn run_with(&self, asked: &TokenRequest) {
        let request = self.client.token_request(&self.endpoint, asked);
        black_box(request.expect("a request"));
        let token = Decoder::lenient().decode(asked, &self.answer, self.now);
        black_box(token.expect("a token"));
    }
}

type PeerClient = oauth2::basic::BasicClient<
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
>;

/// A client of `oauth2` and as many answers as there will be requests: it takes each by value.
struct Peer {
    client: PeerClient,
    answer: String,
    answers: RefCell<Vec<HttpResponse>>,
}

impl Peer {
    fn new(length: usize) -> Self {
        let client = BasicClient::new(ClientId::new("svc".to_owned()))
            .set_client_secret(ClientSecret::new("s3cr3t".to_owned()))
            .set_token_uri(TokenUrl::new(ENDPOINT.to_owned()).expect("an endpoint"))
            .set_auth_type(AuthType::BasicAuth);
        Self {
            client,
            answer: answer(length),
            answers: RefCell::default(),
        }
    }

    fn prepare(&self, count: usize) {
        let one = || {
            Response::builder()
                .header("content-type", "application/json")
                .header("cache-control", "no-store")
                .body(self.answer.clone().into_bytes())
                .expect("an answer")
        };
        self.answers
            .borrow_mut()
            .extend(std::iter::repeat_with(one).take(count));
    }

    fn run(&self) {
        let send = |request: HttpRequest| -> Result<HttpResponse, Infallible> {
            black_box(request);
            Ok(self.answers.borrow_mut().pop().expect("enough answers"))
        };
        let scopes = black_box(SCOPES).map(|scope| Scope::new(scope.to_owned()));
        let token = self
            .client
            .exchange_client_credentials()
            .add_scopes(scopes)
            .request(&send)
            .expect("a token");
        black_box(token.expires_in());
        black_box(token);
    }
}
