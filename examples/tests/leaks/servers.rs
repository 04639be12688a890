//! Servers that are told what to say: of tokens, of APIs, and a broker.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::http_server::HttpServer;

/// What nobody may see: what clients send, and what they get.
pub(crate) const SECRET: &str = "canary-secret/+%";
pub(crate) const TOKEN: &str = "canary-token";
/// A client assertion, as a platform makes one. Servers of these tests do not look into it.
pub(crate) const ASSERTION: &str = "canary.eyJzdWIiOiJzdmMifQ.canary";

/// What the server of tokens says, and the API.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    Yes,
    /// To the client, with all in the answer that it sent.
    NoClient,
    /// The same in no answer that could be read.
    Noise,
    /// To the token.
    NoToken,
}

impl Says {
    pub(crate) const ALL: [Self; 4] = [Self::Yes, Self::NoClient, Self::Noise, Self::NoToken];
}

/// An issuer, its token endpoint and an API at `/api`, whose tokens are of this type. It knows this of the client, and repeats it.
pub(crate) async fn serve(token_type: &'static str, says: Says, knows: &'static str) -> HttpServer {
    serve_as(Arc::default(), token_type, says, knows).await
}

/// The same for callers who know it by another URL, as soon as there is one.
pub(crate) async fn serve_as(
    known_as: Arc<Mutex<Option<String>>>,
    token_type: &'static str,
    says: Says,
    knows: &'static str,
) -> HttpServer {
    HttpServer::start(move |base, request| {
        let known_as = known_as.lock().unwrap();
        let base = known_as.as_deref().unwrap_or(base);
        let authorization = request.header("authorization").unwrap_or_default();
        let sent = format!("{knows} {authorization} {}", request.body);
        let document = match (&*request.path, says) {
            ("/token", Says::NoClient) => {
                let document = json!({"error": "invalid_client", "error_description": sent});
                return (401, String::new(), document.to_string());
            }
            ("/token", Says::Noise) => return (500, String::new(), format!("{sent} {TOKEN}")),
            ("/token", _) => {
                json!({"access_token": TOKEN, "token_type": token_type, "expires_in": 60})
            }
            ("/api", Says::NoToken) => {
                let challenge = format!("{token_type} error=\"invalid_token\"");
                return (
                    401,
                    format!("www-authenticate: {challenge}\r\n"),
                    String::new(),
                );
            }
            ("/api", _) => Value::from("ok"),
            _ => json!({"issuer": base, "token_endpoint": format!("{base}/token")}),
        };
        (200, String::new(), document.to_string())
    })
    .await
}

/// A broker that lets everybody in, tells of a queue, and then closes the connection; its address.
pub(crate) async fn broker() -> String {
    let method = |channel: u8, number: [u8; 4], fields: &[u8]| {
        let size = u8::try_from(4 + fields.len()).unwrap();
        [
            &[1, 0, channel, 0, 0, 0, size],
            &number[..],
            fields,
            &[0xce],
        ]
        .concat()
    };
    let answers = [
        method(0, [0, 10, 0, 10], b"\0\x09"),
        method(0, [0, 10, 0, 30], b"\0\x10\0\x01\0\0\0\0"),
        method(0, [0, 10, 0, 41], b"\0"),
        method(1, [0, 20, 0, 11], b"\0\0\0\0"),
        method(1, [0, 50, 0, 11], b"\x06orders\0\0\0\x05\0\0\0\0"),
        method(0, [0, 10, 0, 50], b"\x01\x40\x04gone\0\0\0\0"),
    ];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let answers = answers.concat();
            tokio::spawn(async move {
                caller.write_all(&answers).await.unwrap();
                // Whatever it says, until it leaves.
                let _ = caller.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    address
}
