//! What is around the program: its servers, what fails, and when it is asked what it takes.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tests::{Api, OidcProvider, Proxy};
use tokio::time::{Instant, sleep};
use tower_oauth2_client_credentials::BoxError;

use crate::{
    arguments::Arguments,
    faults::{Faults, storm},
    program,
    sample::Sample,
};

pub(crate) const LIFETIME: Duration = Duration::from_secs(5);

/// All that was seen.
#[derive(Debug)]
pub(crate) struct Measured {
    /// At the start, in the middle and at the end.
    pub(crate) samples: Vec<(Duration, Sample)>,
    /// Of the requests, as the program counted them.
    pub(crate) counts: Value,
    pub(crate) token_requests: u64,
    pub(crate) faults: u64,
    /// Requests whose token had ended.
    pub(crate) ended: u64,
    pub(crate) took: Duration,
}

/// A child that does not outlive its owner.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Measured, BoxError> {
    let provider = OidcProvider::builder().token_ttl(LIFETIME).start()?;
    let uri = provider.token_endpoint()?.uri().clone();
    let proxy = Proxy::start(uri.port_u16().ok_or("no port")?).await?;
    let api = Api::start().await?;
    let mut program = Program::start(arguments, &proxy, &api)?;
    let (begun, mut faults) = (Instant::now(), Faults::new(arguments.seed));
    let mut samples = Vec::new();

    // As much of everything as there will ever be: what is needed once is kept.
    let warm_up = (arguments.lasts / 10).clamp(Duration::from_secs(1), Duration::from_secs(12));
    sleep(warm_up / 4).await;
    storm(warm_up, &proxy).await;
    faults
        .until(Instant::now() + warm_up, (&provider, &proxy, &api))
        .await?;
    let mut last = program.sample().await?;
    samples.push((begun.elapsed(), Sample::from_json(&last["sample"])?));
    for _ in 0..2 {
        let end = Instant::now() + arguments.lasts / 2;
        faults.until(end, (&provider, &proxy, &api)).await?;
        last = program.sample().await?;
        samples.push((begun.elapsed(), Sample::from_json(&last["sample"])?));
        eprintln!("after {:.0?}: {last}", begun.elapsed());
    }
    Ok(Measured {
        samples,
        counts: last["counts"].clone(),
        token_requests: last["asked"].as_u64().ok_or("no count")?,
        faults: faults.count(),
        ended: api.ended(),
        took: begun.elapsed(),
    })
}

impl Program {
    fn start(arguments: &Arguments, proxy: &Proxy, api: &Api) -> Result<Self, BoxError> {
        let token_endpoint = format!("http://127.0.0.1:{}/token", proxy.port());
        let mut child = Command::new(env::current_exe()?)
            .env(program::TOKEN_ENDPOINT, token_endpoint)
            .env(program::API, api.address())
            .env(program::PER_SECOND, arguments.per_second.to_string())
            .env(program::SEED, arguments.seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("it was piped")?;
        Ok(Self {
            child,
            stdout: BufReader::new(stdout),
        })
    }

    /// What it takes while it does nothing. It waits up to half a minute until it does nothing.
    async fn sample(&mut self) -> Result<Value, BoxError> {
        let stdin = self.child.stdin.as_mut().ok_or("it was piped")?;
        stdin.write_all(b"sample\n")?;
        // The servers are of this runtime, and go on meanwhile.
        let line = tokio::task::block_in_place(|| {
            let mut line = String::new();
            self.stdout.read_line(&mut line).map(|_| line)
        })?;
        serde_json::from_str(&line).map_err(|_| "the program ended".into())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
