//! A timeline played against the whole layer, and what was seen.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Request, Response};
use oauth2_client_credentials::{Client, ClientSecretPost, EndpointUri, TokenRequest};
use tokio::{task::JoinSet, time};
use tower::{BoxError, Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentialsLayer, Credential, Event, Fetch, InsteadOf, Observer, Origins, TokenDigest,
    TokenEndpoint, TokenError, TokenErrorKind, TokenSource, replay,
};

use crate::{
    resource::Resource,
    server::Server,
    timeline::{Reply, Step, With},
    world::World,
};

pub(crate) const SECRET: &str = "canary-secret";

pub(crate) const TOKEN_ENDPOINT: &str = "https://as.example.com/token";

/// One token request as the server saw it. All times are true time, sleep included.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) scope: String,
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
    /// When the resource's refusal came.
    pub(crate) refused_at: Option<Duration>,
}

/// How one request ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) from: Duration,
    pub(crate) at: Duration,
    pub(crate) call: Call,
    /// `None`: its caller gave up. A status that is no 200 is `Ok` all the same.
    pub(crate) result: Option<Result<(), TokenErrorKind>>,
}

/// All that was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) asked: Vec<Asked>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) ended: Vec<Ended>,
    pub(crate) shown: String,
    /// The refused tokens that were to be replaced, once for each token request.
    pub(crate) forced: Vec<TokenDigest>,
    /// When the machine slept, or its clock was set.
    pub(crate) jumps: Vec<Duration>,
}

pub(crate) type Log = Arc<Mutex<Seen>>;

#[derive(Debug)]
struct Show(Log);

impl Observer for Show {
    fn observe(&self, event: &Event<'_>) {
        lock(&self.0).shown.push_str(&format!("{event:?}\n"));
    }
}

/// A stack in a world: the layer around a resource, over a server that plays a script.
#[derive(Clone)]
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) log: Log,
    pub(crate) source: TokenSource,
    pub(crate) resource: Resource,
    server: Server,
    credential: Credential,
}

/// One request of a timeline.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Call {
    pub(crate) give_up_after_ms: Option<u64>,
    /// Which token it wants; 0: the source's own.
    pub(crate) scope: u8,
    /// How long the resource takes.
    pub(crate) answer_after_ms: u64,
    /// Whether it is sent once more if its token is refused.
    pub(crate) replay: bool,
}

impl Play {
    /// The replies in their order, again and again. `draw` is every draw.
    pub(crate) fn new(replies: Vec<Reply>, draw: f64) -> Self {
        let (world, log) = (World::begin(), Log::default());
        let credential = Credential::new(client());
        let server = Server::new(world.clone(), log.clone(), replies);
        let http = tower::service_fn({
            let server = server.clone();
            move |request| server.clone().answer(request)
        });
        let uri = EndpointUri::new(TOKEN_ENDPOINT).unwrap();
        let endpoint = TokenEndpoint::new(http, uri, credential.clone()).clock(world.clone());
        let noted = endpoint.map_request({
            let log = log.clone();
            move |fetch: Fetch| {
                if let Some(InsteadOf::Rejection(refused)) = fetch.instead_of() {
                    lock(&log).forced.push(refused);
                }
                fetch
            }
        });
        let source = TokenSource::builder(noted)
            .credential(&credential)
            .clock(world.clone())
            .draws(move || draw)
            .observer(Show(log.clone()));
        #[cfg(feature = "metrics")]
        let source = source.observer(tower_oauth2_client_credentials::MetricsObserver::new(
            "play",
        ));
        let resource = Resource::new(world.clone(), log.clone());
        Self {
            source: source.build(),
            world,
            log,
            resource,
            server,
            credential,
        }
    }

    /// From now on the server gives tokens.
    pub(crate) fn recover(&self) {
        self.server.play(vec![Reply {
            after_ms: 5,
            with: With::Token {
                lifetime: Some(3_600),
                same: false,
            },
        }]);
    }

    /// Sends one request, which may be given up.
    pub(crate) async fn request(self, call: Call) {
        let from = self.world.now();
        let resource = tower::service_fn({
            let resource = self.resource.clone();
            move |request| resource.clone().answer(request)
        });
        let origins = Origins::new(["https://api.example.com"]).unwrap();
        let layer = ClientCredentialsLayer::new(self.source.clone(), origins);
        let mut request = Request::get("https://api.example.com/")
            .body(call.answer_after_ms.to_string())
            .unwrap();
        if call.scope > 0 {
            let scope = format!("s{}", call.scope);
            let named = TokenRequest::builder().scope(&scope).build().unwrap();
            request.extensions_mut().insert(named);
        }
        let answer = async {
            if call.replay {
                let service = layer.replay(replay::Cloned::new()).layer(resource);
                service.oneshot(request).await
            } else {
                layer.layer(resource).oneshot(request).await
            }
        };
        let result = match call.give_up_after_ms {
            Some(ms) => time::timeout(Duration::from_millis(ms), answer).await.ok(),
            None => Some(answer.await),
        };
        let mut seen = lock(&self.log);
        let result = result.map(|result| {
            result
                .map(|_: Response<()>| ())
                .map_err(|error| kind(&mut seen.shown, error))
        });
        let at = self.world.now();
        seen.ended.push(Ended {
            from,
            at,
            call,
            result,
        });
    }

    fn jump(&self) {
        let now = self.world.now();
        lock(&self.log).jumps.push(now);
    }

    /// Plays the steps, and waits until every request has ended.
    pub(crate) async fn run(&self, steps: &[Step]) {
        let mut requests = JoinSet::new();
        let hurried = Call {
            give_up_after_ms: Some(1),
            ..Call::default()
        };
        for step in steps {
            match *step {
                Step::Pass { ms } => time::sleep(Duration::from_millis(ms)).await,
                Step::Requests {
                    count,
                    every_ms,
                    call,
                } => {
                    for _ in 0..count {
                        requests.spawn(self.clone().request(call));
                        if every_ms > 0 {
                            time::sleep(Duration::from_millis(every_ms)).await;
                        }
                    }
                }
                Step::SetWall { by_ms } => {
                    self.jump();
                    self.world.step_wall(by_ms);
                    requests.spawn(self.clone().request(hurried));
                    time::sleep(Duration::from_millis(1)).await;
                }
                Step::Suspend { ms } => {
                    self.world.suspend(Duration::from_millis(ms));
                    self.jump();
                    requests.spawn(self.clone().request(hurried));
                    time::sleep(Duration::from_millis(1)).await;
                }
                Step::Refuse(refuse) => self.resource.refuse(refuse),
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

/// Runs a test in a runtime of its own whose time is driven.
pub(crate) fn in_driven_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test)
}
