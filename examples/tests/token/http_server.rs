//! An HTTP server that answers by path, for what the test kit does not serve: metadata, and servers that want a nonce.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// A request that came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) path: String,
    /// In lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Status, further header lines, body.
pub(crate) type Answer = (u16, String, String);

/// A running server; it ends with its runtime.
pub(crate) struct HttpServer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        all.next().map(|(_, value)| &**value)
    }

    /// The claims of the JWT in this header or, form-encoded, in this parameter; and its header.
    pub(crate) fn jwt(&self, name: &str) -> (Value, Value) {
        let parameter = self
            .body
            .split('&')
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        let jwt = self.header(name).or(parameter).unwrap();
        let mut parts = jwt.split('.').map(base64url);
        let (header, claims) = (parts.next().unwrap(), parts.next().unwrap());
        (
            serde_json::from_slice(&header).unwrap(),
            serde_json::from_slice(&claims).unwrap(),
        )
    }
}

impl HttpServer {
    /// `answer` is told the address, `http://127.0.0.1:PORT`, and the request.
    pub(crate) async fn start(
        answer: impl Fn(&str, &Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let (answer, kept) = (Arc::new(answer), Arc::clone(&received));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                tokio::spawn(async move {
                    let base = format!("http://{address}");
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read(&mut stream).await {
                        kept.lock().unwrap().push(request.clone());
                        let (status, headers, body) = answer(&base, &request);
                        let length = body.len();
                        let head = format!(
                            "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n"
                        );
                        if stream.write_all((head + &body).as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, received }
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.received().into_iter().map(|one| one.path).collect()
    }
}

/// `None` at the end of the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut request = Received::default();
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    request.path = line.split(' ').nth(1)?.to_owned();
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let header = (name.to_lowercase(), value.trim().to_owned());
        request.headers.push(header);
    }
    let length = request.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

fn base64url(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for unit in text.bytes() {
        let value = ALPHABET.iter().position(|one| *one == unit).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}
