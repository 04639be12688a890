//! What a fleet's store says.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tower_oauth2_client_credentials_redis::{RedisStore, Sealing, SealingKey, Store};

use crate::{Collection, failed};

pub(crate) async fn collect(all: &mut Collection) {
    all.chapter("A store that cannot be used");
    let key = |id: &str| SealingKey::new(id, &[7; 32]);
    all.add("no sealing key", &failed(Sealing::new([])));
    all.add(
        "two keys of one id",
        &failed(Sealing::new([key("a").unwrap(), key("a").unwrap()])),
    );
    all.add("a key without an id", &failed(key("")));
    all.add("no URL", &failed(RedisStore::new("redis.example.com")));
    all.add(
        "no certificate",
        &failed(RedisStore::with_root_certificate(
            "rediss://redis.example.com",
            b"certificate",
        )),
    );
    // Nobody listens on it.
    let away = RedisStore::new("redis://127.0.0.1:1").unwrap();
    all.add("a server that is not there", &failed(away.connect().await));
    for (met, answer) in [
        ("a user who may not", "-NOPERM no permissions\r\n"),
        ("a password that is missing", "-NOAUTH needed\r\n"),
        ("a password that is wrong", "-WRONGPASS invalid\r\n"),
        ("a replica", "-READONLY\r\n"),
        ("a server that is full", "-OOM command not allowed\r\n"),
        ("one of a cluster", "-MOVED 3999 10.0.0.7:6379\r\n"),
        ("a server that is still loading", "-LOADING its data\r\n"),
        ("a server that is none of Redis", "+hello\r\n"),
    ] {
        let error = failed(answering(answer).await.get("name").await);
        all.add(met, &*error);
    }
    let outside = thread::spawn(move || {
        let mut connecting = pin!(away.connect());
        let mut context = Context::from_waker(Waker::noop());
        match connecting.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => failed(outcome),
            Poll::Pending => panic!("this needs a runtime"),
        }
    });
    all.add("a store without a runtime", &outside.join().unwrap());
}

/// A store at a server that answers each script in this way, and all else with `OK`.
async fn answering(answer: &'static str) -> RedisStore {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, answer));
        }
    });
    RedisStore::new(&format!("redis://{address}")).unwrap()
}

async fn serve(connection: TcpStream, answer: &'static str) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let mut words = Vec::new();
        for _ in 0..number(&mut connection, '*').await? {
            let mut word = vec![0; number(&mut connection, '$').await? + 2];
            connection.read_exact(&mut word).await.ok()?;
            words.push(word);
        }
        let is_script = words.first()?.starts_with(b"EVAL");
        let answer = if is_script { answer } else { "+OK\r\n" };
        connection.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn number(connection: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut line = String::new();
    connection.read_line(&mut line).await.ok()?;
    line.strip_prefix(kind)?.trim_end().parse().ok()
}
