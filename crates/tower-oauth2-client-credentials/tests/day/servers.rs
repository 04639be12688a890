//! The authorization server and the resource of the day. They judge every token as it comes, so that nothing is kept of a million
//! requests but what is still true.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response, StatusCode, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::{Client, ClientSecretPost};
use tokio::time;
use tower::{BoxError, Service};
use tower_oauth2_client_credentials::Credential;

use crate::world::World;

pub(crate) const TOKEN_ENDPOINT: &str = "https://as.example.com/token";

/// A flight lasts no longer; for as long after a suspend two may overlap.
const FLIGHT: Duration = Duration::from_secs(27);

/// Requests of one instant run one after the other.
const ROUNDING: Duration = Duration::from_millis(10);

/// The client with its secret of this version.
pub(crate) fn client(version: u64) -> Client {
    Client::new("svc", ClientSecretPost::new(format!("secret-{version}"))).unwrap()
}

#[derive(Clone)]
pub(crate) struct Servers {
    world: World,
    state: Arc<Mutex<State>>,
}

struct State {
    rng: Rng,
    issued: HashMap<String, Issued>,
    /// The newest token of each scope that has come to the client.
    newest: HashMap<String, u64>,
    under_way: HashSet<String>,
    most_at_once: usize,
    number: u64,
    attempts: u64,
    sends: u64,
    refusals: u64,
    outage_until: Duration,
    broken_until: Duration,
    slept_at: Option<Duration>,
    secret: u64,
    /// The client learns of its new secret then.
    arrives_at: Option<Duration>,
}

struct Issued {
    number: u64,
    scope: String,
    end: Duration,
    /// When it had come to the client.
    came: Duration,
    revoked: bool,
    refused_at: Option<Duration>,
}

