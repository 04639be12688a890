//! A random timeline, played against the whole layer, and what was seen.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::Full;
use oauth2_client_credentials::{Client, ClientSecretPost, EndpointUri};
use proptest::prelude::*;
use tokio::{task::JoinSet, time};
use tower::{BoxError, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentials, Credential, Event, Observer, Origins, TokenEndpoint, TokenError,
    TokenErrorKind, TokenSource,
};

use crate::world::World;

pub(crate) const SECRET: &str = "canary-secret";

/// What the token endpoint does with one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) after_ms: u64,
    pub(crate) with: With,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum With {
    /// `None`: without `expires_in`. `same`: the token that was given before.
    Token {
        lifetime: Option<u64>,
        same: bool,
    },
    Status {
        status: u16,
        retry_after: Option<u64>,
    },
    Code {
        status: u16,
        code: &'static str,
    },
    Html,
    Reset,
    Hang,
    Panic,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Pass {
        ms: u64,
    },
    Requests {
        count: usize,
        every_ms: u64,
        give_up_after_ms: Option<u64>,
    },
    /// This and a suspend have a request right after them: between two looks, a step back hides a sleep.
    SetWall {
        by_ms: i64,
    },
    /// Long enough to be told from a correction of the clock.
    Suspend {
        ms: u64,
    },
    Invalidate,
    ReplaceCredential,
    RetryNow,
}

pub(crate) fn lifetime() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        2 => Just(Some(1)),
        2 => Just(Some(5)),
        3 => Just(Some(60)),
        3 => Just(Some(3_600)),
        1 => Just(Some(0)),
        1 => Just(None),
        1 => (1_u64..100_000).prop_map(Some),
    ]
}

pub(crate) fn reply() -> impl Strategy<Value = Reply> {
    let with = prop_oneof![
        8 => (lifetime(), prop::bool::weighted(0.2)).prop_map(|(lifetime, same)| With::Token { lifetime, same }),
        3 => (prop::sample::select(vec![408_u16, 429, 500, 503]), prop::option::of(0_u64..900)).prop_map(|(status, retry_after)| With::Status { status, retry_after }),
        1 => prop::sample::select(vec![(401_u16, "invalid_client"), (400, "invalid_scope"), (200, "invalid_scope"), (503, "server_error")]).prop_map(|(status, code)| With::Code { status, code }),
        1 => Just(With::Html),
        1 => Just(With::Reset),
        1 => Just(With::Hang),
        1 => Just(With::Panic),
    ];
    let after = prop_oneof![6 => 0_u64..200, 1 => 200_u64..7_000];
    (after, with).prop_map(|(after_ms, with)| Reply { after_ms, with })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let give_up = prop::option::weighted(0.4, prop_oneof![0_u64..60, 60_u64..9_000]);
    prop_oneof![
        5 => prop_oneof![1_u64..2_000, 1_u64..100_000, 1_u64..5_000_000].prop_map(|ms| Step::Pass { ms }),
        8 => (1_usize..20, prop_oneof![Just(0_u64), 1_u64..400, 400_u64..20_000], give_up)
            .prop_map(|(count, every_ms, give_up_after_ms)| Step::Requests { count, every_ms, give_up_after_ms }),
        1 => prop_oneof![-7_200_000_i64..-2_000, 2_000_i64..7_200_000].prop_map(|by_ms| Step::SetWall { by_ms }),
        1 => prop_oneof![3_000_u64..30_000, 3_000_u64..8_000_000].prop_map(|ms| Step::Suspend { ms }),
        1 => Just(Step::Invalidate),
        1 => Just(Step::ReplaceCredential),
        1 => Just(Step::RetryNow),
    ]
}

pub(crate) fn timeline() -> impl Strategy<Value = (Vec<Reply>, Vec<Step>, f64)> {
    (
        prop::collection::vec(reply(), 1..12),
        prop::collection::vec(step(), 1..25),
        0.0..=1.0,
    )
}

