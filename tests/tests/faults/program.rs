//! A program that is a process of its own: this binary, once more.

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tests::{Api, signal};
use tokio::task::spawn_blocking;
use tower_oauth2_client_credentials::BoxError;

use crate::{
    judge::{Row, judge},
    kind::Kind,
    play::play,
    scale::Scale,
    stack::{Network, Requester, told},
};

/// What it is to do, where it is started for that.
const TASK: &str = "FAULTS_TASK";
const TOKEN_ENDPOINT: &str = "FAULTS_TOKEN_ENDPOINT";
const API: &str = "FAULTS_API";
const ROOT: &str = "FAULTS_ROOT";

/// What it says when the fault is to begin, and when it is done.
const NOW: &str = "NOW";
const DONE: &str = "DONE ";

/// How many descriptors it may have where it is to run out of them, and elsewhere.
const FEW: u32 = 60;
const MANY: u32 = 4_096;

/// A child that does not outlive its owner.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program, does to it what it says, and reads its row.
pub(crate) async fn run(kind: Kind, scale: &Scale, port: u16) -> Result<Row, BoxError> {
    let api = Api::start().await?;
    let network = Network::start(kind, scale, port).await?;
    let descriptors = if kind == Kind::Descriptors { FEW } else { MANY };
    let child = Command::new("prlimit")
        .arg(format!("--nofile={descriptors}"))
        .arg(env::current_exe()?)
        .args(["program::program", "--exact", "--nocapture"])
        .env(TASK, format!("{kind:?}"))
        .env(TOKEN_ENDPOINT, network.token_endpoint(kind))
        .env(API, api.address())
        .env(ROOT, network.pki.root_certificate())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run `prlimit`, of util-linux: {error}"))?;
    let fault = scale.fault;
    let row = spawn_blocking(move || follow(Program(child), kind, &network, fault)).await??;
    Ok(row.at_the_api(&api))
}

fn follow(
    mut program: Program,
    kind: Kind,
    network: &Network,
    fault: Duration,
) -> Result<Row, BoxError> {
    let stdout = program.0.stdout.take().ok_or("it was piped")?;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        if line == NOW {
            match kind {
                Kind::ProgramStopped => {
                    signal(program.0.id(), "STOP")?;
                    thread::sleep(fault);
                    signal(program.0.id(), "CONT")?;
                }
                // So that it needs another connection, for which it has no descriptor.
                _ => network.proxy.hang_up(),
            }
        } else if let Some((_, row)) = line.split_once(DONE) {
            return Row::from_json(&serde_json::from_str(row)?);
        }
    }
    Err("the program ended without a word".into())
}

/// The program, where the function above has started this binary; among the tests it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program() -> Result<(), BoxError> {
    let Some(task) = env::var_os(TASK) else {
        return Ok(());
    };
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| *format!("{kind:?}") == *task);
    let kind = kind.ok_or("no such task")?;
    let scale = Scale::from_environment();
    let requester = Requester::new(&scale, &told(TOKEN_ENDPOINT)?, &told(ROOT)?, &told(API)?)?;
    let taken = Arc::new(Mutex::new(None));
    let begin = || {
        println!("\n{NOW}");
        if kind == Kind::Descriptors {
            *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
            let taken = Arc::clone(&taken);
            thread::spawn(move || take_all(&taken));
        }
        Ok(())
    };
    let end = || {
        *taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    };
    let run = play(kind, &scale, &requester, begin, end).await?;
    println!(
        "\n{DONE}{}",
        judge(kind, &scale, &run, &requester).to_json()
    );
    Ok(())
}

/// Takes every descriptor, also those that become free, until it is told to give them back.
fn take_all(taken: &Mutex<Option<Vec<File>>>) {
    loop {
        let mut files = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(files) = files.as_mut() else {
            return;
        };
        while let Ok(file) = File::open("/dev/null") {
            files.push(file);
        }
        thread::sleep(Duration::from_millis(1));
    }
}
