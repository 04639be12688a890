//! Replicas as processes of their own: this binary, once more.

use std::{
    env,
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
        };
        let source = setup.replica().await?;
        println!("READY");
        std::io::stdin().lock().read_line(&mut String::new())?;
        let seconds: u64 = env::var("FLEET_TASK")?.parse()?;
        let (begun, mut requests, mut failed, mut last) = (Instant::now(), 0, 0, 0);
        loop {
            requests += 1;
            match source.token().await {
                Ok(token) => last = mark(token.access_token().expose()),
                Err(_) => failed += 1,
            }
            if begun.elapsed() >= Duration::from_secs(seconds) {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        println!("DONE {requests} {failed} {last}");
        Ok(())
    })
}

/// Requests, failed ones, and the mark of the last token.
fn done(process: &mut Process) -> Result<[u64; 3], BoxError> {
    let line = process.line("DONE ")?;
    let numbers: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
    numbers?.try_into().map_err(|_| line.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_processes_at_once_make_one_token_request() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let mut tokens = Vec::new();
    for process in &mut start(&setup, 50, "0")? {
        let [_, failed, token] = done(process)?;
        assert_eq!(failed, 0);
        tokens.push(token);
    }
    tokens.dedup();
    let asked = provider.stats().await?.token_requests();
    println!(
        "50 processes at once: {asked} token requests, {} tokens",
        tokens.len()
    );
    assert_eq!((asked, tokens.len()), (1, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn short_tokens_are_renewed_by_one_for_all() -> Result<(), BoxError> {
    const SECONDS: u64 = 20;
    let provider = OidcProvider::builder().token_ttl(LIFETIME).start()?;
    let redis = Redis::start()?;
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let (mut requests, mut failures) = (0, 0);
    for process in &mut start(&setup, 10, &SECONDS.to_string())? {
        let [sent, failed, _] = done(process)?;
        requests += sent;
        failures += failed;
    }
    let asked = provider.stats().await?.token_requests();
    println!(
        "10 processes, {SECONDS} s, tokens of 5 s: {requests} requests, {failures} failed, {asked} token requests"
    );
    assert_eq!(failures, 0);
    // Renewed no sooner than a second after the last one, whoever does it, and no later than its end.
    assert!((4..=SECONDS + 1).contains(&asked), "{asked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_killed_while_it_fetches_is_replaced_by_one() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let stuck = Setup {
        is_stuck: true,
        ..setup.clone()
    };
    let mut holder = start(&stuck, 1, "0")?.pop().expect("one was started");
    let is_leased = |name: &str| name.ends_with(":lease");
    while !contents(&redis)?.iter().any(|(name, _)| is_leased(name)) {
        sleep(Duration::from_millis(5)).await;
    }
    // SIGKILL: it has no time to give anything back.
    holder.child.kill()?;
    holder.child.wait()?;

    let before = provider.stats().await?.token_requests();
    let begun = Instant::now();
    for process in &mut start(&setup, 10, "0")? {
        assert_eq!(done(process)?[1], 0);
    }
    let asked = provider.stats().await?.token_requests() - before;
    println!(
        "kill -9 of the holder: 10 others had a token after {:?}, {asked} token requests",
        begun.elapsed()
    );
    assert_eq!(asked, 1);
    Ok(())
}
