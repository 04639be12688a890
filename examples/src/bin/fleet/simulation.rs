//! Virtual time, and what happens in it.

use std::{
    collections::BTreeMap,
    future::Future,
    ops::Range,
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Waker},
    time::{Duration, SystemTime},
};

use oauth2_client_credentials_testkit::MemoryStore;
use tokio::{
    runtime::Builder,
    task::LocalSet,
    time::{Instant, sleep_until},
};
use tower_oauth2_client_credentials::{BoxError, Clock};
use tower_oauth2_client_credentials_redis::{Sealing, SealingKey};

use crate::{counts::Counts, replica::Replica, server::AuthorizationServer};

/// What is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) replicas: u32,
    pub(crate) length: Duration,
    /// When the authorization server is away.
    pub(crate) outage: Option<Range<Duration>>,
    pub(crate) lifetime: Duration,
    /// Time from one request of a replica to its next.
    pub(crate) every: Duration,
    pub(crate) seed: u64,
    pub(crate) shared_cache: bool,
}

/// The machine's clocks, in virtual time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        // 2026-01-01
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + self.0.elapsed()
    }
}

/// Requests of one tick happen at the same time.
const TICK: Duration = Duration::from_millis(100);

/// Runs it from begin to end.
pub(crate) fn run(setting: &Setting) -> Result<Counts, BoxError> {
    // The libraries draw from the same generator, on this one thread.
    fastrand::seed(setting.seed);
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    LocalSet::new().block_on(&runtime, simulate(setting))
}

async fn simulate(setting: &Setting) -> Result<Counts, BoxError> {
    let begin = Instant::now();
    let clock = VirtualClock(begin);
    let counts = Arc::new(Counts::new(setting));
    let server = AuthorizationServer::new(setting, Arc::clone(&counts), begin);
    let key = SealingKey::new("simulation", &[7; 32])?;
    let shared = setting
        .shared_cache
        .then(|| Ok::<_, BoxError>((MemoryStore::new(), Sealing::new([key])?)))
        .transpose()?;
    let mut replicas: Vec<_> = (0..setting.replicas)
        .map(|_| Rc::new(Replica::new(&server, clock, shared.as_ref())))
        .collect();

    let mut due: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let tick = |at: Duration| (at.as_nanos() / TICK.as_nanos()) as u64;
    for number in 0..replicas.len() {
        // They were started together; their callers were not.
        let first = setting
            .every
            .min(Duration::from_secs(1))
            .mul_f64(fastrand::f64());
        due.entry(tick(first)).or_default().push(number);
    }
    let watched = setting.outage.as_ref().map(|outage| outage.end);
    let mut watch = watched;
    while let Some((at, numbers)) = due.pop_first() {
        let now = TICK * u32::try_from(at).unwrap_or(u32::MAX);
        while let Some(look) = watch.filter(|look| *look <= now && *look < setting.length) {
            sleep_until(begin + look).await;
            let all = replicas.iter_mut().all(|replica| replica.is_usable());
            watch = (!all).then_some(look + Duration::from_secs(1));
            if let (true, Some(end)) = (all, watched) {
                counts.recovered(look - end);
            }
        }
        if now >= setting.length {
            break;
        }
        sleep_until(begin + now).await;
        for number in numbers {
            let replica = &replicas[number];
            request(replica, &counts);
            let next = now + replica.idle(setting.every);
            due.entry(tick(next).max(at + 1)).or_default().push(number);
        }
    }
    Ok(counts.taken())
}

/// One caller's request. Where it has to wait it does so beside the others.
fn request(replica: &Rc<Replica>, counts: &Arc<Counts>) {
    let (replica, counts) = (Rc::clone(replica), Arc::clone(counts));
    let mut request = Box::pin(async move {
        if !replica.request().await {
            counts.failed_request();
        }
    });
    let first = pin!(&mut request).poll(&mut Context::from_waker(Waker::noop()));
    if first.is_pending() {
        tokio::task::spawn_local(request);
    }
}