/// One token request as the server saw it. All times are true time, sleep included.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) ended: Option<Duration>,
    pub(crate) token: Option<Issued>,
}

#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) lifetime: Duration,
}

/// One request that carried a token.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) token: String,
}

/// How one request ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) from: Duration,
    pub(crate) at: Duration,
    /// `None`: its caller gave up.
    pub(crate) result: Option<Result<(), TokenErrorKind>>,
}

/// All that was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) asked: Vec<Asked>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) ended: Vec<Ended>,
    pub(crate) shown: String,
    /// When the machine slept, or its clock was set.
    pub(crate) jumps: Vec<Duration>,
}

pub(crate) type Log = Arc<Mutex<Seen>>;

#[derive(Debug)]
struct Show(Log);

impl Observer for Show {
    fn observe(&self, event: &Event<'_>) {
        self.0
            .lock()
            .unwrap()
            .shown
            .push_str(&format!("{event:?}\n"));
    }
}

/// A stack in a world: the layer around a resource that takes all tokens, over a server that plays a script.
#[derive(Clone)]
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) log: Log,
    pub(crate) source: TokenSource,
    script: Arc<Mutex<Script>>,
    credential: Credential,
}

struct Script {
    replies: Vec<Reply>,
    next: usize,
}

impl Play {
    /// The replies in their order, again and again. `draw` is every draw.
    pub(crate) fn new(replies: Vec<Reply>, draw: f64) -> Self {
        let (world, log) = (World::begin(), Log::default());
        let script = Arc::new(Mutex::new(Script { replies, next: 0 }));
        let credential = Credential::new(client());
        let http = tower::service_fn({
            let (world, log, script) = (world.clone(), log.clone(), script.clone());
            move |_: Request<Full<Bytes>>| answer(world.clone(), log.clone(), script.clone())
        });
        let uri = EndpointUri::new("https://as.example.com/token").unwrap();
        let endpoint = TokenEndpoint::new(http, uri, credential.clone()).clock(world.clone());
        let source = TokenSource::builder(endpoint)
            .credential(&credential)
            .clock(world.clone())
            .draws(move || draw)
            .observer(Show(log.clone()))
            .build();
        Self {
            world,
            log,
            source,
            script,
            credential,
        }
    }

    /// From now on the server gives tokens.
    pub(crate) fn recover(&self) {
        let mut script = lock(&self.script);
        script.replies = vec![Reply {
            after_ms: 5,
            with: With::Token {
                lifetime: Some(3_600),
                same: false,
            },
        }];
    }

    /// Sends one request, which may be given up.
    pub(crate) async fn request(self, give_up_after_ms: Option<u64>) {
        let from = self.world.now();
        let resource = tower::service_fn({
            let (world, log) = (self.world.clone(), self.log.clone());
            move |request: Request<()>| {
                let header = request.headers()[AUTHORIZATION]
                    .to_str()
                    .unwrap()
                    .to_owned();
                let token = header.strip_prefix("Bearer ").unwrap().to_owned();
                lock(&log).sent.push(Sent {
                    at: world.now(),
                    token,
                });
                std::future::ready(Ok::<_, Infallible>(Response::new(())))
            }
        });
        let origins = Origins::new(["https://api.example.com"]).unwrap();
        let service = ClientCredentials::new(resource, self.source.clone(), origins);
        let request = Request::get("https://api.example.com/").body(()).unwrap();
        let answer = service.oneshot(request);
        let result = match give_up_after_ms {
            Some(ms) => time::timeout(Duration::from_millis(ms), answer).await.ok(),
            None => Some(answer.await),
        };
        let mut seen = lock(&self.log);
        let result = result.map(|result| {
            result
                .map(drop)
                .map_err(|error| kind(&mut seen.shown, error))
        });
        let at = self.world.now();
        seen.ended.push(Ended { from, at, result });
    }

    fn jump(&self) {
        let now = self.world.now();
        lock(&self.log).jumps.push(now);
    }

