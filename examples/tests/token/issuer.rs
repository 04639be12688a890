//! `--issuer`: the token endpoint and the method by the server's metadata.

use std::time::{Duration, Instant};

use rcgen::KeyPair;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    http_server::HttpServer,
    support::{Program, file, members},
};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// An issuer with this list of methods, whose metadata is at `place`.
async fn issuer(place: &'static str, methods: Value) -> HttpServer {
    HttpServer::start(move |base, request| {
        if request.path == "/t" {
            let token =
                json!({"access_token": "canary-token-1", "token_type": "Bearer", "expires_in": 60});
            return (200, String::new(), token.to_string());
        }
        if request.path != place {
            return (404, String::new(), "not here".to_owned());
        }
        let mut document = json!({"issuer": base, "token_endpoint": format!("{base}/t")});
        document["token_endpoint_auth_methods_supported"] = methods.clone();
        (200, String::new(), document.to_string())
    })
    .await
}

fn program(server: &HttpServer) -> Program {
    Program::new().args(["--issuer", &server.uri(""), "--client-id", "svc"])
}

#[tokio::test]
async fn the_metadata_is_found_at_either_place() {
    for (place, paths) in [
        (OAUTH, &[OAUTH, "/t"][..]),
        (OPENID, &[OAUTH, OPENID, "/t"]),
    ] {
        let server = issuer(place, Value::Null).await;
        let run = program(&server).args(["--json"]).run().await;
        let names = [
            "access_token",
            "expires_in",
            "quirks",
            "scope",
            "token_type",
        ];
        assert_eq!(members(&run.json()), names);
        assert_eq!(server.paths(), paths);
    }
}

#[tokio::test]
async fn a_secret_goes_into_the_body_only_if_the_server_lists_nothing_else_for_it() {
    for (methods, in_body) in [
        (Value::Null, false),
        (json!(["client_secret_post", "client_secret_basic"]), false),
        (json!(["client_secret_post", "private_key_jwt"]), true),
    ] {
        let server = issuer(OAUTH, methods.clone()).await;
        program(&server).run().await.answer();
        let received = server.received();
        let request = received.last().unwrap();
        assert_eq!(
            request.body.contains("client_secret="),
            in_body,
            "{methods}"
        );
        assert_eq!(
            request.header("authorization").is_none(),
            in_body,
            "{methods}"
        );
    }
}

#[tokio::test]
async fn what_the_server_does_not_list_is_ruled_out_and_said() {
    let server = issuer(OAUTH, json!(["private_key_jwt", "tls_client_auth"])).await;
    let run = program(&server).run().await;
    let words = [
        "client_secret_basic",
        "private_key_jwt, tls_client_auth",
        "--auth",
    ];
    run.fails("Configuration", &words);
    let named = program(&server)
        .args(["--auth", "client_secret_post"])
        .run()
        .await;
    named.fails(
        "Configuration",
        &["client_secret_post", "private_key_jwt, tls_client_auth"],
    );
    assert_eq!(server.paths(), [OAUTH, OAUTH], "no secret was sent");
}

#[tokio::test]
async fn a_key_is_better_than_a_secret_and_signs_for_the_issuer() {
    let key = file(
        "issuer-key.pem",
        KeyPair::generate().unwrap().serialize_pem().as_bytes(),
    );
    let server = issuer(OAUTH, json!(["private_key_jwt", "client_secret_basic"])).await;
    program(&server)
        .file("--key-file", &key)
        .run()
        .await
        .answer();
    let received = server.received();
    let (_, claims) = received.last().unwrap().jwt("client_assertion");
    assert_eq!(claims["aud"], server.uri(""));

    let without = issuer(OAUTH, json!(["client_secret_basic"])).await;
    program(&without)
        .file("--key-file", &key)
        .run()
        .await
        .answer();
    let received = without.received();
    assert!(
        received
            .last()
            .unwrap()
            .header("authorization")
            .unwrap()
            .starts_with("Basic ")
    );
}

#[tokio::test]
async fn an_issuer_that_has_no_metadata_or_is_down_is_said() {
    let server = issuer("/elsewhere", Value::Null).await;
    let run = program(&server).run().await;
    run.fails(
        "Configuration",
        &[OAUTH, OPENID, "404", "the token endpoint itself"],
    );

    let gone = Program::new().args(["--issuer", "http://127.0.0.1:1", "--client-id", "svc"]);
    let words = ["http://127.0.0.1:1", "no connection", "can be reached"];
    gone.run().await.fails("Transient", &words);
}

#[tokio::test]
async fn an_issuer_that_says_nothing_is_not_waited_for_for_ever() {
    // Connections are made, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let begun = Instant::now();
    let run = Program::new().args(["--issuer", &issuer, "--client-id", "svc"]);
    let words = ["the metadata of", &issuer, "took over 5s"];
    run.run().await.fails("Transient", &words);
    assert!(begun.elapsed() < Duration::from_secs(15));
}
