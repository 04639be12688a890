//! Replicas as processes of their own: this binary, once more.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tests::{OidcProvider, Redis};
use tokio::time::sleep;
use tower_oauth2_client_credentials::BoxError;

use crate::{
    LIFETIME,
    replica::{Log, Setup, contents, mark, sealing},
};

/// A process of the fleet.
struct Process {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(setup: &Setup, task: &str) -> Result<Self, BoxError> {
        let mut child = Command::new(env::current_exe()?)
            .args(["processes::replica", "--exact", "--nocapture"])
            .env("FLEET_TASK", task)
            .env("FLEET_REDIS", setup.redis_port.to_string())
            .env("FLEET_ROOT", String::from_utf8(setup.root.clone())?)
            .env("FLEET_ENDPOINT", &setup.token_endpoint)
            .env("FLEET_STUCK", setup.is_stuck.to_string())
            .envs(
                setup
                    .kills_in
                    .iter()
                    .map(|folder| ("FLEET_KILLS_IN", folder)),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().expect("it was piped");
        Ok(Self {
            child,
            stdout: BufReader::new(stdout),
        })
    }

    /// What comes after `name` in the line that has it.
    fn line(&mut self, name: &str) -> Result<String, BoxError> {
        let mut line = String::new();
        while self.stdout.read_line(&mut line)? > 0 {
            if let Some((_, rest)) = line.split_once(name) {
                return Ok(rest.trim().to_owned());
            }
            line.clear();
        }
        Err(format!("a replica ended before it said {name}").into())
    }

