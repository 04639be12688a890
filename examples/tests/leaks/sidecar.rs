//! The sidecar: what it logs, what its metrics say, and what it answers.

use std::fs;

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer, Serving};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    canary::{assert_clean, key_pem},
    http_server::HttpServer,
    running::{Running, file, named},
    servers::{SECRET, Says, TOKEN, serve},
};

/// A running sidecar, and where it listens.
struct Sidecar {
    program: Running,
    address: String,
    admin: String,
}

impl Sidecar {
    async fn start(file: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_egress-proxy");
        let mut program = Running::start(program, &["--config", file], SECRET);
        let mut listens = async |times| {
            let line = program.says("http://127.0.0.1:", times).await;
            line.replace("http://", "")
        };
        let (address, admin) = (listens(1).await, listens(2).await);
        Self {
            program,
            address,
            admin,
        }
    }

    /// All that came for these bytes, to the connection's end.
    async fn ask(at: &str, first_line: &str) -> String {
        let mut connection = TcpStream::connect(at).await.unwrap();
        let lines = "connection: close\r\nhost: x\r\nauthorization: Basic canary\r\ncookie: canary\r\ncontent-length: 0";
        let request = format!("{first_line}\r\n{lines}\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // One that is broken off is an answer, too.
        let _ = connection.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What it answers to requests that are served, that fail, and that are none.
    async fn asked(&self, statuses: [&str; 3]) -> String {
        let mut answers = String::new();
        for (path, status) in ["/", "/api", "/gone"].into_iter().zip(statuses) {
            let answer = Self::ask(&self.address, &format!("GET {path} HTTP/1.1")).await;
            let (_, rest) = answer.split_once("HTTP/1.1 ").unwrap();
            assert!(status.contains(&rest[..3]), "{path}: {answer}");
            answers.push_str(&answer);
        }
        for line in [
            "POST /a?key=canary HTTP/1.1",
            "CONNECT a:1 HTTP/1.1",
            "GET http://svc:canary@a/ HTTP/1.1",
            "noise",
        ] {
            answers.push_str(&Self::ask(&self.address, line).await);
        }
        answers
    }
}

/// What the program is told, and what becomes of a request of each route.
struct Case {
    tokens: Option<Answer>,
    refuses: bool,
    says: Says,
    statuses: [&'static str; 3],
}

#[tokio::test]
async fn the_sidecar_shows_neither_secret_nor_token_nor_key() {
    let noise = format!("{SECRET} {TOKEN}");
    let refused = json!({"error": "invalid_client", "error_description": SECRET});
    for case in [
        Case {
            tokens: None,
            refuses: false,
            says: Says::Yes,
            statuses: ["200", "200", "502"],
        },
        Case {
            tokens: None,
            refuses: true,
            says: Says::NoToken,
            // The second time there is no other token.
            statuses: ["401", "401 or 503", "502"],
        },
        Case {
            tokens: Some(Answer::json(400, refused)),
            refuses: false,
            says: Says::NoClient,
            statuses: ["503"; 3],
        },
        Case {
            tokens: Some(Answer::body(500, noise)),
            refuses: false,
            says: Says::Noise,
            statuses: ["503"; 3],
        },
    ] {
        played(case).await;
    }
}

async fn played(case: Case) {
    let server = AuthorizationServer::builder().token_prefix(TOKEN).build();
    server.set_outage(case.tokens);
    let upstream = ResourceServer::new(&server);
    upstream.reject_all(case.refuses);
    let (upstream, server) = (
        upstream.serve().await.unwrap(),
        server.serve().await.unwrap(),
    );
    let bound = serve("DPoP", case.says, "").await;
    let config = config(&server, &upstream, &bound);
    let path = file(&config);
    let mut sidecar = Sidecar::start(path.to_str().unwrap()).await;
    let mut answers = sidecar.asked(case.statuses).await;
    let wrong = [
        format!("client_secret = \"{SECRET}\"\n"),
        format!("param = [\"client_secret={SECRET}\"]\n"),
        format!("scope = \"{SECRET}\"\n"),
        format!("key_file = \"{}\"\n", named("canary")),
    ];
    for (before, wrong) in wrong.iter().enumerate() {
        fs::write(&path, format!("{config}{wrong}")).unwrap();
        sidecar.program.signal("HUP");
        sidecar
            .program
            .says("the configuration stays", before + 1)
            .await;
    }
    // A right one ends the old tokens' time as well.
    fs::write(&path, format!("{config}param = [\"a=canary\"]\n")).unwrap();
    sidecar.program.signal("HUP");
    if case.statuses[0] != "503" {
        sidecar.program.says("read again", 1).await;
    }
    answers.push_str(&sidecar.asked(case.statuses).await);
    for path in ["/metrics", "/ready", "/live", "/gone"] {
        let line = format!("GET {path} HTTP/1.1");
        answers.push_str(&Sidecar::ask(&sidecar.admin, &line).await);
    }
    assert!(
        answers.contains("# TYPE") && answers.contains("outcome=\"refused\"} 4"),
        "{answers}"
    );
    sidecar.program.signal("TERM");
    let said = sidecar.program.ended().await;
    for words in ["TRACE", "egress_proxy::access", "drained"] {
        assert!(said.contains(words), "no {words} in {said}");
    }
    assert_clean(&said);
    assert_clean(&answers);
}

/// One token with a secret and a key in the endpoint's query, one that is bound to a key.
fn config(
    server: &Serving<AuthorizationServer>,
    upstream: &Serving<ResourceServer>,
    bound: &HttpServer,
) -> String {
    let (secret, key) = (named(SECRET), named(&key_pem()));
    let route = |prefix: &str, upstream: &str, token: &str| {
        format!(
            "[[route]]\nprefix = \"{prefix}\"\nupstream = \"{upstream}\"\ntoken = \"{token}\"\n"
        )
    };
    [
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndrain_delay_ms = 10\n".to_owned(),
        route("/", &upstream.origin(), "main"),
        route("/api", &bound.uri(""), "bound"),
        route("/gone", "http://127.0.0.1:1", "main"),
        format!(
            "[token.bound]\nissuer = \"{}\"\nclient_id = \"svc\"\ndpop = true\ndpop_key_file = \"{key}\"\nkey_file = \"{key}\"\n",
            bound.uri("")
        ),
        format!(
            "[token.main]\ntoken_endpoint = \"{}?api_key=canary\"\nclient_id = \"svc\"\nclient_secret_file = \"{secret}\"\n",
            server.token_endpoint()
        ),
    ]
    .concat()
}
