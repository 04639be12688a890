//! Programs that run as their first lines say, with all that can go wrong, and others with wrong arguments.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    authority::Authority,
    canary::{assert_clean, assert_without, key_pem},
    running::{Running, named},
    servers::{ASSERTION, SECRET, Says, broker, serve, serve_as},
};

/// Everything it said to its end.
async fn run(program: &str, arguments: &[&str]) -> String {
    let said = Running::start(program, arguments, SECRET).ended().await;
    assert!(!said.is_empty(), "{program} says nothing");
    said
}

/// The same of a program that gets so far that it has something to log.
async fn logged(program: &str, arguments: &[&str]) -> String {
    let said = run(program, arguments).await;
    assert!(said.contains("TRACE"), "{program} logs nothing: {said}");
    said
}

/// The words that a run ends with.
fn expected(says: Says) -> &'static str {
    match says {
        Says::Yes => "200 OK",
        Says::NoClient => "invalid_client",
        Says::Noise => "500 Internal Server Error",
        Says::NoToken => "401 Unauthorized",
    }
}

#[tokio::test]
async fn quickstart_shows_neither_secret_nor_token() {
    let said = logged(env!("CARGO_BIN_EXE_quickstart"), &[]).await;
    // Its own secret, and what stands before each token.
    for word in ["s3cret", "Bearer", "access_token"] {
        assert_without(&said, word);
    }
}

#[tokio::test]
async fn dpop_shows_neither_secret_nor_token_nor_key() {
    for says in Says::ALL {
        let server = serve("DPoP", says, SECRET).await;
        let (issuer, api) = (server.uri(""), server.uri("/api"));
        let said = logged(env!("CARGO_BIN_EXE_dpop"), &[&issuer, "svc", &api]).await;
        assert!(said.contains(expected(says)), "{said}");
        assert_clean(&said);
        assert!(!said.contains("\"d\""), "{said}");
    }
}

#[tokio::test]
async fn projected_token_shows_neither_assertion_nor_token() {
    let file = named(ASSERTION);
    for says in Says::ALL {
        let server = serve("Bearer", says, ASSERTION).await;
        let arguments = [&server.uri(""), "svc", &file, &server.uri("/api")];
        let program = env!("CARGO_BIN_EXE_projected_token");
        let mut program = Running::start(program, &arguments, SECRET);
        program.says(expected(says), 1).await;
        // It goes on where that may pass.
        if !matches!(says, Says::NoClient) {
            program.signal("TERM");
        }
        let said = program.ended().await;
        assert!(said.contains("TRACE"), "{said}");
        assert_clean(&said);
    }
}

#[tokio::test]
async fn broker_login_shows_neither_secret_nor_token() {
    let broker = broker().await;
    for (says, words) in [
        (Says::Yes, "the broker closed the connection: 320 gone"),
        (Says::NoClient, expected(Says::NoClient)),
        (Says::Noise, expected(Says::Noise)),
    ] {
        let server = serve("Bearer", says, SECRET).await;
        let resource = "https://broker.example.com";
        let arguments = [&server.uri(""), "svc", resource, &broker, "orders"];
        let said = logged(env!("CARGO_BIN_EXE_broker_login"), &arguments).await;
        assert!(said.contains(words), "{said}");
        assert_clean(&said);
    }
}

#[tokio::test]
async fn mutual_tls_shows_neither_key_nor_token() {
    let authority = Authority::new();
    let ca_file = named(&authority.pem());
    let (certificate, key) = authority.client();
    let certificate = named(&certificate);
    // A key of somebody else's, and what is none.
    let keys = [
        (key.clone(), &Says::ALL[..]),
        (key_pem(), &[Says::Yes]),
        ("canary".to_owned(), &[Says::Yes]),
    ];
    for (key_of_file, each) in keys {
        let key_file = named(&key_of_file);
        for says in each {
            let known_as = Arc::<Mutex<_>>::default();
            let server = serve_as(Arc::clone(&known_as), "Bearer", *says, "").await;
            let port = authority.serve_to(
                Some(&authority),
                "localhost",
                &[b"http/1.1"],
                server.address(),
            );
            let issuer = format!("https://localhost:{}", port.await);
            *known_as.lock().unwrap() = Some(issuer.clone());
            let api = format!("{issuer}/api");
            let arguments = [&*issuer, "svc", &certificate, &key_file, &ca_file, &api];
            let said = run(env!("CARGO_BIN_EXE_mutual_tls"), &arguments).await;
            let words = if key_of_file == key {
                assert!(said.contains("TRACE"), "{said}");
                expected(*says)
            } else {
                "error: "
            };
            assert!(said.contains(words), "{said}");
            assert_clean(&said);
            for line in key.lines() {
                assert!(!said.contains(line), "{said}");
            }
        }
    }
}

