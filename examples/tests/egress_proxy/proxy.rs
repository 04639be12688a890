//! Running the program. Whatever it says is searched for secrets and tokens at its end.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use tokio::time;

/// What it takes longer for hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// No secret and no token of these tests is without it.
pub(crate) const CANARY: &str = "canary";

/// A running proxy. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Proxy {
    child: Child,
    file: PathBuf,
    address: String,
    admin: String,
    said: Arc<Mutex<String>>,
}

/// A program that did not go on.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

impl Proxy {
    /// Runs `program` with this configuration, which a folder of the test's own gets, and with listeners on any port.
    #[track_caller]
    pub(crate) fn start(program: &Path, folder: &Path, config: &str) -> Self {
        let config = format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{config}");
        Self::try_start(program, folder, &config).unwrap()
    }

    /// The same with a whole file, which may be refused.
    pub(crate) fn try_start(program: &Path, folder: &Path, config: &str) -> Result<Self, Refused> {
        let file = file(folder, "toml", config);
        // As many connections as this machine allows.
        let script = "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\"";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(program)
            .arg("--config")
            .arg(&file)
            .env_remove("CLIENT_SECRET")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = collect(child.stderr.take().unwrap());
        let lines = lines(child.stdout.take().unwrap());
        let next = || lines.recv_timeout(LIMIT).ok();
        let Some(address) = next() else {
            let code = child.wait().unwrap().code();
            thread::sleep(Duration::from_millis(50));
            let stderr = said.lock().unwrap().clone();
            return Err(Refused { code, stderr });
        };
        let has_admin = config.lines().any(|line| line.starts_with("admin ="));
        let admin = has_admin.then(next).flatten().unwrap_or_default();
        Ok(Self {
            child,
            file,
            address,
            admin,
            said,
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn admin(&self) -> &str {
        &self.admin
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What stands in its file from now on; its listeners stay.
    pub(crate) fn write(&self, config: &str) {
        let whole = format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{config}");
        fs::write(&self.file, whole).unwrap();
    }

    /// Sends it HUP or TERM.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.id())])
            .status();
        assert!(kill.unwrap().success(), "{name}");
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.clone()
    }

    /// Waits until it has said this.
    pub(crate) async fn says(&self, words: &str) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < LIMIT, "no {words:?} in\n{}", self.said());
            time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for its end.
    pub(crate) async fn ends(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < LIMIT, "it does not end:\n{}", self.said());
            time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let said = self.said();
        if thread::panicking() {
            eprint!("{said}");
        } else {
            assert!(!said.contains(CANARY), "{said}");
        }
    }
}

/// A file of its own in `folder`, with this in it.
pub(crate) fn file(folder: &Path, extension: &str, contents: &str) -> PathBuf {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let name = format!("egress-proxy-{}-{number}.{extension}", std::process::id());
    let path = folder.join(name);
    fs::write(&path, contents).unwrap();
    path
}

fn lines(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody listens any more after the second.
            let _ = sender.send(line);
        }
    });
    receiver
}

fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let said = Arc::<Mutex<String>>::default();
    let collected = Arc::clone(&said);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
            collected.push_str(&line);
            collected.push('\n');
        }
    });
    said
}
