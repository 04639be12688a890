//! A day of driven time: a request every tenth of a second or so, and whatever goes wrong in a bad year.
//!
//! `DAY_REQUESTS` says how many (250 000 unless set) and `DAY_SEED` which; the seed is in the output, and the same one plays the same day
//! on the same code.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a day is told by its numbers")]

mod books;
mod servers;
#[path = "../scenario_runner/world.rs"]
#[allow(dead_code, reason = "the scenarios use more of it")]
mod world;

use std::{alloc::System, env, time::Duration};

use fastrand::Rng;
use http::{Request, Response};
use oauth2_client_credentials::{EndpointUri, TokenRequest};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::{task::JoinSet, time};
use tower::{BoxError, Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, Credential, Origins, TokenEndpoint, TokenError,
    TokenErrorKind, TokenSource, replay,
};

use crate::{
    books::{Books, Ended},
    servers::{Servers, TOKEN_ENDPOINT, client},
    world::World,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// By then every scope has its token, and the books have their size.
const SETTLED: Duration = Duration::from_secs(4 * 60 * 60);

/// What the program may hold more at the end of the day than after its first hours.
const FLAT: usize = 64 * 1024;

const SCOPES: usize = 4;

type Stack = ClientCredentials<Servers, replay::Cloned>;

fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().map(|value| {
        let parsed = value.parse().ok();
        parsed.unwrap_or_else(|| panic!("{name}={value} is no number"))
    })
}

fn live_bytes() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

#[test]
fn a_day_of_outages_rotations_rejections_and_suspends_breaks_no_rule() {
    let requests: usize = from_env("DAY_REQUESTS").unwrap_or(250_000);
    let seed: u64 = from_env("DAY_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("day: DAY_SEED={seed} DAY_REQUESTS={requests}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(day(requests, Rng::with_seed(seed)));
}

async fn day(requests: usize, mut rng: Rng) {
    let world = World::begin();
    let servers = Servers::new(world.clone(), rng.fork());
    let credential = Credential::new(client(0));
    let uri = EndpointUri::new(TOKEN_ENDPOINT).unwrap();
    let http = tower::service_fn({
        let servers = servers.clone();
        move |request| servers.clone().give_token(request)
    });
    let endpoint = TokenEndpoint::new(http, uri, credential.clone()).clock(world.clone());
    let mut draws = rng.fork();
    let draws = std::sync::Mutex::new(move || draws.f64());
    let source = TokenSource::builder(endpoint)
        .credential(&credential)
        .clock(world.clone())
        .draws(move || draws.lock().unwrap()())
        .build();
    let origins = Origins::new(["https://api.example.com"]).unwrap();
    let layer = ClientCredentialsLayer::new(source.clone(), origins).replay(replay::Cloned::new());
    let service: Stack = layer.layer(servers.clone());
    let scopes: Vec<_> = (1..SCOPES)
        .map(|scope| {
            TokenRequest::builder()
                .scope(&format!("s{scope}"))
                .build()
                .unwrap()
        })
        .collect();

    let pace = DAY / u32::try_from(requests / 10).unwrap();
    // Some two hundred mishaps a day, however many requests it has.
    let odds = (requests * 6 / 100).max(200);
    let mut books = Books::default();
    let mut settled = None;
    let mut under_way = JoinSet::new();
    while books.requests() < requests {
        mishap(
            odds,
            &mut rng,
            &world,
            &servers,
            &credential,
            &source,
            &mut books,
        );
        for _ in 0..rng.usize(1..20).min(requests - books.requests()) {
            let scope = rng.usize(..SCOPES * 4);
            let foreign = rng.usize(..1_000) == 0;
            let scope = scope.checked_sub(1).and_then(|scope| scopes.get(scope));
            let give_up = (rng.usize(..50) == 0).then(|| Duration::from_millis(rng.u64(..2_000)));
            under_way.spawn(send(service.clone(), scope.cloned(), foreign, give_up));
            books.began();
        }
        time::sleep(pace.mul_f64(rng.f64() * 2.0)).await;
        while let Some(ended) = under_way.try_join_next() {
            books.ended(ended.unwrap());
        }
        if settled.is_none() && world.now() > SETTLED {
            settled = Some(live_bytes());
        }
    }
    while let Some(ended) = under_way.join_next().await {
        books.ended(ended.unwrap());
    }
    let (settled, end) = (
        settled.expect("a day has more than four hours"),
        live_bytes(),
    );
    println!("day: {books}");
    println!("day: {}", servers.summary());
    println!(
        "day: {settled} bytes live after four hours, {end} at the end of {:?}",
        world.now()
    );
    assert!(end <= settled + FLAT, "memory grew");
    books.check(&servers);
}

/// Now and then something goes wrong.
fn mishap(
    odds: usize,
    rng: &mut Rng,
    world: &World,
    servers: &Servers,
    credential: &Credential,
    source: &TokenSource,
    books: &mut Books,
) {
    servers.credential_may_arrive(credential);
    match rng.usize(..odds) {
        0..20 => servers.outage(Duration::from_secs(rng.u64(1..600))),
        20..40 => servers.rotate_secret(Duration::from_secs(rng.u64(..120))),
        40..80 => servers.revoke(),
        80..85 => servers.broken_route(Duration::from_secs(rng.u64(1..900))),
        85..95 => {
            let slept = Duration::from_secs(rng.u64(2..5_400));
            world.suspend(slept);
            servers.slept();
        }
        95..100 => {
            // Never right after a suspend: together the two would hide one another.
            world.step_wall(-(rng.u64(2_000..600_000) as i64));
        }
        100..105 => source.invalidate(),
        105..110 => source.retry_now(),
        _ => return,
    }
    books.mishap();
}

async fn send(
    service: Stack,
    scope: Option<TokenRequest>,
    foreign: bool,
    give_up: Option<Duration>,
) -> Ended {
    let uri = if foreign {
        "https://elsewhere.example/"
    } else {
        "https://api.example.com/"
    };
    let mut request = Request::get(uri).body(()).unwrap();
    if let Some(scope) = scope {
        request.extensions_mut().insert(scope);
    }
    let from = time::Instant::now();
    let answer = service.oneshot(request);
    let answer = match give_up {
        Some(limit) => match time::timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) => return Ended::GaveUp,
        },
        None => answer.await,
    };
    let ended = kind(answer);
    assert_eq!(
        foreign,
        matches!(ended, Ended::Failed(TokenErrorKind::Origin))
    );
    // A request that is healed may wait twice.
    let longest = Duration::from_secs(21);
    assert!(
        from.elapsed() < longest,
        "it waited for {:?}",
        from.elapsed()
    );
    ended
}

fn kind(answer: Result<Response<()>, BoxError>) -> Ended {
    match answer {
        Ok(answer) if answer.status().is_success() => Ended::Served,
        Ok(_) => Ended::Refused,
        Err(error) => {
            let error = TokenError::find(&*error).expect("the resource itself does not fail");
            Ended::Failed(error.kind())
        }
    }
}