impl Servers {
    pub(crate) fn new(world: World, rng: Rng) -> Self {
        let state = State {
            rng,
            issued: HashMap::new(),
            newest: HashMap::new(),
            under_way: HashSet::new(),
            most_at_once: 0,
            number: 0,
            attempts: 0,
            sends: 0,
            refusals: 0,
            outage_until: Duration::ZERO,
            broken_until: Duration::ZERO,
            slept_at: None,
            secret: 0,
            arrives_at: None,
        };
        Self {
            world,
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For so long the token endpoint fails, one way or another.
    pub(crate) fn outage(&self, lasts: Duration) {
        self.state().outage_until = self.world.now() + lasts;
    }

    /// The secret changes at once; the client learns of it a while later.
    pub(crate) fn rotate_secret(&self, later: Duration) {
        let mut state = self.state();
        state.secret += 1;
        state.arrives_at = Some(self.world.now() + later);
    }

    pub(crate) fn credential_may_arrive(&self, credential: &Credential) {
        let mut state = self.state();
        if state
            .arrives_at
            .take_if(|at| *at <= self.world.now())
            .is_some()
        {
            credential.replace(client(state.secret));
        }
    }

    /// All tokens so far are worth nothing.
    pub(crate) fn revoke(&self) {
        let mut state = self.state();
        state
            .issued
            .values_mut()
            .for_each(|issued| issued.revoked = true);
    }

    /// For so long one request in ten is refused whatever it carries.
    pub(crate) fn broken_route(&self, lasts: Duration) {
        self.state().broken_until = self.world.now() + lasts;
    }

    pub(crate) fn slept(&self) {
        self.state().slept_at = Some(self.world.now());
    }

    pub(crate) async fn give_token(
        self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, BoxError> {
        assert_eq!(request.uri(), TOKEN_ENDPOINT);
        let body = request.into_body().collect().await?.to_bytes();
        let form = String::from_utf8(body.to_vec())?;
        let scope = form.split('&').find_map(|pair| pair.strip_prefix("scope="));
        let scope = scope.unwrap_or_default().to_owned();
        let sent = self.world.now();
        let under_way = UnderWay::begin(&self, &scope);
        let (after, failing) = {
            let mut state = self.state();
            state.attempts += 1;
            let down = self.world.now() < state.outage_until;
            let failing = down.then(|| state.rng.u8(..4));
            (Duration::from_millis(state.rng.u64(5..250)), failing)
        };
        time::sleep(after).await;
        match failing {
            Some(0) => return Err("connection reset".into()),
            Some(1) => std::future::pending().await,
            Some(2) => return Ok(answer(503, "")),
            Some(_) => return Ok(answer(500, "<html>sorry</html>")),
            None => (),
        }
        let mut state = self.state();
        let secret = format!("client_secret=secret-{}", state.secret);
        if !form.split('&').any(|pair| pair == secret) {
            return Ok(answer(401, r#"{"error":"invalid_client"}"#));
        }
        state.number += 1;
        let number = state.number;
        let lifetime = Duration::from_secs([60, 300, 900, 3_600][state.rng.usize(..4)]);
        let token = format!("t{number}");
        let now = self.world.now();
        // What has ended long ago is of no interest.
        state
            .issued
            .retain(|_, issued| issued.end + Duration::from_secs(60) > now);
        let issued = Issued {
            number,
            scope: scope.clone(),
            end: sent + lifetime,
            came: now,
            revoked: false,
            refused_at: None,
        };
        state.issued.insert(token.clone(), issued);
        state.newest.insert(scope, number);
        drop(state);
        drop(under_way);
        let seconds = lifetime.as_secs();
        let body =
            format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{seconds}}}"#);
        Ok(answer(200, &body))
    }

    /// Judges a request, and whether it should have been sent at all.
    fn judge(&self, request: &Request<()>) -> StatusCode {
        assert_eq!(request.uri().host(), Some("api.example.com"));
        let token = request.headers()[AUTHORIZATION].to_str().unwrap();
        let token = token.strip_prefix("Bearer ").unwrap();
        let now = self.world.now();
        let mut state = self.state();
        state.sends += 1;
        let broken = now < state.broken_until && state.rng.u8(..10) == 0;
        let Some(issued) = state.issued.get(token) else {
            panic!("{token} ended more than a minute ago");
        };
        let lifeless = issued.end <= issued.came && now <= issued.came + Duration::from_secs(1);
        assert!(
            now < issued.end || lifeless,
            "{token} is past its end by {:?}",
            now - issued.end
        );
        if let Some(refused_at) = issued.refused_at {
            let newest = state.newest[&issued.scope];
            let newer = state.issued.get(&format!("t{newest}"));
            // Who got the old one in the same instant is no offender.
            let known = newer.is_some_and(|newer| {
                newer.came.max(refused_at) + ROUNDING < now && newer.end > newer.came
            });
            assert!(
                newest <= issued.number || !known,
                "{token} was refused, and t{newest} was there"
            );
        }
        let refused = broken || issued.revoked;
        if refused {
            state.refusals += 1;
            let issued = state.issued.get_mut(token).unwrap();
            issued.refused_at.get_or_insert(now);
            return StatusCode::UNAUTHORIZED;
        }
        StatusCode::OK
    }

    pub(crate) fn summary(&self) -> String {
        let state = self.state();
        format!(
            "attempts={} tokens={} sends={} refusals={} at_once={}",
            state.attempts, state.number, state.sends, state.refusals, state.most_at_once
        )
    }

    pub(crate) fn check(&self) {
        let state = self.state();
        assert!(state.refusals > 0 && state.number > 24, "it was no day");
        assert!(state.attempts < 100_000, "too many token requests");
    }
}

/// One token request of a scope at a time.
struct UnderWay {
    servers: Servers,
    scope: String,
    first: bool,
}

impl UnderWay {
    fn begin(servers: &Servers, scope: &str) -> Self {
        let now = servers.world.now();
        let mut state = servers.state();
        let first = state.under_way.insert(scope.to_owned());
        // A suspend makes a flight too old at once, and it is given up while it goes on.
        let slept = state.slept_at.is_some_and(|at| now < at + FLIGHT);
        assert!(first || slept, "two token requests at a time for {scope:?}");
        state.most_at_once = state.most_at_once.max(state.under_way.len());
        Self {
            servers: servers.clone(),
            scope: scope.to_owned(),
            first,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.first {
            self.servers.state().under_way.remove(&self.scope);
        }
    }
}

fn answer(status: u16, body: &str) -> Response<Full<Bytes>> {
    let body = Full::from(body.to_owned());
    Response::builder().status(status).body(body).unwrap()
}

impl Service<Request<()>> for Servers {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<()>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let mut response = Response::new(());
        *response.status_mut() = self.judge(&request);
        let slow = self.state().rng.u64(..40);
        Box::pin(async move {
            if slow > 20 {
                time::sleep(Duration::from_millis(slow)).await;
            }
            Ok(response)
        })
    }
}