/// It runs until it is told to end, and prints the one secret that it is there to tell.
#[tokio::test]
async fn servers_shows_no_token() {
    let mut servers = Running::start(env!("CARGO_BIN_EXE_servers"), &[], SECRET);
    let last = |line: String| line.rsplit(' ').next().unwrap().to_owned();
    let endpoint = last(servers.says("token endpoint", 1).await);
    let api = last(servers.says("API", 1).await);
    let token = |secret, more: &[&str]| {
        let arguments = [
            "--token-endpoint",
            &*endpoint,
            "--client-id",
            "orders",
            "--json",
        ];
        let arguments = [&arguments, more].concat();
        Running::start(env!("CARGO_BIN_EXE_token"), &arguments, secret)
    };
    let told = token("s3cret", &[]).ended().await;
    // Beside what it logs.
    let told = told.lines().find(|line| line.starts_with('{')).unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    let told = told["access_token"].as_str().unwrap();
    let got = token("s3cret", &["--get", &api]).ended().await;
    assert!(got.contains("200"), "{got}");
    token(SECRET, &[]).ended().await;
    servers.says("3 token requests; 1 requests", 1).await;
    servers.signal("TERM");
    let said = servers.ended().await;
    assert_clean(&said);
    // Its tokens are short.
    let mut words = said.split(|unit: char| !unit.is_ascii_alphanumeric());
    assert!(!words.any(|word| word == told), "{told} in {said}");
}

/// `token` shows the token where it is asked for it, and nothing of what it was given.
#[tokio::test]
async fn token_shows_nothing_of_its_key_or_its_proofs() {
    let (key, assertion, other) = (named(&key_pem()), named(ASSERTION), named("canary"));
    let secret = named(SECRET);
    let mut runs = JoinSet::new();
    for says in Says::ALL {
        let post = [
            "--auth",
            "client_secret_post",
            "--client-secret-file",
            &secret,
        ];
        let strict = [
            "--basic-encoding",
            "strict",
            "--client-secret-file",
            &secret,
        ];
        for (token_type, knows, arguments) in [
            ("Bearer", "", &["--key-file", &key][..]),
            ("Bearer", ASSERTION, &["--assertion-file", &assertion]),
            ("Bearer", SECRET, &post),
            ("Bearer", SECRET, &strict),
            ("DPoP", SECRET, &["--dpop", "--dpop-key-file", &key]),
            ("DPoP", "", &["--dpop", "--key-file", &key]),
        ] {
            let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
            runs.spawn(async move {
                let server = serve(token_type, says, knows).await;
                let [issuer, api] = ["", "/api"].map(|path| server.uri(path));
                let mut all = vec!["--issuer", &issuer, "--client-id", "svc", "--get", &api];
                all.extend(arguments.iter().map(String::as_str));
                let said = logged(env!("CARGO_BIN_EXE_token"), &all).await;
                assert!(said.contains(expected(says)), "{says:?} {all:?} {said}");
                assert_clean(&said);
            });
        }
    }
    runs.join_all().await;
    for option in ["--key-file", "--dpop-key-file", "--cert-file", "--ca-file"] {
        let endpoint = [
            "--token-endpoint",
            "http://127.0.0.1:1",
            "--client-id",
            "svc",
        ];
        let arguments = [&endpoint, &[option, &*other][..]].concat();
        let said = run(env!("CARGO_BIN_EXE_token"), &arguments).await;
        assert!(said.contains("error"), "{said}");
        assert_clean(&said);
    }
}

#[tokio::test]
async fn a_program_that_fails_shows_no_secret() {
    let gone = "http://127.0.0.1:1";
    for (program, arguments) in [
        (env!("CARGO_BIN_EXE_dpop"), &[gone, "svc", gone][..]),
        (
            env!("CARGO_BIN_EXE_mutual_tls"),
            &[gone, "svc", "/gone", "", "", gone],
        ),
        (
            env!("CARGO_BIN_EXE_broker_login"),
            &[
                gone,
                "svc",
                "https://broker.example.com",
                "127.0.0.1:1",
                "queue",
            ],
        ),
        (env!("CARGO_BIN_EXE_dpop"), &[]),
        (env!("CARGO_BIN_EXE_mutual_tls"), &[]),
        (env!("CARGO_BIN_EXE_projected_token"), &[]),
        (env!("CARGO_BIN_EXE_broker_login"), &[]),
        (env!("CARGO_BIN_EXE_servers"), &[SECRET]),
    ] {
        let said = run(program, arguments).await;
        assert!(said.contains("error: "), "{program}: {said}");
        assert_clean(&said);
    }
    // A secret where an option was meant, or in a URL.
    let url = |place: &'static str| [place, "--client-id", "svc"];
    for arguments in [
        &["--client-secret", SECRET][..],
        &["--secret", SECRET, "--client-id", "svc"],
        &[
            &["--token-endpoint"],
            &url("http://svc:canary@127.0.0.1:1/")[..],
        ]
        .concat(),
        &[
            &["--token-endpoint"],
            &url("https://127.0.0.1:1/?key=canary")[..],
        ]
        .concat(),
        &[&["--issuer"], &url("https://svc:canary@localhost")[..]].concat(),
        &[
            &["--token-endpoint", gone, "--get"],
            &url("https://svc:canary@localhost")[..],
        ]
        .concat(),
    ] {
        let said = run(env!("CARGO_BIN_EXE_token"), arguments).await;
        assert!(said.contains("error"), "{said}");
        assert_clean(&said);
    }
}
