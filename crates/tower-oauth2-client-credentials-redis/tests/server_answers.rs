//! A server that is no Redis, or one of a cluster, or has lost its mind: whatever it answers is a miss and an event, and repeated nowhere.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use support::{Fleet, IDENTITY, sealing};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tower_oauth2_client_credentials_redis::{
    CacheEvent, CacheObserver, RedisStore, SharedCacheLayer,
};

/// What the events of a store that failed said.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl CacheObserver for Told {
    fn observe(&self, event: &CacheEvent<'_>) {
        if let CacheEvent::StoreFailed { error, .. } = event {
            self.0.lock().unwrap().push(error.to_string());
        }
    }
}

/// Answers each script with these bytes and all else with `OK`; with no bytes it hangs up.
async fn serve(connection: TcpStream, answer: &'static [u8]) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let mut words = Vec::new();
        for _ in 0..number(&mut connection, b'*').await? {
            let mut word = vec![0; number(&mut connection, b'$').await? + 2];
            connection.read_exact(&mut word).await.ok()?;
            words.push(word);
        }
        let answer = match words.first()?.starts_with(b"EVAL") {
            true if answer.is_empty() => return None,
            true => answer,
            false => b"+OK\r\n",
        };
        connection.write_all(answer).await.ok()?;
    }
}

async fn number(connection: &mut BufReader<TcpStream>, kind: u8) -> Option<usize> {
    let mut line = String::new();
    connection.read_line(&mut line).await.ok()?;
    line.strip_prefix(char::from(kind))?.trim_end().parse().ok()
}

async fn start(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, answer));
        }
    });
    port
}

/// What is answered, and what the event says.
const ANSWERS: [(&[u8], &str); 17] = [
    (
        b"-MOVED 3999 10.0.0.7:6379\r\n",
        "MOVED; it is one of a cluster",
    ),
    (
        b"-ASK 3999 10.0.0.7:6379\r\n",
        "ASK; it is one of a cluster",
    ),
    (
        b"-CLUSTERDOWN Hash slot not served\r\n",
        "CLUSTERDOWN; it is one of a cluster",
    ),
    (b"-LOADING canary\r\n", "LOADING"),
    (b"-BUSY canary\r\n", "BUSY"),
    (b"-MISCONF canary\r\n", "MISCONF"),
    (b"-WRONGTYPE canary\r\n", "WRONGTYPE"),
    (b"-NOAUTH canary\r\n", "check user and password"),
    (b"-canary in its first word\r\n", "an error"),
    (b"+canary\r\n", "makes no sense"),
    (b":1\r\n", "makes no sense"),
    (b"*1\r\n:1\r\n", "makes no sense"),
    (b"*2\r\n$6\r\ncanary\r\n$6\r\ncanary\r\n", "makes no sense"),
    (b"HTTP/1.1 400 canary\r\n\r\n", "redis"),
    (b"$99999999999\r\ncanary", ""),
    (b"*2147483647\r\n", ""),
    (b"", "closed the connection"),
];

#[tokio::test]
async fn whatever_a_server_answers_is_a_miss_and_an_event() {
    for (answer, says) in ANSWERS {
        let what = String::from_utf8_lossy(answer);
        let told = Told::default();
        let store = RedisStore::new(&format!("redis://127.0.0.1:{}", start(answer).await)).unwrap();
        let fleet = Fleet::new();
        fleet.server.set(|server| server.takes = Duration::ZERO);
        let layer = SharedCacheLayer::new(store, IDENTITY, sealing()).observer(told.clone());
        let begun = Instant::now();
        assert_eq!(fleet.replica_of(layer).token().await, "t1", "{what}");
        // A connection and one answer that is not waited for to its end; a busy machine has time enough.
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
        let told = told.0.lock().unwrap().join("\n");
        assert!(!told.is_empty(), "{what}");
        assert!(
            told.to_lowercase().contains(&says.to_lowercase()),
            "{what}: {told}"
        );
        assert!(
            !told.contains("canary") && !told.contains("10.0.0.7"),
            "{told}"
        );
    }
}