    fn go(&mut self) -> Result<(), BoxError> {
        let stdin = self.child.stdin.as_mut().expect("it was piped");
        stdin.write_all(b"go\n")?;
        Ok(())
    }
}

impl Process {
    fn signal(&self, name: &str) -> Result<(), BoxError> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status()?;
        if sent.success() {
            Ok(())
        } else {
            Err("no such process".into())
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts as many, and lets all of them go at once.
fn start(setup: &Setup, count: usize, task: &str) -> Result<Vec<Process>, BoxError> {
    let started: Result<Vec<_>, _> = (0..count).map(|_| Process::start(setup, task)).collect();
    let mut processes = started?;
    for process in &mut processes {
        process.line("READY")?;
    }
    for process in &mut processes {
        process.go()?;
    }
    Ok(processes)
}

/// A process of the fleet, where one of the tests below has started this binary; among them it has nothing to do.
#[test]
fn replica() -> Result<(), BoxError> {
    if env::var_os("FLEET_TASK").is_none() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let setup = Setup {
            redis_port: env::var("FLEET_REDIS")?.parse()?,
            root: env::var("FLEET_ROOT")?.into_bytes(),
            token_endpoint: env::var("FLEET_ENDPOINT")?,
            sealing: sealing(&[("k1", 1)]),
            log: Log::default(),
            is_stuck: env::var("FLEET_STUCK")?.parse()?,
            kills_in: env::var_os("FLEET_KILLS_IN").map(Into::into),
        };
        let source = setup.replica().await?;
        println!("READY");
        std::io::stdin().lock().read_line(&mut String::new())?;
        let seconds: u64 = env::var("FLEET_TASK")?.parse()?;
        let (begun, mut requests, mut failed, mut seen) = (Instant::now(), 0, 0, BTreeSet::new());
        loop {
            requests += 1;
            match source.token().await {
                Ok(token) => drop(seen.insert(mark(token.access_token().expose()))),
                Err(_) => failed += 1,
            }
            if begun.elapsed() >= Duration::from_secs(seconds) {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let seen: Vec<_> = seen.iter().map(u64::to_string).collect();
        println!("DONE {requests} {failed} {}", seen.join(" "));
        Ok(())
    })
}

/// What became of a process.
struct Done {
    requests: u64,
    failed: u64,
    /// The marks of its tokens.
    seen: BTreeSet<u64>,
}

fn done(process: &mut Process) -> Result<Done, BoxError> {
    let line = process.line("DONE ")?;
    let numbers: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
    match &numbers?[..] {
        [requests, failed, seen @ ..] => Ok(Done {
            requests: *requests,
            failed: *failed,
            seen: seen.iter().copied().collect(),
        }),
        _ => Err(line.into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_processes_at_once_make_one_token_request() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let mut tokens = BTreeSet::new();
    for process in &mut start(&setup, 50, "0")? {
        let done = done(process)?;
        assert_eq!(done.failed, 0);
        tokens.extend(done.seen);
    }
    let asked = provider.stats().await?.token_requests();
    println!(
        "50 processes at once: {asked} token requests, {} tokens",
        tokens.len()
    );
    assert_eq!((asked, tokens.len()), (1, 1));
    Ok(())
}

/// `FLEET_SECONDS=60` lets it run for as long.
#[tokio::test(flavor = "multi_thread")]
async fn short_tokens_are_renewed_by_one_for_all_and_a_lost_lease_costs_one() -> Result<(), BoxError>
{
    let seconds = env::var("FLEET_SECONDS").map_or(Ok(14), |seconds| seconds.parse())?;
    let provider = OidcProvider::builder().token_ttl(LIFETIME).start()?;
    let redis = Redis::start()?;
    let kills_in = env::temp_dir().join(format!("fleet-kills-{}", redis.port()));
    let setup = Setup {
        kills_in: Some(kills_in.clone()),
        ..Setup::new(&redis, &provider.token_endpoint()?)?
    };
    let begun = Instant::now();
    let mut processes = start(&setup, 10, &seconds.to_string())?;
    // In the middle, who holds the lease is killed: with a token in its hands, which nobody else will have.
    sleep(Duration::from_secs(seconds) / 2).await;
    fs::create_dir(&kills_in)?;

    let (mut requests, mut failures, mut killed, mut tokens) = (0, 0, 0, BTreeSet::new());
    let mut fewest = usize::MAX;
    for process in &mut processes {
        let Ok(done) = done(process) else {
            killed += 1;
            continue;
        };
        requests += done.requests;
        failures += done.failed;
        fewest = fewest.min(done.seen.len());
        tokens.extend(done.seen);
    }
    let took = begun.elapsed().as_secs();
    fs::remove_dir_all(&kills_in)?;
    let asked = provider.stats().await?.token_requests();
    let tokens = tokens.len() as u64;
    println!(
        "10 processes, {seconds} s, tokens of 5 s, {killed} killed with the lease: {requests} requests, {failures} failed, \
         {asked} token requests, {tokens} tokens, {fewest} of them in each process at least"
    );
    assert_eq!((failures, killed), (0, 1));
    // One for each token that came into use, one for the lost lease, and one that may be under way at the end.
    assert!((tokens + 1..=tokens + 2).contains(&asked), "{asked}");
    // A token is renewed no sooner than after a quarter of its life, and no later than its end. On a busy machine ten processes begin
    // one after the other, and so the fleet lasts longer than each of them.
    assert!(
        tokens >= seconds / 5 && tokens <= took * 4 / 5 + 1,
        "{tokens}"
    );
    // Renewed by another as soon as that may be, one may pass by a replica; hardly more.
    assert!(fewest as u64 * 4 >= tokens * 3, "not shared: {fewest}");
    Ok(())
}

/// What befalls a replica that holds the lease, as a signal, and whether it can be called back from that.
async fn replaced_by_one(signal: &str, comes_back: bool) -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let stuck = Setup {
        is_stuck: true,
        ..setup.clone()
    };
    let holder = start(&stuck, 1, "0")?.pop().expect("one was started");
    let is_leased = |name: &str| name.ends_with(":lease");
    while !contents(&redis)?.iter().any(|(name, _)| is_leased(name)) {
        sleep(Duration::from_millis(5)).await;
    }
    holder.signal(signal)?;

    let before = provider.stats().await?.token_requests();
    let (begun, mut tokens) = (Instant::now(), BTreeSet::new());
    for process in &mut start(&setup, 10, "0")? {
        let done = done(process)?;
        assert_eq!(done.failed, 0);
        tokens.extend(done.seen);
    }
    let asked = provider.stats().await?.token_requests() - before;
    println!(
        "{signal} to the holder: 10 others had a token after {:?}, {asked} token requests",
        begun.elapsed()
    );
    assert_eq!((asked, tokens.len()), (1, 1));
    if comes_back {
        let shared = contents(&redis)?;
        holder.signal("CONT")?;
        // It says once more that it lives, and finds that the lease is not its own.
        sleep(Duration::from_secs(1)).await;
        assert!(shared == contents(&redis)?, "it changed what is shared");
        let late = start(&setup, 1, "0")?.pop().map(|mut late| done(&mut late));
        assert_eq!(late.expect("one was started")?.seen, tokens);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_killed_while_it_fetches_is_replaced_by_one() -> Result<(), BoxError> {
    replaced_by_one("KILL", false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_still_while_it_fetches_is_replaced_by_one() -> Result<(), BoxError> {
    replaced_by_one("STOP", true).await
}
