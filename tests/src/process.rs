//! A server that is not written in Rust: started, awaited, and ended with its owner.

use std::{
    error::Error,
    fmt,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use oauth2_client_credentials::{EndpointUri, EndpointUriError};

/// How long a server may take until it says where it listens.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running server. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    address: String,
    stderr: Stderr,
}

/// What a server says on its standard error.
#[derive(Debug)]
struct Stderr {
    said: Arc<Mutex<String>>,
    /// Disconnected at its end.
    ended: mpsc::Receiver<()>,
}

/// Why a server is not there. Its text says what to do about it, and what the server said.
pub struct StartError {
    message: String,
}

impl Process {
    /// Runs `command` and waits, at most `ready_within`, for the line on its standard output that is its address.
    ///
    /// Its standard input stays open for as long as this value lives: a server that ends with it cannot outlive a test that is
    /// killed.
    pub(crate) fn start(mut command: Command, ready_within: Duration) -> Result<Self, StartError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| StartError::cannot_run(&command, &error))?;
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let first_line = first_line(stdout);
        let mut process = Self {
            child,
            address: String::new(),
            stderr: Stderr::collect(stderr),
        };
        let problem = match first_line.recv_timeout(ready_within) {
            Ok(line) if line.starts_with("http://127.0.0.1:") => {
                process.address = line;
                return Ok(process);
            }
            Ok(line) => format!("printed {line:?}, no address"),
            Err(RecvTimeoutError::Timeout) => format!("printed no address within {ready_within:?}"),
            Err(RecvTimeoutError::Disconnected) => "ended without an address".to_owned(),
        };
        process.end();
        Err(StartError::new(format!(
            "the server {problem}; it said:\n{}",
            process.stderr.all()
        )))
    }

    /// A server whose program stands in `folder`, and ends with its standard input.
    pub(crate) fn start_in(
        folder: &Path,
        program: &Path,
        script: &str,
    ) -> Result<Self, StartError> {
        let mut command = Command::new(program);
        command
            .arg(script)
            .current_dir(folder)
            .env("STOP_WITH_STDIN", "1");
        Self::start(command, READY_WITHIN)
    }

    /// `http://127.0.0.1:PORT`, as the server printed it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Where an authorization server gives tokens.
    pub(crate) fn token_endpoint(&self) -> Result<EndpointUri, EndpointUriError> {
        EndpointUri::new(&format!("{}/token", self.address))
    }

    /// Its number, for signals.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn end(&mut self) {
        // It may have ended by itself: then there is nothing to kill, and it is still waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        // Of the tests' output only that of one which failed is shown.
        eprint!("{}", self.stderr.all());
    }
}

/// Sends a process a signal, such as `STOP`.
///
/// # Errors
///
/// There is no such process.
pub fn signal(id: u32, name: &str) -> Result<(), StartError> {
    let sent = Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .status();
    match sent {
        Ok(status) if status.success() => Ok(()),
        other => Err(StartError::new(format!(
            "cannot send {name} to process {id}: {other:?}"
        ))),
    }
}

/// The first line, as soon as it is there; whatever comes after it is read and dropped, so that no pipe fills up.
fn first_line(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = String::new();
        if matches!(pipe.read_line(&mut line), Ok(1..)) {
            // Nobody listens any more if it took too long.
            let _ = sender.send(line.trim_end().to_owned());
        }
        let _ = io::copy(&mut pipe, &mut io::sink());
    });
    receiver
}

impl Stderr {
    fn collect(pipe: impl Read + Send + 'static) -> Self {
        let said = Arc::<Mutex<String>>::default();
        let (sender, ended) = mpsc::channel();
        let collected = Arc::clone(&said);
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
                collected.push_str(&line);
                collected.push('\n');
            }
            drop(sender);
        });
        Self { said, ended }
    }

    /// All that was said by a server that has ended. Should a process of its own have survived it: what was said so far.
    fn all(&self) -> String {
        let _ = self.ended.recv_timeout(Duration::from_secs(1));
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.clone()
    }
}

impl StartError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    fn cannot_run(command: &Command, error: &io::Error) -> Self {
        let program = command.get_program().display();
        Self::new(format!(
            "cannot run `{program}`, which this server needs: {error}"
        ))
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// As `Display`: a test that returns the error shows its `Debug`, and what a server said is read in lines.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for StartError {}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn failure(command: Command, ready_within: Duration) -> String {
        Process::start(command, ready_within)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_server_is_there_once_it_said_where() {
        let server =
            Process::start(shell("echo http://127.0.0.1:1; exec cat"), READY_WITHIN).unwrap();
        assert_eq!(server.address(), "http://127.0.0.1:1");
    }

    #[test]
    fn a_server_ends_with_its_owner() {
        // `cat` ends with its standard input, `sleep` only when it is killed.
        for last in ["cat", "sleep 60"] {
            let script = format!("echo http://127.0.0.1:1; echo $$ >&2; exec {last}");
            let server = Process::start(shell(&script), READY_WITHIN).unwrap();
            let id = server.child.id();
            assert!(is_running(id));
            drop(server);
            assert!(!is_running(id), "{last} still runs");
        }
    }

    fn is_running(id: u32) -> bool {
        Command::new("sh")
            .args(["-c", &format!("kill -0 {id} 2>/dev/null")])
            .status()
            .unwrap()
            .success()
    }

    #[test]
    fn a_server_that_ends_tells_what_it_said() {
        let error = failure(shell("echo the port is taken >&2; exit 1"), READY_WITHIN);
        assert!(error.contains("ended without an address"), "{error}");
        assert!(error.contains("the port is taken"), "{error}");
    }

    #[test]
    fn a_silent_server_is_not_waited_for_for_ever() {
        let begun = Instant::now();
        let error = failure(shell("exec sleep 60"), Duration::from_millis(50));
        assert!(error.contains("printed no address within 50ms"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn another_line_is_no_address() {
        let error = failure(shell("echo hello; exec sleep 60"), READY_WITHIN);
        assert!(error.contains(r#"printed "hello", no address"#), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = failure(Command::new("no-such-program"), READY_WITHIN);
        assert!(error.contains("`no-such-program`"), "{error}");
    }
}
