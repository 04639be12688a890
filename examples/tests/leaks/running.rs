//! Running programs, each told to log all there is.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::{task, time};

/// What takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A program, and what it has said on either of its outputs. Dropped, it is gone.
pub(crate) struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(program: &str, arguments: &[&str], secret: &str) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .env("RUST_LOG", "trace")
            .env("CLIENT_SECRET", secret)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::default();
        let readers = vec![
            read(child.stdout.take().unwrap(), &said),
            read(child.stderr.take().unwrap(), &said),
        ];
        Self {
            child,
            said,
            readers,
        }
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until so many whole lines have these words in them, and returns the last.
    pub(crate) async fn says(&mut self, words: &str, times: usize) -> String {
        let begun = Instant::now();
        loop {
            let said = self.said();
            if let Some(line) = said
                .lines()
                .filter(|line| line.contains(words))
                .nth(times - 1)
            {
                return line.to_owned();
            }
            let is_over = self.child.try_wait().unwrap().is_some() || begun.elapsed() > LIMIT;
            assert!(!is_over, "no {words:?} in\n{said}");
            time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &script]).status();
        assert!(status.unwrap().success(), "{name}");
    }

    /// Everything it said to its end, which a signal brings about where it runs on.
    pub(crate) async fn ended(mut self) -> String {
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < LIMIT, "it hangs:\n{}", self.said());
            time::sleep(Duration::from_millis(10)).await;
        }
        let readers = std::mem::take(&mut self.readers);
        let joined =
            task::spawn_blocking(move || readers.into_iter().try_for_each(JoinHandle::join));
        joined.await.unwrap().unwrap();
        self.said()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(pipe: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).unwrap() > 0 {
            said.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// A file of its own, with this in it.
pub(crate) fn file(contents: &str) -> PathBuf {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("leaks-{}-{number}", std::process::id()));
    std::fs::write(&path, contents).unwrap();
    path
}

/// The same by name, for an argument.
pub(crate) fn named(contents: &str) -> String {
    file(contents).to_str().unwrap().to_owned()
}
