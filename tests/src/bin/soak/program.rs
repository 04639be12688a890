//! The program that is measured: it sends requests, and at a word from its standard input sends none and tells what it takes.

use std::{
    env,
    io::{self, BufRead},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use serde_json::json;
use tests::{Asked, OidcProvider, Outcome};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tower::{Layer, limit::ConcurrencyLimit};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, HttpClient, Origins, TokenEndpoint,
    TokenSource,
};

use crate::{counts::Counts, sample::Sample};

pub(crate) const TOKEN_ENDPOINT: &str = "SOAK_TOKEN_ENDPOINT";
pub(crate) const API: &str = "SOAK_API";
pub(crate) const PER_SECOND: &str = "SOAK_PER_SECOND";
pub(crate) const SEED: &str = "SOAK_SEED";

/// Between the moments at which requests are sent.
const TICK: Duration = Duration::from_millis(5);

/// Requests to the API that are under way at a time. Whoever waits for a token holds none of these.
const CONCURRENCY: usize = 128;

/// How long an idle connection is kept, so that none of them is there when a sample is taken.
const IDLE: Duration = Duration::from_millis(300);

/// One request in so many names its own token, or has a caller who gives up soon.
const NAMES_ITS_OWN: u32 = 10;
const GIVES_UP: u32 = 50;

type Service = ClientCredentials<ConcurrencyLimit<Http<HttpConnector, Full<Bytes>>>>;

struct Program {
    service: Service,
    uri: String,
    others: Vec<TokenRequest>,
    asked: Asked,
    counts: Arc<Counts>,
    draws: fastrand::Rng,
}

pub(crate) async fn run() -> Result<(), BoxError> {
    let per_second: u32 = env::var(PER_SECOND)?.parse()?;
    let mut program = Program::new()?;
    let (words, mut heard) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let _ = words.blocking_send(line);
        }
        // Whoever started it has gone.
        std::process::exit(1);
    });
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut due, each) = (0.0, f64::from(per_second) * TICK.as_secs_f64());
    loop {
        ticks.tick().await;
        due += each;
        while due >= 1.0 {
            due -= 1.0;
            program.send();
        }
        match heard.try_recv().as_deref() {
            Ok("sample") => {
                let sample = program.rest().await?;
                let asked = program.asked.requests();
                println!(
                    "{}",
                    json!({"sample": sample.to_json(), "counts": program.counts.to_json(), "asked": asked})
                );
                ticks.reset();
            }
            Ok(word) => return Err(format!("what is {word:?}?").into()),
            Err(_) => {}
        }
    }
}

impl Program {
    fn new() -> Result<Self, BoxError> {
        let api = env::var(API)?;
        let asked = Asked::default();
        let client = Client::new("basic", ClientSecretBasic::new("basic-secret"))?;
        let endpoint = EndpointUri::new(&env::var(TOKEN_ENDPOINT)?)?;
        let endpoint = TokenEndpoint::new(HttpClient::new()?, endpoint, client);
        let wanted = || TokenRequest::builder().resource(OidcProvider::RESOURCE);
        let source = TokenSource::builder(asked.note(endpoint)).request(wanted().build()?);
        let layer = ClientCredentialsLayer::new(source.build(), Origins::new([&api])?);
        let http = Http::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build_http();
        let mut others = Vec::new();
        for scope in ["read", "write", "read write"] {
            others.push(wanted().scope(scope).build()?);
        }
        Ok(Self {
            service: layer.layer(ConcurrencyLimit::new(http, CONCURRENCY)),
            uri: format!("{api}/"),
            others,
            asked,
            counts: Arc::default(),
            draws: fastrand::Rng::with_seed(env::var(SEED)?.parse()?),
        })
    }

    /// One request, in a task of its own.
    fn send(&mut self) {
        let request = Request::get(&self.uri).body(Full::<Bytes>::default());
        let mut request = request.expect("the URI is one");
        if self.draws.u32(0..NAMES_ITS_OWN) == 0 {
            let own = self.draws.choice(&self.others).cloned();
            own.and_then(|own| request.extensions_mut().insert(own));
        }
        let patience = (self.draws.u32(0..GIVES_UP) == 0).then(|| self.draws.u64(0..20));
        let (service, counts) = (self.service.clone(), Arc::clone(&self.counts));
        counts.sent.fetch_add(1, Ordering::AcqRel);
        tokio::spawn(async move {
            let begun = Instant::now();
            let answer = Outcome::of_call(service, request);
            let outcome = match patience {
                Some(millis) => timeout(Duration::from_millis(millis), answer).await.ok(),
                None => Some(answer.await),
            };
            counts.count(outcome, begun.elapsed());
            counts.ended.fetch_add(1, Ordering::AcqRel);
        });
    }

    /// Waits until nothing is under way and idle connections are gone, and looks what that takes.
    async fn rest(&self) -> Result<Sample, BoxError> {
        let ended = async {
            while self.counts.under_way() > 0 {
                sleep(TICK).await;
            }
        };
        if timeout(Duration::from_secs(30), ended).await.is_err() {
            return Err(format!("{} requests never end", self.counts.under_way()).into());
        }
        sleep(3 * IDLE).await;
        Sample::take()
    }
}
