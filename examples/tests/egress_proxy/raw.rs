//! Both ends without an HTTP library, which would not send what these tests are about.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time,
};

use crate::proxy::LIMIT;

/// A caller's connection.
pub(crate) struct Socket(TcpStream);

impl Socket {
    /// To `http://127.0.0.1:PORT`.
    pub(crate) async fn open(origin: &str) -> Self {
        let address = origin.trim_start_matches("http://");
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The same, which the other end may have had enough of.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(bytes.as_ref()).await
    }

    /// Reads until this has come.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(end) {
            let mut some = [0; 4096];
            let length = time::timeout(LIMIT, self.0.read(&mut some)).await;
            let length = length.expect("it comes").unwrap_or_default();
            assert!(
                length > 0,
                "no {end:?} in {}",
                String::from_utf8_lossy(&read)
            );
            read.extend_from_slice(&some[..length]);
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads until the connection is closed.
    pub(crate) async fn rest(mut self) -> String {
        let mut answer = Vec::new();
        let read = time::timeout(LIMIT, self.0.read_to_end(&mut answer)).await;
        // It may be reset when there was more to read.
        let _ = read.expect("it is closed");
        String::from_utf8(answer).unwrap()
    }
}

/// Writes this, and reads what comes until the connection is closed.
pub(crate) async fn exchange(origin: &str, request: &str) -> String {
    let mut socket = Socket::open(origin).await;
    // It may be closed before all is sent.
    let _ = socket.try_send(request).await;
    socket.rest().await
}

/// An upstream that has one answer, whatever it is asked, and closes the connection with it.
pub(crate) struct RawUpstream {
    origin: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl RawUpstream {
    pub(crate) async fn start(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (answer, heads) = (answer.into(), Arc::<Mutex<Vec<_>>>::default());
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (answer.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut socket = Socket(stream);
                    let read = socket.until("\r\n\r\n").await;
                    let (head, _) = read.split_once("\r\n\r\n").unwrap();
                    seen.lock().unwrap().push(head.to_lowercase());
                    // Nobody may read all of it.
                    let _ = socket.0.write_all(&answer).await;
                    let _ = socket.0.shutdown().await;
                    // What was sent is not reset by what is left to read.
                    let _ = socket.0.read_to_end(&mut Vec::new()).await;
                });
            }
        });
        Self { origin, heads }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The heads that it was sent, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}
