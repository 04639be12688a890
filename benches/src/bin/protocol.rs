//! What the protocol costs: a token request built and its answer decoded, beside the crate `oauth2`; and challenges of growing
//! length.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin protocol -- [--json] [--check]
//! ```
//!
//! With `--check` the exit code is 1 if a goal is missed: at most 0.35 of the time of `oauth2` and 6 allocations; reading a
//! challenge takes time that grows with its length and no faster.
//!
//! Nobody sends anything. Both sides begin with a client that is ready, end with a token that is read, and have the clients and the
//! answers made before the clock runs. Rounds take turns and medians are shown. Allocations are counted in a run of their own, so
//! that counting costs no time.
//!
//! Two cases differ in when the scopes are given:
//!
//! - `protocol`: what each side's own interface has a program do for each token. Here a `TokenRequest` is a constant of the program
//!   and holds the encoded body; `oauth2` has no such thing, its request is made for one use, scopes and all. The goals are for this.
//! - `protocol-scopes-each-time`: the same work on both sides, each scope handed over as a string with each request. It has a goal
//!   of its own: half of the time.

use std::cell::RefCell;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::Response;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse as _,
    TokenUrl,
};
use oauth2_client_credentials::{
    Challenge, Client, ClientSecretBasic, Decoder, EndpointUri, TokenRequest,
};
use serde_json::json;

const ENDPOINT: &str = "https://as.example.com/oauth2/token";
const ROUNDS: usize = 41;
const REQUESTS: usize = 5_000;

/// What is asked for, in the shape that both sides take.
const SCOPES: [&str; 2] = ["read", "write"];

const TIME_GOAL: f64 = 0.35;
const ALLOCATIONS_GOAL: f64 = 6.0;
/// With the scopes each time anew.
const TIME_GOAL_WITH_SCOPES: f64 = 0.5;
const ALLOCATIONS_GOAL_WITH_SCOPES: f64 = 9.0;
/// Linear is 1, quadratic is 2; caches and the clock take their part.
const GROWTH_GOAL: f64 = 1.25;

fn main() -> ExitCode {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let mut missed = Vec::new();
    let mut cases = Vec::new();
    for length in [40, 1_000] {
        build_and_decode(length, &mut cases, &mut missed);
    }
    challenges(&mut cases, &mut missed);
    if has("--json") {
        println!("{}", json!({ "cases": cases }));
    } else {
        cases.iter().for_each(|case| println!("{case}"));
    }
    missed
        .iter()
        .for_each(|missed| println!("missed: {missed}"));
    if has("--check") && !missed.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
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
        let send = |request: HttpRequest| -> Result<HttpResponse, std::convert::Infallible> {
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

fn build_and_decode(length: usize, cases: &mut Vec<serde_json::Value>, missed: &mut Vec<String>) {
    let (this, peer) = (This::new(length), Peer::new(length));
    let (mut ours, mut ours_with_scopes, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(time(REQUESTS, || this.run()));
        peer.prepare(REQUESTS);
        theirs.push(time(REQUESTS, || peer.run()));
        ours_with_scopes.push(time(REQUESTS, || this.run_with_scopes()));
    }
    let theirs = median(theirs);
    peer.prepare(1);
    let their_allocations = allocation_counter::measure(|| peer.run()).count_total;
    for (case, ours, allocations, time_goal, allocations_goal) in [
        (
            "protocol",
            median(ours),
            allocation_counter::measure(|| this.run()).count_total,
            TIME_GOAL,
            ALLOCATIONS_GOAL,
        ),
        (
            "protocol-scopes-each-time",
            median(ours_with_scopes),
            allocation_counter::measure(|| this.run_with_scopes()).count_total,
            TIME_GOAL_WITH_SCOPES,
            ALLOCATIONS_GOAL_WITH_SCOPES,
        ),
    ] {
        let ratio = ours / theirs;
        for (subject, ns, allocations, ratio) in [
            ("this", ours, allocations, ratio),
            ("oauth2", theirs, their_allocations, 1.0),
        ] {
            cases.push(json!({
                "case": case, "subject": subject, "token_bytes": length,
                "ns": ns.round(), "allocations": allocations, "ratio": (ratio * 1e3).round() / 1e3,
            }));
        }
        if ratio > time_goal {
            missed.push(format!(
                "{case}: {ratio:.2} of the time of oauth2 with a token of {length} bytes"
            ));
        }
        if allocations as f64 > allocations_goal {
            missed.push(format!(
                "{case}: {allocations} allocations with a token of {length} bytes"
            ));
        }
    }
}

/// Lines that a careless reader takes long for, cut to a length.
const SHAPES: [(&str, &str, &str); 7] = [
    ("parameters", "A a=1", ", b{}=1"),
    ("repeated", "A a=1", ", a=1"),
    ("challenges", "A b=c", ", A b=c"),
    ("quoted", "A b=\"", "\\\""),
    ("commas", "A b=c", ","),
    ("white-space", "A b=c", " "),
    ("no-end", "A b=\"c", ", A b=\"c"),
];

fn challenges(cases: &mut Vec<serde_json::Value>, missed: &mut Vec<String>) {
    const LENGTHS: [usize; 4] = [16_384, 65_536, 262_144, 1_048_576];
    for (shape, begin, repeated) in SHAPES {
        let mut times = Vec::new();
        for length in LENGTHS {
            let mut line = begin.to_owned();
            for number in 0.. {
                if line.len() >= length {
                    break;
                }
                line += &repeated.replace("{}", &number.to_string());
            }
            let best = (0..9)
                .map(|_| time(1, || drop(black_box(Challenge::parse(line.as_bytes())))))
                .fold(f64::INFINITY, f64::min);
            let per_byte = (best / line.len() as f64 * 100.0).round() / 100.0;
            times.push((line.len() as f64, best));
            cases.push(json!({
                "case": "challenge", "subject": "this", "shape": shape, "bytes": line.len(),
                "ns": best.round(), "ns_per_byte": per_byte,
            }));
        }
        let ((short, fast), (long, slow)) = (times[0], times[times.len() - 1]);
        let growth = (slow / fast).ln() / (long / short).ln();
        cases.push(json!({
            "case": "challenge-growth", "subject": "this", "shape": shape,
            "exponent": (growth * 100.0).round() / 100.0,
        }));
        if growth > GROWTH_GOAL {
            missed.push(format!(
                "{shape}: the time grows with the power {growth:.2} of the length"
            ));
        }
    }
}

/// Nanoseconds of one of `count` runs.
fn time(count: usize, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        run();
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