    /// Plays the steps, and waits until every request has ended.
    pub(crate) async fn run(&self, steps: &[Step]) {
        let mut requests = JoinSet::new();
        for step in steps {
            match *step {
                Step::Pass { ms } => time::sleep(Duration::from_millis(ms)).await,
                Step::Requests {
                    count,
                    every_ms,
                    give_up_after_ms,
                } => {
                    for _ in 0..count {
                        requests.spawn(self.clone().request(give_up_after_ms));
                        if every_ms > 0 {
                            time::sleep(Duration::from_millis(every_ms)).await;
                        }
                    }
                }
                Step::SetWall { by_ms } => {
                    self.jump();
                    self.world.step_wall(by_ms);
                    requests.spawn(self.clone().request(Some(1)));
                    time::sleep(Duration::from_millis(1)).await;
                }
                Step::Suspend { ms } => {
                    self.world.suspend(Duration::from_millis(ms));
                    self.jump();
                    requests.spawn(self.clone().request(Some(1)));
                    time::sleep(Duration::from_millis(1)).await;
                }
                Step::Invalidate => self.source.invalidate(),
                Step::ReplaceCredential => self.credential.replace(client()),
                Step::RetryNow => self.source.retry_now(),
            }
        }
        while let Some(ended) = requests.join_next().await {
            ended.unwrap();
        }
    }
}

/// Also after an assertion that failed while it was locked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn client() -> Client {
    Client::new("svc", ClientSecretPost::new(SECRET)).unwrap()
}

fn kind(shown: &mut String, error: BoxError) -> TokenErrorKind {
    shown.push_str(&format!("{error}\n{error:?}\n"));
    TokenError::find(&*error).expect("a token error").kind()
}

async fn answer(
    world: World,
    log: Log,
    script: Arc<Mutex<Script>>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let reply = {
        let mut script = lock(&script);
        let reply = script.replies[script.next % script.replies.len()];
        script.next += 1;
        reply
    };
    let index = {
        let mut seen = lock(&log);
        seen.asked.push(Asked {
            at: world.now(),
            ended: None,
            token: None,
        });
        seen.asked.len() - 1
    };
    let ended = Ending {
        world: world.clone(),
        log: log.clone(),
        index,
    };
    time::sleep(Duration::from_millis(reply.after_ms)).await;
    let (status, retry_after, body) = match reply.with {
        With::Token { lifetime, same } => {
            let token = if same {
                "canary-same".to_owned()
            } else {
                format!("canary-t{index}")
            };
            let seconds = lifetime.unwrap_or(300);
            let issued = Issued {
                token: token.clone(),
                lifetime: Duration::from_secs(seconds),
            };
            lock(&log).asked[index].token = Some(issued);
            let expires_in = lifetime.map_or(String::new(), |seconds| {
                format!(",\"expires_in\":{seconds}")
            });
            (
                200,
                None,
                format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\"{expires_in}}}"),
            )
        }
        With::Status {
            status,
            retry_after,
        } => (status, retry_after, String::new()),
        With::Code { status, code } => (
            status,
            None,
            format!("{{\"error\":\"{code}\",\"error_description\":\"no\"}}"),
        ),
        With::Html => (200, None, format!("<html>{SECRET}</html>")),
        With::Reset => return Err("connection reset".into()),
        With::Hang => std::future::pending().await,
        With::Panic => std::panic::resume_unwind(Box::new("a token service may panic")),
    };
    drop(ended);
    let mut response = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    Ok(response.body(Full::from(body)).unwrap())
}

/// Notes when a token request ended, however it did.
struct Ending {
    world: World,
    log: Log,
    index: usize,
}

impl Drop for Ending {
    fn drop(&mut self) {
        lock(&self.log).asked[self.index].ended = Some(self.world.now());
    }
}

/// Runs a test in a runtime of its own whose time is driven.
pub(crate) fn in_driven_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test)
}
